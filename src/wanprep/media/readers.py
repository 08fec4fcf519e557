"""Readers of media formats: one function per format, from a source of bytes to its facts."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Final, cast

if TYPE_CHECKING:
    from collections.abc import Callable

    from wanprep.media.facts import Found
    from wanprep.media.source import Source

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
