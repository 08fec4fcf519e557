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
    "aac": "sounds.adts:read_adts",
    "aiff": "sounds.aiff:read_aiff",
    "amr": "sounds.amr:read_amr",
    "ape": "sounds.ape:read_ape",
    "asf": "films.asf:read_asf",
    "au": "sounds.au:read_au",
    "avi": "films.avi:read_avi",
    "avif": "pictures.heif:read_heif",
    "bmp": "pictures.bmp:read_bmp",
    "caf": "sounds.caf:read_caf",
    "dds": "pictures.pillow:read_with_pillow",
    "dsf": "sounds.dsf:read_dsf",
    "flac": "sounds.flac:read_flac",
    "flv": "films.flv:read_flv",
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
    "ogg": "sounds.ogg:read_ogg",
    "png": "pictures.png:read_png",
    "pnm": "pictures.pillow:read_with_pillow",
    "psd": "pictures.pillow:read_with_pillow",
    "svg": "pictures.svg:read_svg",
    "tga": "pictures.pillow:read_with_pillow",
    "tiff": "pictures.tiff:read_tiff",
    "wav": "sounds.wav:read_wav",
    "wavpack": "sounds.wavpack:read_wavpack",
    "webm": "films.matroska:read_matroska",
    "webp": "pictures.webp:read_webp",
}


def reader_for(format_name: str) -> Callable[[Source], Found]:
    """Return the function that reads a format; its module is imported only now."""
    module, function = _READERS.get(format_name, "films.streams:read_streams").split(":")
    found = getattr(import_module(f"{__name__}.{module}"), function)
    return cast("Callable[[Source], Found]", found)
