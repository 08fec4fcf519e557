"""The source as a recipe means it: upright, in sRGB, opaque, and cut to its window.

From this the result is made, and against this it is measured.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from wanprep.fix.image.colors import apart, claim_of, eight_bits, flattened, to_srgb
from wanprep.fix.image.decode import decode, upright
from wanprep.fix.image.smart_crop import central_corner, smart_corner
from wanprep.fix.plan.plan import CannotMake

if TYPE_CHECKING:
    from PIL.Image import Image as Picture

    from wanprep.fix.plan.plan import PictureRecipe, Window
    from wanprep.media.facts import Facts

_SAMPLINGS: Final = {0: "4:4:4", 1: "4:2:2", 2: "4:2:0"}
_OF_HEIC: Final = {"422": "4:2:2", "420": "4:2:0"}


@dataclass(frozen=True, slots=True)
class Meant:
    """All the pixels that the result is to show, at the size that they came in."""

    picture: Picture  # RGB
    sampling: str  # how finely the source kept its colours


def open_meant(source: str, recipe: PictureRecipe, facts: Facts) -> Meant:
    """Decode the source and do all to it that does not depend on the size of the result."""
    shown = as_shown(decode(source, facts), facts, recipe.background)
    size = shown.picture.size
    if size != (facts.width, facts.height):
        raise CannotMake(
            f"It says that it is {facts.width}x{facts.height} px, but decodes to"
            f" {size[0]}x{size[1]}. Export it again from the program that made it."
        )
    return Meant(_cut(shown.picture, recipe.window), shown.sampling)


def as_shown(picture: Picture, facts: Facts, background: str) -> Meant:
    """Return a decoded picture as a viewer shows it, on a background.

    What was there before a step is let go of at once: a large picture fits twice, not thrice.
    """
    sampling, claim = _sampling(picture), claim_of(picture)
    picture = eight_bits(upright(picture, facts), facts)
    picture, alpha = apart(picture, facts.format)
    picture = to_srgb(picture, claim)
    picture = flattened(picture, alpha, background)
    picture.info.clear()  # Pillow would write the old profile and comment into the new file
    return Meant(picture, sampling)


def _sampling(decoded: Picture) -> str:
    from PIL.JpegImagePlugin import get_sampling

    if decoded.format in {"JPEG", "MPO"}:
        return _SAMPLINGS.get(get_sampling(decoded), "4:4:4")
    return _OF_HEIC.get(str(decoded.info.get("chroma")), "4:4:4")


def _cut(picture: Picture, window: Window | None) -> Picture:
    if window is None:
        return picture
    left, top = window.corner or _chosen_corner(picture, window)
    width, height = window.size
    return picture.crop((left, top, left + width, top + height))


def _chosen_corner(picture: Picture, window: Window) -> tuple[int, int]:
    match window.choose:
        case "smart":
            return smart_corner(picture, window.size)
        case "center":
            return central_corner(picture.size, window.size)
