"""Probe one file in this process: detect its format, read it, and never raise.

This code parses untrusted bytes. It runs in a worker process (see workers.py), because
a crash inside a native library cannot be caught from within.
"""

from __future__ import annotations

import errno
import math
import os
import stat
from contextlib import suppress
from importlib import import_module
from typing import TYPE_CHECKING, Any, Final, cast

from wanprep.media.facts import (
    MISSING,
    NO_LENGTH,
    NOT_READ,
    Facts,
    PartialFacts,
    extension_format,
    printable_line,
    unreadable_facts,
    usual_kind,
)
from wanprep.media.sniff import sniff
from wanprep.media.source import BytesMissing, LocalFile, PartialFile

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from wanprep.media.source import Source


# What the published schema requires of readable files, in words for `problem`.
_REQUIRED: Final[dict[str, dict[str, str]]] = {
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
_PLAYED: Final = frozenset({"video", "audio"})
_MAY_BE_ZERO: Final = frozenset({"frames", "rotation", "video_tracks", "audio_tracks"})
_NOT_FILES: Final = {
    stat.S_IFDIR: "a folder, not a file",
    stat.S_IFIFO: "a named pipe, not a file",
    stat.S_IFSOCK: "a socket, not a file",
    stat.S_IFCHR: "a device, not a file",
    stat.S_IFBLK: "a device, not a file",
}
# Errors of the disk or the system, when a file is read.
_NOT_OF_FILES: Final = frozenset(
    {errno.EIO, errno.EMFILE, errno.ENFILE, errno.ENOMEM, errno.ESTALE, errno.ETIMEDOUT}
)
# A new format is a new module and a word here. What is not listed goes to libmediainfo.
_FORMATS_BY_READER: Final = {
    "audio.mp3:read_mp3": "mp3",
    "audio.wav:read_wav": "wav",
    "image.bmp:read_bmp": "bmp",
    "image.gif:read_gif": "gif",
    "image.heif:read_heif": "avif heic",
    "image.jpeg:read_jpeg": "jpeg",
    "image.pillow:read_with_pillow": "dds ico jpeg2000 pnm psd tga",
    "image.png:read_png": "png",
    "image.svg:read_svg": "svg",
    "image.tiff:read_tiff": "tiff",
    "image.webp:read_webp": "webp",
    "packets:read_broadcast": "mpg ts",
    "packets:read_packets": "aac aiff amr ape asf au avi caf dsf flac flv ogg w64 wavpack",
    "video.matroska:read_matroska": "mkv webm",
    "video.movie:read_movie": "3gp m4a mov mp4",
}
_READERS: Final = {
    name: reader for reader, names in _FORMATS_BY_READER.items() for name in names.split()
}


def probe_file(path: str, *, deep: bool = False) -> Facts:
    """Read the facts of a file; an error becomes `problem`, never an exception."""
    try:
        status = os.stat(path)
        other = _NOT_FILES.get(stat.S_IFMT(status.st_mode))
        if other:
            return unreadable_facts(path, other)
        with LocalFile(path) as source:
            facts = _complete_facts(path, source, read_source(source))
    except (OSError, ValueError) as error:
        return unreadable_facts(path, _open_problem(error, path))
    if deep and facts.readable:
        from wanprep.media.deep import decode_fully

        return decode_fully(facts)
    return facts


def facts_as_json(path: str, deep: bool) -> dict[str, Any]:
    """Probe a file: the task of the worker processes."""
    return probe_file(path, deep=deep).as_json()


def facts_of_parts(
    path: str, url: str, size: int, parts: Sequence[tuple[int, int]]
) -> dict[str, Any]:
    """Read a remote file from the parts that are in a local file, or return what is missing."""
    source = PartialFile(path, size, parts)
    if source.at_hand(0) == size:  # for readers that need a name, such as that of ffmpeg's formats
        with source, LocalFile(path) as whole:
            return {"facts": _complete_facts(url, whole, read_source(whole)).as_json()}
    with source, suppress(BytesMissing):
        facts = _complete_facts(url, source, read_source(source))
        if source.missing is None:
            return {"facts": facts.as_json()}
    return {"missing": source.missing}


def read_source(source: Source) -> PartialFacts:
    """Detect the format and read its facts, from a file or parts of it."""
    if source.size == 0:
        return {"readable": False, "problem": "empty: 0 bytes"}
    try:
        detected = sniff(source)
        if detected.not_media:
            return {"readable": False, "problem": detected.not_media}
        facts = _sane(_reader(detected.format)(source))
        if _lacks_length(facts):
            from wanprep.media.packets import measure

            facts = _sane(measure(source, facts))
    except BytesMissing:
        raise
    except MemoryError:
        return {"readable": False, "problem": "reading it would need too much memory"}
    except Exception as error:
        if isinstance(error, OSError) and error.errno in _NOT_OF_FILES:
            raise
        # What breaks a parser is a broken file.
        detail = f"{type(error).__name__}: {error}".removesuffix(": ")
        return {"readable": False, "problem": f"damaged: its structure is invalid ({detail})"}
    return _complete(PartialFacts(format=detected.format, kind="other") | facts)


def _reader(format_name: str) -> Callable[[Source], PartialFacts]:
    """Return the function that reads a format; its module is imported only now."""
    module, function = _READERS.get(format_name, "streams:read_streams").split(":")
    reader = getattr(import_module(f"wanprep.media.{module}"), function)
    return cast("Callable[[Source], PartialFacts]", reader)


def _lacks_length(facts: PartialFacts) -> bool:
    """Whether a video or audio file is good as far as it was read, and of unknown length."""
    if facts.get("kind") not in _PLAYED or "duration" in facts:
        return False
    return facts.get("readable", False) or facts.get("problem") == NO_LENGTH


def _complete(facts: PartialFacts) -> PartialFacts:
    """Count the tracks; without a fact that every rule needs, media are unreadable."""
    if facts["kind"] == "other":
        facts["kind"] = usual_kind(facts["format"])
    missing = [words for name, words in _REQUIRED[facts["kind"]].items() if name not in facts]
    if facts.get("readable") and missing:
        facts |= {"readable": False, "problem": f"damaged: {missing[0]} is unknown"}
    if facts.get("readable") and not facts.get("frames"):
        facts.pop("frames", None)
    if facts.get("readable") and facts["kind"] in _PLAYED:
        facts = PartialFacts(video_tracks=0, audio_tracks=0) | facts
    return facts


def _sane(facts: PartialFacts) -> PartialFacts:
    """Leave out impossible numbers, which libraries take from damaged headers."""
    sane = {name: value for name, value in facts.items() if _is_sane(name, value)}
    return cast("PartialFacts", sane)


def _complete_facts(path: str, source: Source, facts: PartialFacts) -> Facts:
    values: dict[str, Any] = {name: _rounded(value) for name, value in facts.items()}
    if "problem" in values:
        values["problem"] = printable_line(values["problem"])
    return Facts(path=path, bytes=source.size, extension_format=extension_format(path), **values)


def _is_sane(name: str, value: object) -> bool:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return True
    if name == "bit_depth":
        return 1 <= value <= 64
    return math.isfinite(value) and (value > 0 or (value == 0 and name in _MAY_BE_ZERO))


def _rounded(value: object) -> object:
    return (round(value, 6) or value) if isinstance(value, float) else value


def _open_problem(error: OSError | ValueError, path: str) -> str:
    if isinstance(error, FileNotFoundError | NotADirectoryError):
        if os.path.islink(path):
            return f"{MISSING}: a link to {os.readlink(path)}"
        return MISSING
    if isinstance(error, ValueError):
        problem = "its name has a null byte" if "\0" in path else str(error)
        return f"cannot be opened: {problem}"
    return f"{NOT_READ}: {(error.strerror or str(error)).lower()}"
