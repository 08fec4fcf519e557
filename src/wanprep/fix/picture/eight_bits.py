"""Bring samples of more than 8 bits down to 8, at their right brightness.

Pillow does so itself for colours, by leaving out the lower half; only greys keep 16 bits, and
converting those would turn everything but the deepest shadows white.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from wanprep.fix.made import CannotMake

if TYPE_CHECKING:
    from PIL.Image import Image as Picture

    from wanprep.probe.facts import Facts

_PHOTOMETRIC: Final = 262
_WHITE_IS_ZERO: Final = 0
_KEY: Final = "transparency"  # Pillow's word for the one colour that a PNG may show through


def eight_bits(picture: Picture, facts: Facts) -> Picture:
    """Return the picture with 8 bits a channel; its transparent colour comes along."""
    match picture.mode:
        case "I;16" | "I;16B" | "I;16L" | "I;16N":
            return _gray(picture, facts)
        case "I" if facts.format == "pnm":  # brought to 16 bits by Pillow, whatever it had
            return _gray(picture, facts)
        case "I" | "F":
            raise CannotMake(
                "Its samples are numbers of 32 bits, or with a sign, which say nothing of how"
                " bright they are meant to be. Export it with 8 or 16 bits per channel."
            )
    if isinstance(picture.info.get(_KEY), int | tuple) and picture.mode in {"L", "RGB"}:
        return _with_key(picture, facts.bit_depth or 8)
    return picture


def _gray(picture: Picture, facts: Facts) -> Picture:
    from PIL import Image

    # Only TIFF leaves 12 bits as they are; Pillow stretches all else to 16.
    bits = 12 if facts.format == "tiff" and facts.bit_depth == 12 else 16
    most = (1 << bits) - 1
    levels = [min(255, round(value * 255 / most)) for value in range(0x10000)]
    if facts.format == "tiff" and _white_is_zero(picture):
        levels.reverse()
    wide = picture.convert("I")
    gray = wide.point(levels, "L")
    key = picture.info.get(_KEY)
    if not isinstance(key, int):
        return gray
    opaque = [0 if value == key else 255 for value in range(0x10000)]
    return Image.merge("LA", (gray, wide.point(opaque, "L")))


def _white_is_zero(picture: Picture) -> bool:
    tags = getattr(picture, "tag_v2", {})
    return bool(tags.get(_PHOTOMETRIC) == _WHITE_IS_ZERO)


def _with_key(picture: Picture, bits: int) -> Picture:
    """Say the transparent colour in 8 bits, as the pixels are; the file says it in its own."""
    if bits == 8:
        return picture
    key = picture.info[_KEY]
    most = (1 << bits) - 1
    picture.info[_KEY] = (
        tuple(value >> 8 for value in key) if isinstance(key, tuple) else key * 255 // most
    )
    return picture
