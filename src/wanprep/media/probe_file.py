"""Probe one file in this process: detect its format, read it, and never raise.

This is the code that meets hostile bytes. It runs in a worker process (see workers.py), for
a crash inside a native library cannot be caught from within.
"""

from __future__ import annotations

import math
import os
import stat
from importlib import import_module
from typing import TYPE_CHECKING, Any, Final, cast

from wanprep.media.facts import (
    MISSING,
    NOT_READ,
    Facts,
    Found,
    extension_format,
    is_url,
    one_line,
    unread,
    usual_kind,
)
from wanprep.media.sniff import sniff
from wanprep.media.source import LocalFile, Unreached

if TYPE_CHECKING:
    from collections.abc import Callable

    from wanprep.media.source import Source


# As the published schema demands it of readable files; a test holds them together.
_NEEDED: Final[dict[str, dict[str, str]]] = {
    "image": {"width": "its size", "height": "its size", "aspect": "its aspect"},
    "video": {
        "width": "its size",
        "height": "its size",
        "aspect": "its aspect",
        "duration": "its length",
        "video_codec": "its video codec",
    },
    "audio": {"duration": "its length", "audio_codec": "its audio codec"},
    "other": {},
}
_NOT_FILES: Final = {
    stat.S_IFDIR: "a folder, not a file",
    stat.S_IFIFO: "a named pipe, not a file",
    stat.S_IFSOCK: "a socket, not a file",
    stat.S_IFCHR: "a device, not a file",
    stat.S_IFBLK: "a device, not a file",
}


def probe_file(path: str, *, deep: bool = False) -> Facts:
    """Return what a file is; whatever is wrong with it becomes `problem`, never an exception."""
    if is_url(path):
        return _probe_url(path)
    try:
        status = os.stat(path)
        instead = _NOT_FILES.get(stat.S_IFMT(status.st_mode))
        if instead:
            return unread(path, instead)
        with LocalFile(path) as source:
            facts = _facts(path, source, read_source(source))
    except (OSError, ValueError) as error:
        return unread(path, _why(error, path))
    if deep and facts.readable:
        from wanprep.media.deep import decode_fully

        return decode_fully(facts)
    return facts


def facts_as_json(path: str, deep: bool) -> dict[str, Any]:
    """Probe a file: the task of a worker process."""
    return probe_file(path, deep=deep).as_json()


def _probe_url(url: str) -> Facts:
    from wanprep.media.remote import RemoteFile

    try:
        with RemoteFile(url) as source:
            return _facts(url, source, read_source(source))
    except (Unreached, ValueError) as error:
        return unread(url, str(error))


def read_source(source: Source) -> Found:
    """Return what the bytes are, wherever they come from."""
    if source.size == 0:
        return {"readable": False, "problem": "empty: 0 bytes"}
    try:
        sniffed = sniff(source)
        if sniffed.instead:
            return {"readable": False, "problem": sniffed.instead}
        found = reader_for(sniffed.format)(source)
    except Unreached:
        raise  # the network failed, not the file
    except MemoryError:
        return {"readable": False, "problem": "reading it would need too much memory"}
    except Exception as error:  # noqa: BLE001 - whatever a parser stumbles over is a broken file
        detail = f"{type(error).__name__}: {error}".removesuffix(": ")
        return {"readable": False, "problem": f"damaged: its structure makes no sense ({detail})"}
    return _complete(Found(format=sniffed.format, kind=usual_kind(sniffed.format)) | found)


def _complete(found: Found) -> Found:
    """Mark media unreadable when a fact that every rule needs is missing."""
    for name in [name for name, value in found.items() if not _is_sane(name, value)]:
        del found[name]  # type: ignore[misc] # the names are its own
    if found.get("kind", "other") == "other":
        found["kind"] = usual_kind(found["format"])
    missing = [words for name, words in _NEEDED[found["kind"]].items() if name not in found]
    if found.get("readable") and missing:
        found |= {"readable": False, "problem": f"damaged: {missing[0]} is unknown"}
    return found


def _facts(path: str, source: Source, found: Found) -> Facts:
    values: dict[str, Any] = {name: _rounded(value) for name, value in found.items()}
    if "problem" in values:
        values["problem"] = one_line(values["problem"])
    return Facts(path=path, bytes=source.size, extension_format=extension_format(path), **values)


def _is_sane(name: str, value: object) -> bool:
    """Reject impossible numbers, as libraries take them from damaged headers."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return True
    if name == "bit_depth":
        return 1 <= value <= 64
    return math.isfinite(value) and (value > 0 if name in {"aspect", "sar"} else value >= 0)


def _rounded(value: object) -> object:
    """Drop insignificant digits."""
    return (round(value, 6) or value) if isinstance(value, float) else value


def _why(error: OSError | ValueError, path: str) -> str:
    if isinstance(error, FileNotFoundError):
        if os.path.islink(path):
            return f"{MISSING}: a link to {os.readlink(path)}"
        return MISSING
    if isinstance(error, PermissionError):
        return f"{NOT_READ}: permission denied"
    reason = error.strerror if isinstance(error, OSError) else None
    return f"cannot be opened: {reason or error}"


# A new format is a new module and a line here. What has no line goes to libmediainfo.
_READERS: Final = {
    "3gp": "video.movie:read_movie",
    "aac": "packets:read_packets",
    "aiff": "packets:read_packets",
    "amr": "packets:read_packets",
    "ape": "packets:read_packets",
    "asf": "packets:read_packets",
    "au": "packets:read_packets",
    "avi": "packets:read_packets",
    "avif": "image.heif:read_heif",
    "bmp": "image.bmp:read_bmp",
    "caf": "packets:read_packets",
    "dds": "image.pillow:read_with_pillow",
    "dsf": "packets:read_packets",
    "flac": "packets:read_packets",
    "flv": "packets:read_packets",
    "gif": "image.gif:read_gif",
    "heic": "image.heif:read_heif",
    "ico": "image.pillow:read_with_pillow",
    "jpeg": "image.jpeg:read_jpeg",
    "jpeg2000": "image.pillow:read_with_pillow",
    "m4a": "video.movie:read_movie",
    "mkv": "video.matroska:read_matroska",
    "mov": "video.movie:read_movie",
    "mp3": "audio.mp3:read_mp3",
    "mp4": "video.movie:read_movie",
    "ogg": "packets:read_packets",
    "png": "image.png:read_png",
    "pnm": "image.pillow:read_with_pillow",
    "psd": "image.pillow:read_with_pillow",
    "svg": "image.svg:read_svg",
    "tga": "image.pillow:read_with_pillow",
    "tiff": "image.tiff:read_tiff",
    "wav": "audio.wav:read_wav",
    "wavpack": "packets:read_packets",
    "webm": "video.matroska:read_matroska",
    "webp": "image.webp:read_webp",
}


def reader_for(format_name: str) -> Callable[[Source], Found]:
    """Return the function that reads a format; its module is imported only now."""
    module, function = _READERS.get(format_name, "video.streams:read_streams").split(":")
    found = getattr(import_module(f"wanprep.media.{module}"), function)
    return cast("Callable[[Source], Found]", found)
