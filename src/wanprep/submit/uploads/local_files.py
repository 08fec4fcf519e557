"""Look at a file that is to be uploaded: what it is, whatever it is called."""

from __future__ import annotations

import hashlib
import os
import re
from typing import Final

from wanprep.errors import UsageError
from wanprep.media.sniff import sniff
from wanprep.media.source import LocalFile as Opened
from wanprep.plugins.provider import LocalFile
from wanprep.text import visible

UNKNOWN: Final = ("application/octet-stream", "bin")


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


_BLOCK: Final = 1 << 20


_LONGEST: Final = 60


_STRANGE: Final = re.compile(r"[^A-Za-z0-9_-]+")


def local_file(path: str) -> LocalFile:
    """Tell all that an upload needs to know; the whole file is read for its hash."""
    try:
        with Opened(path) as content:
            content_type, ending = MEDIA_TYPES.get(sniff(content).format, UNKNOWN)
        size, digest = _hashed(path)
    except OSError as error:
        raise UsageError(
            f"{visible(path)} cannot be read: {error.strerror or error}. Make it readable, and run"
            " this again."
        ) from error
    return LocalFile(
        path=path,
        name=f"{_plain(path)}.{ending}",
        content_type=content_type,
        bytes=size,
        sha256=digest,
    )


def _hashed(path: str) -> tuple[int, str]:
    hashed, size = hashlib.sha256(), 0
    with open(path, "rb") as file:
        while block := file.read(_BLOCK):
            hashed.update(block)
            size += len(block)
    return size, hashed.hexdigest()


def _plain(path: str) -> str:
    """Keep of a name what every service and every address can carry."""
    stem = os.path.splitext(os.path.basename(path))[0]
    return _STRANGE.sub("-", stem)[:_LONGEST].strip("-") or "file"
