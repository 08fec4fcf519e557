"""The source as a recipe means it: upright, in sRGB, opaque, and cut to its window.

From this the result is made, and against this it is measured.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from wanprep.fix.image.colors import apart, claim_of, eight_bits, flattened, to_srgb
from wanprep.fix.image.decode import decode, upright
from wanprep.fix.image.smart_crop import central_corner, smart_corner
from wanprep.fix.plan.plan import CannotFix

if TYPE_CHECKING:
    from PIL.Image import Image as PillowImage

    from wanprep.fix.plan.plan import ImageRecipe, Window
    from wanprep.media.facts import Facts

_SAMPLINGS: Final = {0: "4:4:4", 1: "4:2:2", 2: "4:2:0"}
_OF_HEIC: Final = {"422": "4:2:2", "420": "4:2:0"}


@dataclass(frozen=True, slots=True)
class Intent:
    """All the pixels that the result is to show, at the size that they came in."""

    image: PillowImage  # RGB
    sampling: str  # how finely the source kept its colours


def open_intent(source: str, recipe: ImageRecipe, facts: Facts) -> Intent:
    """Decode the source and do all to it that does not depend on the size of the result."""
    shown = as_shown(decode(source, facts), facts, recipe.background)
    size = shown.image.size
    if size != (facts.width, facts.height):
        raise CannotFix(
            f"It says that it is {facts.width}x{facts.height} px, but decodes to"
            f" {size[0]}x{size[1]}. Export it again from the program that made it."
        )
    return Intent(_cut(shown.image, recipe.window), shown.sampling)


def as_shown(image: PillowImage, facts: Facts, background: str) -> Intent:
    """Return a decoded image as a viewer shows it, on a background.

    What was there before a step is let go of at once: a large image fits twice, not thrice.
    """
    sampling, claim = _sampling(image), claim_of(image)
    image = eight_bits(upright(image, facts), facts)
    image, alpha = apart(image, facts.format)
    image = to_srgb(image, claim)
    image = flattened(image, alpha, background)
    image.info.clear()  # Pillow would write the old profile and comment into the new file
    return Intent(image, sampling)


def _sampling(decoded: PillowImage) -> str:
    from PIL.JpegImagePlugin import get_sampling

    if decoded.format in {"JPEG", "MPO"}:
        return _SAMPLINGS.get(get_sampling(decoded), "4:4:4")
    return _OF_HEIC.get(str(decoded.info.get("chroma")), "4:4:4")


def _cut(image: PillowImage, window: Window | None) -> PillowImage:
    if window is None:
        return image
    left, top = window.corner or _chosen_corner(image, window)
    width, height = window.size
    return image.crop((left, top, left + width, top + height))


def _chosen_corner(image: PillowImage, window: Window) -> tuple[int, int]:
    match window.choose:
        case "smart":
            return smart_corner(image, window.size)
        case "center":
            return central_corner(image.size, window.size)
