"""The files and objects of a job that need public URLs, and where they can be uploaded."""

from __future__ import annotations

import hashlib
import os
import re
from typing import TYPE_CHECKING, Final

from wanprep.dataclass import dataclass
from wanprep.errors import UsageError
from wanprep.media.sniff import sniff
from wanprep.media.source import LocalFile as OpenedFile
from wanprep.plugins.provider import CannotHost, LocalFile
from wanprep.stores.stores import split_url
from wanprep.text import visible

if TYPE_CHECKING:
    from collections.abc import Mapping

    from wanprep.plugins.provider import Provider
    from wanprep.stores.stores import Stores

UPLOAD: Final = ""  # the destination that stands for the provider's own uploads

# Content types and suffixes, by the names of formats in facts.
MEDIA_TYPES: Final = {
    "aac": ("audio/aac", "aac"),
    "avi": ("video/x-msvideo", "avi"),
    "avif": ("image/avif", "avif"),
    "bmp": ("image/bmp", "bmp"),
    "flac": ("audio/flac", "flac"),
    "gif": ("image/gif", "gif"),
    "heic": ("image/heic", "heic"),
    "jpeg": ("image/jpeg", "jpg"),
    "m4a": ("audio/mp4", "m4a"),
    "mkv": ("video/x-matroska", "mkv"),
    "mov": ("video/quicktime", "mov"),
    "mp3": ("audio/mpeg", "mp3"),
    "mp4": ("video/mp4", "mp4"),
    "ogg": ("audio/ogg", "ogg"),
    "png": ("image/png", "png"),
    "tiff": ("image/tiff", "tif"),
    "wav": ("audio/wav", "wav"),
    "webm": ("video/webm", "webm"),
    "webp": ("image/webp", "webp"),
}
_UNKNOWN: Final = ("application/octet-stream", "bin")
_LONGEST_NAME: Final = 60
_NOT_IN_NAMES: Final = re.compile(r"[^A-Za-z0-9_-]+")
_ALTERNATIVES: Final = (
    "Put the file where it has a public https URL and write that into the job; or name a "
    'bucket of your own in the configuration, [hosts] default = "s3://bucket/prefix"; or choose '
    "a provider that accepts uploads."
)


def local_file(path: str) -> LocalFile:
    """Describe a file for an upload; all of it is read for its hash."""
    try:
        with OpenedFile(path) as content:
            content_type, suffix = MEDIA_TYPES.get(sniff(content).format, _UNKNOWN)
        with open(path, "rb") as file:
            digest, size = hashlib.file_digest(file, "sha256").hexdigest(), file.tell()
    except OSError as error:
        raise UsageError(
            f"{visible(path)} cannot be read: {error.strerror or error}. Make it readable, and run"
            " this again."
        ) from error
    # Services and URLs take plain ASCII names.
    stem = os.path.splitext(os.path.basename(path))[0]
    name = _NOT_IN_NAMES.sub("-", stem)[:_LONGEST_NAME].strip("-") or "file"
    return LocalFile(
        path=path, name=f"{name}.{suffix}", content_type=content_type, bytes=size, sha256=digest
    )


@dataclass(frozen=True, slots=True)
class StoredObject:
    """An object in one version."""

    url: str
    name: str
    bytes: int
    etag: str

    @property
    def identity(self) -> str:
        """Name this version, of which a job is sent once."""
        return f"{self.url} {self.etag} {self.bytes}"


def find_object(url: str, stores: Stores) -> StoredObject:
    """Ask a store which version of an object it has."""
    from wanprep.stores.store import StoreError

    try:
        store, key = stores.at(url)
        found = store.find(key)
    except StoreError as error:
        raise CannotHost(f"{visible(url)} cannot be submitted: {error}.") from error
    return StoredObject(url, _name(url), found.size, found.etag)


def unseen_object(url: str) -> StoredObject:
    """Stand for an object where the network is not used."""
    return StoredObject(url, _name(url), 0, "")


def _name(url: str) -> str:
    return split_url(url)[1].rpartition("/")[2]


def destinations(provider: Provider, config_hosts: Mapping[str, str]) -> tuple[str, ...]:
    """List where a provider's files can go, the first choice first: what the user set for it."""
    if chosen := config_hosts.get(provider.name):
        return (chosen,)
    own = (UPLOAD,) if provider.upload else ()
    default = config_hosts.get("default")
    return (*own, default) if default else own


def no_destination(file: LocalFile, title: str, why: str = "") -> CannotHost:
    """Return the error for a file that cannot be uploaded anywhere."""
    reason = why or f"{title} accepts no uploads"
    return CannotHost(f"{file.name} is on this machine only: {reason}. {_ALTERNATIVES}")


def bucket_path(file: LocalFile) -> str:
    """Name a file in a bucket so that no other content ever gets the same name."""
    return f"{file.sha256[:16]}/{file.name}"
