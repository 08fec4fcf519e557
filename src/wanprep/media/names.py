"""What a file's name claims, and what kind of thing each format is."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from wanprep.media.facts import Kind

_EXTENSIONS: Final = {
    "jpeg": "jpg jpeg jpe jfif mpo",
    "png": "png apng",
    "bmp": "bmp dib",
    "webp": "webp",
    "gif": "gif",
    "tiff": "tif tiff",
    "heic": "heic heif hif",
    "avif": "avif avifs",
    "svg": "svg",
    "ico": "ico cur",
    "jpeg2000": "jp2 j2k jpx jpf j2c",
    "jxl": "jxl",
    "psd": "psd",
    "tga": "tga",
    "pnm": "pnm pbm pgm ppm",
    "mp4": "mp4 m4v",
    "mov": "mov qt",
    "3gp": "3gp 3g2",
    "webm": "webm",
    "mkv": "mkv mka",
    "avi": "avi",
    "asf": "wmv wma asf",
    "flv": "flv f4v",
    "ts": "ts m2ts mts",
    "mpg": "mpg mpeg vob",
    "wav": "wav wave",
    "mp3": "mp3",
    "m4a": "m4a m4b",
    "flac": "flac",
    "ogg": "ogg oga ogv opus spx",
    "aac": "aac",
    "aiff": "aif aiff aifc",
    "amr": "amr",
    "au": "au snd",
    "caf": "caf",
    "ac3": "ac3",
    "ape": "ape",
    "wavpack": "wv",
    "tta": "tta",
    "tak": "tak",
    "musepack": "mpc mpp",
    "dsf": "dsf",
}
_BY_EXTENSION: Final = {
    extension: name for name, extensions in _EXTENSIONS.items() for extension in extensions.split()
}
_KINDS: Final[dict[str, Kind]] = {
    **dict.fromkeys(
        "jpeg png bmp webp gif tiff heic avif svg ico jpeg2000 jxl psd tga dds pnm".split(), "image"
    ),
    **dict.fromkeys("mp4 mov 3gp webm mkv avi asf flv ts mpg".split(), "video"),
    **dict.fromkeys(
        "wav mp3 m4a flac ogg aac aiff amr au caf ac3 ape wavpack tta tak musepack dsf".split(),
        "audio",
    ),
}  # fmt: skip


def is_url(path: str) -> bool:
    """Return whether a path is an http(s) URL."""
    return path[:8].lower().startswith(("http://", "https://"))


def extension_format(path: str) -> str | None:
    """Return the format that a name claims, None for an unknown extension."""
    if is_url(path):
        from urllib.parse import urlsplit

        path = urlsplit(path).path  # what follows a question mark is no part of a name
    return _BY_EXTENSION.get(os.path.splitext(path)[1][1:].lower())


def usual_kind(format_name: str) -> Kind:
    """Return what files of a format usually are, for those too broken to show it themselves."""
    return _KINDS.get(format_name, "other")
