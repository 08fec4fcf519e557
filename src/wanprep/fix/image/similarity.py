"""How similar a result is to its source, as one number.

The number is the structural similarity (SSIM; Wang, Bovik, Sheikh, Simoncelli 2004, with their
constants) of luma, taken in blocks of 8 x 8 pixels that do not overlap, and averaged over all
blocks. 1 is the same image. Both are first scaled to the smaller one's size, and to a quarter of
a megapixel at most; padding is left out. What was scaled is compared at half that size at most: no
scaling keeps a pattern of single pixels. The same is done with copies of 64 pixels, where a block
covers the composition, and the lower number counts: else a sky would be as good upside down. It
detects what is turned, moved, darker or covered, which takes no fine detail.
"""

from __future__ import annotations

import math
from array import array
from typing import TYPE_CHECKING, Any, Final

from wanprep.fix.image.encode import actual_layout

if TYPE_CHECKING:
    from PIL.Image import Image as PillowImage

    from wanprep.fix.plan.plan import ImageRecipe, Size

_BLOCK: Final = 8
_MOST_PIXELS: Final = 250_000
_SMALL: Final = 64
_C1: Final = (0.01 * 255) ** 2
_C2: Final = (0.03 * 255) ** 2


def image_similarity(prepared: PillowImage, recipe: ImageRecipe, result: str) -> float:
    """Compare a finished file with the prepared image that it was encoded from."""
    from PIL import Image

    with Image.open(result) as opened:
        layout = actual_layout(recipe, prepared.size, opened.size)
        opened.draft("L", opened.size)  # a JPEG then leaves its colours undecoded
        opened.load()
        luma = opened if opened.mode == "L" else opened.convert("L")
    left, top = layout.corner
    width, height = layout.image
    if layout.canvas != layout.image:
        luma = luma.crop((left, top, left + width, top + height))
    common = min(prepared.size, layout.image, key=math.prod)
    finest = 1.0 if prepared.size == layout.image else 0.5
    pair = (prepared.convert("L"), luma)
    lowest = 1.0
    for factor in (math.sqrt(_MOST_PIXELS / math.prod(common)), _SMALL / max(common)):
        size = _whole_blocks(common, min(finest, factor))
        pair = (_scale(pair[0], size), _scale(pair[1], size))
        lowest = min(lowest, ssim(*pair))
    return lowest


def _whole_blocks(size: Size, factor: float) -> Size:
    """Scale to whole blocks: a rest, of one line perhaps, would weigh as much as a block."""
    width, height = (
        max(1, round(side)) if side < _BLOCK else int(side) // _BLOCK * _BLOCK
        for side in (size[0] * factor, size[1] * factor)
    )
    return width, height


def _scale(luma: PillowImage, size: Size) -> PillowImage:
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
    blocks = array("f", ImageMath.lambda_eval(_ssim_of_means, **means).tobytes())
    return min(1.0, sum(blocks) / len(blocks))


def _ssim_of_means(mean: dict[str, Any]) -> Any:  # noqa: ANN401 - operands of ImageMath
    x, y = mean["x"], mean["y"]
    product, squares = x * y, x * x + y * y
    structure = (mean["xy"] - product) * 2 + _C2
    variances = mean["xx"] + mean["yy"] - squares + _C2
    return (product * 2 + _C1) * structure / ((squares + _C1) * variances)
