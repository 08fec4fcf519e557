"""Describe a file that is to be uploaded by its content, not by its name."""

from __future__ import annotations

import hashlib
import os
import re
from typing import Final

from wanprep.errors import UsageError
from wanprep.media.sniff import sniff
from wanprep.media.source import LocalFile as OpenedFile
from wanprep.plugins.provider import LocalFile
from wanprep.text import visible

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
        path=path,
        name=f"{name}.{suffix}",
        content_type=content_type,
        bytes=size,
        sha256=digest,
    )
