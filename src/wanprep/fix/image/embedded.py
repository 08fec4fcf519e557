"""The thumbnail that a photo carries, where it is a small copy of what the photo shows.

Programs that crop or scale a photo may leave the thumbnail of the camera in it. Its EXIF then
states another size than the image has, or the thumbnail has another aspect ratio.
"""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Final

from PIL import ExifTags, Image

if TYPE_CHECKING:
    from wanprep.fix.plan.plan import Size
    from wanprep.media.facts import Facts

_STATED_SIZE: Final = (ExifTags.Base.ExifImageWidth, ExifTags.Base.ExifImageHeight)
_SAME_ASPECT: Final = 0.02  # a thumbnail of 160x107 is of a photo of 3:2
_LARGE_ENOUGH: Final = 0.8  # of the side that is wanted


def embedded_thumbnail(source: str, facts: Facts, side: int) -> Image.Image | None:
    """Return the thumbnail of a JPEG as it is stored, if it is right and large enough."""
    if facts.format != "jpeg" or not facts.stored_width or not facts.stored_height:
        return None
    size = (facts.stored_width, facts.stored_height)
    try:
        with Image.open(source, formats=["JPEG"]) as photo:
            data = _exif_thumbnail(photo, size)
            profile = photo.info.get("icc_profile")
        with Image.open(io.BytesIO(data), formats=["JPEG"]) as thumbnail:
            thumbnail.load()
    except Exception:  # noqa: BLE001 - whatever is wrong with it, the photo itself is decoded then
        return None
    thumbnail.info["icc_profile"] = profile
    return thumbnail if _is_right(thumbnail, size, side) else None


def _exif_thumbnail(photo: Image.Image, size: Size) -> bytes:
    exif = photo.getexif()
    stated = exif.get_ifd(ExifTags.IFD.Exif)
    if tuple(stated.get(each) for each in _STATED_SIZE) != size:
        return b""
    directory = exif.get_ifd(ExifTags.IFD.IFD1)
    start = int(directory[ExifTags.Base.JpegIFOffset]) + len(b"Exif\0\0")
    data: bytes = photo.info["exif"]
    return data[start : start + int(directory[ExifTags.Base.JpegIFByteCount])]


def _is_right(thumbnail: Image.Image, size: Size, side: int) -> bool:
    width, height = thumbnail.size
    is_same = abs(width / height * size[1] / size[0] - 1) <= _SAME_ASPECT
    return is_same and thumbnail.mode == "RGB" and max(width, height) >= _LARGE_ENOUGH * side
