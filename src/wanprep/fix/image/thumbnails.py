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
    """A WEBP file, and its size in pixels."""

    data: bytes
    size: Size


def make_thumbnails(
    source: str, facts: Facts, limits: tuple[tuple[int, int], ...]
) -> tuple[Thumbnail, ...]:
    """Make copies with sides of so many pixels and of so many bytes at most, the largest first."""
    from PIL import Image

    largest = limits[0][0]
    decoded = decode(source, facts, (largest, largest))
    space = read_color_space(decoded)
    upright = to_eight_bits(turn_upright(decoded, facts), facts)
    colors, alpha = split_alpha(upright, facts.format)
    if colors.mode in {"1", "P"}:  # these cannot be scaled smoothly
        colors = colors.convert("L" if colors.mode == "1" else "RGB")
    for layer in (colors, alpha):
        if layer is not None:
            layer.thumbnail((4 * largest, 4 * largest), reducing_gap=2.0)
    image = to_srgb(colors, space)
    if alpha is not None:
        image = Image.merge("RGBA", (*image.split(), alpha))
    image.info.clear()
    thumbnails = []
    for side, most_bytes in limits:
        image.thumbnail((side, side), Image.Resampling.LANCZOS)
        thumbnails.append(as_webp(image, most_bytes))
    return tuple(thumbnails)


def as_webp(image: PillowImage, most_bytes: int) -> Thumbnail:
    """Encode it in the best quality that fits; where none does, as of noise, at half the size."""
    while True:
        for quality in _QUALITIES:
            file = io.BytesIO()
            image.save(file, "WEBP", quality=quality, method=2)
            if file.tell() <= most_bytes or max(image.size) <= _SMALLEST:
                return Thumbnail(file.getvalue(), image.size)
        image = image.reduce(2)
