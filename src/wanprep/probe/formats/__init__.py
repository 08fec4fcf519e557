"""One module per format, each a function from a source of bytes to the facts found there."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Final, cast

if TYPE_CHECKING:
    from collections.abc import Callable

    from wanprep.probe.facts import Found
    from wanprep.probe.source import Source

# A new format is a new module and a line here. What has no line goes to libmediainfo.
_READERS: Final = {
    "3gp": "films.movie:read_movie",
    "aac": "packets:read_packets",
    "aiff": "packets:read_packets",
    "amr": "packets:read_packets",
    "ape": "packets:read_packets",
    "asf": "packets:read_packets",
    "au": "packets:read_packets",
    "avi": "packets:read_packets",
    "avif": "pictures.heif:read_heif",
    "bmp": "pictures.bmp:read_bmp",
    "caf": "packets:read_packets",
    "dds": "pictures.pillow:read_with_pillow",
    "dsf": "packets:read_packets",
    "flac": "packets:read_packets",
    "flv": "packets:read_packets",
    "gif": "pictures.gif:read_gif",
    "heic": "pictures.heif:read_heif",
    "ico": "pictures.pillow:read_with_pillow",
    "jpeg": "pictures.jpeg:read_jpeg",
    "jpeg2000": "pictures.pillow:read_with_pillow",
    "m4a": "films.movie:read_movie",
    "mkv": "films.matroska:read_matroska",
    "mov": "films.movie:read_movie",
    "mp3": "sounds.mp3:read_mp3",
    "mp4": "films.movie:read_movie",
    "ogg": "packets:read_packets",
    "png": "pictures.png:read_png",
    "pnm": "pictures.pillow:read_with_pillow",
    "psd": "pictures.pillow:read_with_pillow",
    "svg": "pictures.svg:read_svg",
    "tga": "pictures.pillow:read_with_pillow",
    "tiff": "pictures.tiff:read_tiff",
    "wav": "sounds.wav:read_wav",
    "wavpack": "packets:read_packets",
    "webm": "films.matroska:read_matroska",
    "webp": "pictures.webp:read_webp",
}


def reader_for(format_name: str) -> Callable[[Source], Found]:
    """Return the function that reads a format; its module is imported only now."""
    module, function = _READERS.get(format_name, "films.streams:read_streams").split(":")
    found = getattr(import_module(f"{__name__}.{module}"), function)
    return cast("Callable[[Source], Found]", found)
