"""Small copies of an image for reports: upright, in sRGB, with their transparency.

A photo may carry one. Programs that crop or scale a photo may leave the thumbnail of the camera in
it: its EXIF then states another size than the image has, or it has another aspect ratio.
"""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Final

from PIL import ExifTags, Image

from wanprep.dataclass import dataclass
from wanprep.fix.image.colors import read_color_space, split_alpha, to_eight_bits, to_srgb
from wanprep.fix.image.decode import decode, turn_upright

if TYPE_CHECKING:
    from PIL.Image import Image as PillowImage

    from wanprep.fix.plan.plan import Size
    from wanprep.media.facts import Facts

_QUALITIES: Final = (72, 45, 20)
_SMALLEST: Final = 16
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


@dataclass(frozen=True, slots=True)
class Thumbnail:
    """A small JPEG or WEBP file, and its size in pixels."""

    kind: str
    data: bytes
    size: Size


def make_thumbnails(
    source: str, facts: Facts, limits: tuple[tuple[int, int], ...]
) -> tuple[Thumbnail, ...]:
    """Make copies with sides of so many pixels and of so many bytes at most, the largest first."""
    largest = limits[0][0]
    decoded = embedded_thumbnail(source, facts, largest) or decode(
        source, facts, _near(facts, largest)
    )
    space = read_color_space(decoded)
    upright = to_eight_bits(turn_upright(decoded, facts), facts)
    colors, alpha = split_alpha(upright, facts.format)
    if colors.mode in {"1", "P"}:  # these cannot be scaled smoothly
        colors = colors.convert("L" if colors.mode == "1" else "RGB")
    for layer in (colors, alpha):
        if layer is not None:
            layer.thumbnail((largest, largest), Image.Resampling.LANCZOS, reducing_gap=2.0)
    image = to_srgb(colors, space)
    if alpha is not None:
        image = Image.merge("RGBA", (*image.split(), alpha))
    image.info.clear()
    thumbnails = []
    for side, most_bytes in limits:
        image.thumbnail((side, side), Image.Resampling.LANCZOS)
        thumbnails.append(encode_small(image, most_bytes))
    return tuple(thumbnails)


def _near(facts: Facts, side: int) -> Size:
    """Return the least size to decode, in the shape of what is stored."""
    width, height = facts.stored_width or side, facts.stored_height or side
    longer = max(width, height)
    return max(1, width * side // longer), max(1, height * side // longer)


def encode_small(image: PillowImage, most_bytes: int) -> Thumbnail:
    """Encode it in the best quality that fits; where none does, as of noise, at half the size.

    JPEG takes a tenth of the time of WEBP, but has no transparency.
    """
    kind = "jpeg" if image.mode == "RGB" else "webp"
    options = {"optimize": True} if kind == "jpeg" else {"method": 1}
    while True:
        for quality in _QUALITIES:
            file = io.BytesIO()
            image.save(file, kind, quality=quality, **options)
            if file.tell() <= most_bytes or max(image.size) <= _SMALLEST:
                return Thumbnail(kind, file.getvalue(), image.size)
        image = image.reduce(2)
