"""Small copies of an image for reports: upright, in sRGB, with their transparency."""

from __future__ import annotations

import io
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from wanprep.fix.image.colors import read_color_space, split_alpha, to_eight_bits, to_srgb
from wanprep.fix.image.decode import decode, turn_upright

if TYPE_CHECKING:
    from PIL.Image import Image as PillowImage

    from wanprep.fix.plan.plan import Size
    from wanprep.media.facts import Facts

_QUALITIES: Final = (72, 45, 20)
_SMALLEST: Final = 16


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
    from PIL import Image

    from wanprep.fix.image.embedded import embedded_thumbnail

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
