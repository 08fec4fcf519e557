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
    "aac": "adts:read_adts",
    "avi": "avi:read_avi",
    "avif": "heif:read_heif",
    "bmp": "bmp:read_bmp",
    "flac": "flac:read_flac",
    "gif": "gif:read_gif",
    "heic": "heif:read_heif",
    "ico": "pillow:read_with_pillow",
    "jpeg": "jpeg:read_jpeg",
    "jpeg2000": "pillow:read_with_pillow",
    "dds": "pillow:read_with_pillow",
    "psd": "pillow:read_with_pillow",
    "m4a": "movie:read_movie",
    "3gp": "movie:read_movie",
    "mkv": "matroska:read_matroska",
    "mov": "movie:read_movie",
    "mp3": "mp3:read_mp3",
    "mp4": "movie:read_movie",
    "ogg": "ogg:read_ogg",
    "png": "png:read_png",
    "svg": "svg:read_svg",
    "tiff": "tiff:read_tiff",
    "wav": "wav:read_wav",
    "webm": "matroska:read_matroska",
    "webp": "webp:read_webp",
}


def reader_for(format_name: str) -> Callable[[Source], Found]:
    """Return the function that reads a format; its module is imported only now."""
    module, function = _READERS.get(format_name, "streams:read_streams").split(":")
    found = getattr(import_module(f"{__name__}.{module}"), function)
    return cast("Callable[[Source], Found]", found)
