"""A small copy of an image, to be shown: upright, in sRGB, and what shows through still does."""

from __future__ import annotations

import io
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from wanprep.fix.image.colors import apart, claim_of, eight_bits, to_srgb
from wanprep.fix.image.decode import decode, upright

if TYPE_CHECKING:
    from PIL.Image import Image as PillowImage

    from wanprep.fix.plan.plan import Size
    from wanprep.media.facts import Facts

_QUALITIES: Final = (72, 45, 20)
_SMALLEST: Final = 16


@dataclass(frozen=True, slots=True)
class Thumbnail:
    """A WEBP, and how large it is."""

    data: bytes
    size: Size


def make_thumbnails(
    source: str, facts: Facts, copies: tuple[tuple[int, int], ...]
) -> tuple[Thumbnail, ...]:
    """Make copies with sides of so many pixels and so many bytes at most; decode once.

    They come from the largest to the smallest.
    """
    from PIL import Image

    most = copies[0][0]
    decoded = decode(source, facts, (most, most))
    claim = claim_of(decoded)
    colors, alpha = apart(eight_bits(upright(decoded, facts), facts), facts.format)
    if colors.mode in {"1", "P"}:  # such cannot be scaled smoothly
        colors = colors.convert("L" if colors.mode == "1" else "RGB")
    for layer in (colors, alpha):
        if layer is not None:
            layer.thumbnail((4 * most, 4 * most), reducing_gap=2.0)
    shown = to_srgb(colors, claim)
    if alpha is not None:
        shown = Image.merge("RGBA", (*shown.split(), alpha))
    shown.info.clear()
    made = []
    for side, most_bytes in copies:
        shown.thumbnail((side, side), Image.Resampling.LANCZOS)
        made.append(as_webp(shown, most_bytes))
    return tuple(made)


def as_webp(image: PillowImage, most_bytes: int) -> Thumbnail:
    """Encode it as well as fits into so many bytes; of mere noise only less can be shown."""
    while True:
        for quality in _QUALITIES:
            file = io.BytesIO()
            image.save(file, "WEBP", quality=quality, method=2)
            if file.tell() <= most_bytes or max(image.size) <= _SMALLEST:
                return Thumbnail(file.getvalue(), image.size)
        image = image.reduce(2)
