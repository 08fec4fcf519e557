"""How like its source a result is, as one number.

The number is the structural similarity (SSIM; Wang, Bovik, Sheikh, Simoncelli 2004, with their
constants) of luma, taken in blocks of 8 x 8 pixels that do not overlap, and averaged over all
blocks. 1 is the same image. Both are first brought to the smaller one's size, and to a quarter of
a megapixel at most; padding does not count. What was scaled is compared at half that size at
most: no scaling keeps a pattern of single pixels. Then the same is done with copies of 64 pixels,
where a block sees the lie of the land, and the lower of the two numbers is told: else a sky would
be as good upside down. It sees what turns, moves, darkens or blots out; for that it does not need
to be the last word on fine detail.
"""

from __future__ import annotations

import math
from array import array
from typing import TYPE_CHECKING, Any, Final

from wanprep.fix.image.encode import layout_in
from wanprep.fix.image.source import open_intent

if TYPE_CHECKING:
    from PIL.Image import Image as PillowImage

    from wanprep.fix.plan.plan import ImageRecipe, Size
    from wanprep.media.facts import Facts

_BLOCK: Final = 8
_MOST_PIXELS: Final = 250_000
_SMALL: Final = 64
_C1: Final = (0.01 * 255) ** 2
_C2: Final = (0.03 * 255) ** 2


def similarity(source: str, recipe: ImageRecipe, facts: Facts, result: str) -> float:
    """Compare a finished file with the source as its recipe means it."""
    return similarity_to(open_intent(source, recipe, facts).image, recipe, result)


def similarity_to(intent: PillowImage, recipe: ImageRecipe, result: str) -> float:
    """Compare a finished file with what it was made from."""
    from PIL import Image

    with Image.open(result) as opened:
        layout = layout_in(recipe, intent.size, opened.size)
        opened.draft("L", opened.size)  # a JPEG then leaves its colours undecoded
        opened.load()
        shown = opened if opened.mode == "L" else opened.convert("L")
    left, top = layout.corner
    width, height = layout.image
    if layout.canvas != layout.image:
        shown = shown.crop((left, top, left + width, top + height))
    common = min(intent.size, layout.image, key=math.prod)
    finest = 1.0 if intent.size == layout.image else 0.5
    pair = (intent.convert("L"), shown)
    told = 1.0
    for factor in (math.sqrt(_MOST_PIXELS / math.prod(common)), _SMALL / max(common)):
        size = _times(common, min(finest, factor))
        pair = (_scaled(pair[0], size), _scaled(pair[1], size))
        told = min(told, ssim(*pair))
    return told


def _times(size: Size, factor: float) -> Size:
    return _in_blocks(size[0] * factor), _in_blocks(size[1] * factor)


def _in_blocks(side: float) -> int:
    """Round to whole blocks: the rest, of a line of pixels perhaps, would weigh as much as one."""
    return max(1, round(side)) if side < _BLOCK else int(side) // _BLOCK * _BLOCK


def _scaled(luma: PillowImage, size: Size) -> PillowImage:
    from PIL.Image import Resampling

    if luma.size == size:
        return luma
    # In two steps, which is quick; and smoothly, for means of areas let fine patterns beat.
    return luma.resize(size, Resampling.BILINEAR, reducing_gap=2.0)


def ssim(one: PillowImage, other: PillowImage) -> float:
    """Compare two images of mode L and of one size."""
    from PIL import ImageMath

    x, y = one.convert("F"), other.convert("F")
    layers = {"x": x, "y": y} | {
        name: ImageMath.lambda_eval(lambda args: args["a"] * args["b"], a=a, b=b)
        for name, a, b in (("xx", x, x), ("yy", y, y), ("xy", x, y))
    }
    means = {name: layer.reduce(_BLOCK) for name, layer in layers.items()}
    blocks = array("f", ImageMath.lambda_eval(_of_means, **means).tobytes())
    return min(1.0, sum(blocks) / len(blocks))


def _of_means(mean: dict[str, Any]) -> Any:  # noqa: ANN401 - operands of ImageMath
    """Apply the formula to the means of all blocks at once."""
    x, y = mean["x"], mean["y"]
    light, both = x * y, x * x + y * y
    structure = (mean["xy"] - light) * 2 + _C2
    return (light * 2 + _C1) * structure / ((both + _C1) * (mean["xx"] + mean["yy"] - both + _C2))
