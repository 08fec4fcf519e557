"""Carry out a recipe for an image: decode once, convert, encode one file.

The source is prepared as the recipe describes it (upright, in sRGB, opaque, cut to its window);
the result is encoded from this, and compared with it.
"""

from __future__ import annotations

import math
import os
from array import array
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from wanprep.dataclass import dataclass
from wanprep.files.atomic import explain_os_errors
from wanprep.fix.image.colors import flatten, read_color_space, split_alpha, to_eight_bits, to_srgb
from wanprep.fix.image.decode import decode, turn_upright
from wanprep.fix.image.encode import actual_layout, encode_jpeg, encode_png
from wanprep.fix.image.smart_crop import central_corner, smart_corner
from wanprep.fix.image.strip_location import strip_location
from wanprep.fix.plan.plan import CannotFix, ImageRecipe, Output, StripLocation

if TYPE_CHECKING:
    from PIL.Image import Image as PillowImage

    from wanprep.fix.plan.plan import Size
    from wanprep.media.facts import Facts

_SUBSAMPLINGS: Final = {0: "4:4:4", 1: "4:2:2", 2: "4:2:0"}
_HEIC_SUBSAMPLINGS: Final = {"422": "4:2:2", "420": "4:2:0"}
_ENOUGH_TO_CROP: Final = (1000, 1000)
_HDR: Final = "It was HDR and is not tone-mapped: check its colours."


def make_image(
    source: str, recipe: ImageRecipe | StripLocation, facts: Facts, path: str
) -> tuple[Output, float | None]:
    """Write the result to a new file and measure its similarity; raise and leave no file.

    The result of an ImageRecipe is RGB of 8 bits a channel, in sRGB, upright, opaque, and carries
    nothing but pixels: no EXIF, no location, no profile. What is only stripped of its location is
    the same image, and not measured.
    """
    if isinstance(recipe, StripLocation):
        _write(strip_location(source, facts), path)
        return Output(), None
    recipe = place_window(source, recipe, facts)
    prepared = prepare(source, recipe, facts)
    match recipe.format:
        case "jpeg":
            data, output = encode_jpeg(prepared.image, prepared.subsampling, recipe)
        case "png":
            data, output = encode_png(prepared.image, recipe)
    _write(data, path)
    settings = dict(output.settings)
    if recipe.window is not None and recipe.window.corner is not None:
        settings["window"] = [*recipe.window.corner, *recipe.window.size]
    notes = (*output.notes, _HDR) if facts.hdr else output.notes
    output = replace(output, settings=settings, tools=_tools(facts), notes=notes)
    return output, image_similarity(prepared.image, recipe, path)


@dataclass(frozen=True, slots=True)
class PreparedImage:
    """All the pixels that the result will show, at the size of the source."""

    image: PillowImage  # RGB
    subsampling: str  # of the source's colours


def prepare(source: str, recipe: ImageRecipe, facts: Facts) -> PreparedImage:
    """Decode the source and do all to it that does not depend on the size of the result."""
    whole = as_displayed(decode(source, facts), facts, recipe.background)
    width, height = whole.image.size
    if (width, height) != (facts.width, facts.height):
        raise CannotFix(
            f"Its header says {facts.width}x{facts.height} px, but it decodes to"
            f" {width}x{height}. Export it again from the program that made it."
        )
    if recipe.window is None or recipe.window.corner is None:
        return whole
    (left, top), (width, height) = recipe.window.corner, recipe.window.size
    cut = whole.image.crop((left, top, left + width, top + height))
    return replace(whole, image=cut)


def as_displayed(image: PillowImage, facts: Facts, background: str) -> PreparedImage:
    """Convert a decoded image to what a viewer shows on a background.

    Each step lets go of what was there before: a large image fits into memory twice, not thrice.
    """
    subsampling, space = _subsampling(image), read_color_space(image)
    image = to_eight_bits(turn_upright(image, facts), facts)
    image, alpha = split_alpha(image, facts.format)
    image = to_srgb(image, space)
    image = flatten(image, alpha, background)
    image.info.clear()  # Pillow would write the old profile and comment into the new file
    return PreparedImage(image, subsampling)


def place_window(source: str, recipe: ImageRecipe, facts: Facts) -> ImageRecipe:
    """Fill in the corner of the recipe's window."""
    window = recipe.window
    if window is None or window.corner is not None:
        return recipe
    whole = (facts.width or 0, facts.height or 0)
    corner = central_corner(whole, window.size)
    if window.choose == "smart":
        image = as_displayed(decode(source, facts, _ENOUGH_TO_CROP), facts, recipe.background).image
        small = smart_corner(image, _scale(window.size, whole, image.size))
        corner = _scale(small, image.size, whole)
    left, top = (min(corner[axis], whole[axis] - window.size[axis]) for axis in (0, 1))
    return replace(recipe, window=replace(window, corner=(left, top)))


def _scale(pair: Size, of: Size, to: Size) -> Size:
    return round(pair[0] * to[0] / of[0]), round(pair[1] * to[1] / of[1])


def _subsampling(decoded: PillowImage) -> str:
    from PIL.JpegImagePlugin import get_sampling

    if decoded.format in {"JPEG", "MPO"}:
        return _SUBSAMPLINGS.get(get_sampling(decoded), "4:4:4")
    return _HEIC_SUBSAMPLINGS.get(str(decoded.info.get("chroma")), "4:4:4")


def _write(data: bytes, path: str) -> None:
    with explain_os_errors(path), open(path, "xb") as file:  # never over an existing file
        try:
            file.write(data)
            file.flush()
        except BaseException:
            os.unlink(path)
            raise


def _tools(facts: Facts) -> dict[str, str]:
    import PIL
    from PIL import features

    tools = {"Pillow": PIL.__version__}
    tools["LittleCMS"] = features.version("littlecms2") or "unknown"
    if facts.format == "heic":
        import pi_heif

        tools["libheif"] = pi_heif.libheif_version()
    return tools


_BLOCK: Final = 8
_MOST_PIXELS: Final = 250_000
_SMALL: Final = 64
_C1: Final = (0.01 * 255) ** 2
_C2: Final = (0.03 * 255) ** 2


def image_similarity(prepared: PillowImage, recipe: ImageRecipe, result: str) -> float:
    """Compare a finished file with the prepared image that it was encoded from; 1 is equal.

    The number is the structural similarity (SSIM; Wang, Bovik, Sheikh, Simoncelli 2004, with their
    constants) of luma, in blocks of 8 x 8 pixels that do not overlap, averaged over all. Both
    are first scaled to the smaller one's size, and to a quarter of a megapixel at most; padding is
    left out. What was scaled is compared at half that size at most: no scaling keeps a pattern of
    single pixels. The same is done with copies of 64 pixels, where a block covers the composition,
    and the lower number counts: else a sky would be as good upside down. It detects what is turned,
    moved, darker or covered, which takes no fine detail.
    """
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
        pair = (_scaled_to(pair[0], size), _scaled_to(pair[1], size))
        lowest = min(lowest, ssim(*pair))
    return lowest


def _whole_blocks(size: Size, factor: float) -> Size:
    """Scale to whole blocks: a rest, of one line perhaps, would weigh as much as a block."""
    width, height = (
        max(1, round(side)) if side < _BLOCK else int(side) // _BLOCK * _BLOCK
        for side in (size[0] * factor, size[1] * factor)
    )
    return width, height


def _scaled_to(luma: PillowImage, size: Size) -> PillowImage:
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
