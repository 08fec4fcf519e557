"""Write an image as JPEG or PNG: as well as it can be, within the bytes that are allowed."""

from __future__ import annotations

import io
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from wanprep.fix.plan.plan import CannotFix
from wanprep.text import file_size

if TYPE_CHECKING:
    from PIL.Image import Image as PillowImage

    from wanprep.fix.image.source import Intent
    from wanprep.fix.plan.plan import ImageRecipe, Size


@dataclass(frozen=True, slots=True)
class Layout:
    """An image in the middle of a canvas, which may be just as large."""

    image: Size
    canvas: Size

    @property
    def corner(self) -> tuple[int, int]:
        """Tell where the image begins."""
        return (
            (self.canvas[0] - self.image[0]) // 2,
            (self.canvas[1] - self.image[1]) // 2,
        )

    def shrunk(self, factor: float) -> Layout:
        """Scale all of it down."""
        return Layout(_shrunk(self.image, factor), _shrunk(self.canvas, factor))


def _shrunk(size: Size, factor: float) -> Size:
    """Scale a size down so that it becomes, if anything, less of a strip than it was.

    The longer side is rounded down and the shorter one up: a ratio at the edge of what is
    allowed must not fall over it.
    """
    width, height = size
    shorter = max(1, math.ceil(min(size) * factor - 1e-9))
    longer = max(shorter, math.floor(max(size) * factor + 1e-9))
    return (longer, shorter) if width >= height else (shorter, longer)


def layout_of(recipe: ImageRecipe, source: Size) -> Layout:
    """Lay out the result as planned; the source is what the window has left of the image."""
    image = recipe.size or source
    return Layout(image, recipe.canvas or image)


def layout_in(recipe: ImageRecipe, source: Size, result: Size) -> Layout:
    """Lay out a result that may have come out smaller than planned, to fit its bytes."""
    planned = layout_of(recipe, source)
    if result == planned.canvas:
        return planned
    factor = max(result) / max(planned.canvas)
    width, height = _shrunk(planned.image, factor)
    return Layout((min(width, result[0]), min(height, result[1])), result)


def arranged(image: PillowImage, layout: Layout, background: str) -> PillowImage:
    """Scale the image and put it onto its canvas."""
    from PIL import Image

    if image.size != layout.image:
        # A gap of 3 cannot be told from none, says Pillow, and is far quicker.
        image = image.resize(layout.image, Image.Resampling.LANCZOS, reducing_gap=3.0)
    if layout.canvas == layout.image:
        return image
    canvas = Image.new("RGB", layout.canvas, background)
    canvas.paste(image, layout.corner)
    return canvas


BEST: Final = 95  # above, Pillow says, bytes grow and nothing is gained


FLOOR: Final = 70  # below, damage shows; fewer pixels do less harm


# A first guess of how much smaller an image must be rarely fails with these.
_SAFETY: Final = 0.98


_LEAST_STEP: Final = 0.95


@dataclass(frozen=True, slots=True)
class Encoded:
    """The bytes of a finished file, and how they came about."""

    data: bytes
    layout: Layout
    encodes: int
    settings: dict[str, Any]
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Tried:
    """The highest quality that fits; where none does, what the lowest one takes."""

    quality: int
    data: bytes
    encodes: int


def encode(intent: Intent, recipe: ImageRecipe) -> Encoded:
    """Scale, pad and encode; never above the most bytes."""
    match recipe.format:
        case "jpeg":
            return _encode_jpeg(intent, recipe)
        case "png":
            return _encode_png(intent, recipe)


def _encode_png(intent: Intent, recipe: ImageRecipe) -> Encoded:
    layout = layout_of(recipe, intent.image.size)
    image = arranged(intent.image, layout, recipe.background)
    data, encodes = _saved(image, "PNG"), 1
    if _too_long(data, recipe):
        data, encodes = _saved(image, "PNG", optimize=True), 2
    if _too_long(data, recipe):
        raise CannotFix(
            f"As PNG it takes {file_size(len(data))} without loss, and at most"
            f" {file_size(recipe.most_bytes or 0)} are allowed. Save it as JPEG instead."
        )
    return Encoded(data, layout, encodes, {"format": "png"})


def _encode_jpeg(intent: Intent, recipe: ImageRecipe) -> Encoded:
    layout = planned = layout_of(recipe, intent.image.size)
    image = arranged(intent.image, layout, recipe.background)
    # Colours that the source kept at half the size need no more, unless they were scaled down.
    kept = layout.image[0] >= intent.image.width
    options = {"subsampling": intent.sampling if kept else "4:4:4"}
    tried = _Tried(BEST, _saved(image, "JPEG", quality=BEST, **options), 1)
    encodes = 1
    if _too_long(tried.data, recipe):
        tried = _fitting(image, recipe, options)
        encodes += tried.encodes
    while _too_long(tried.data, recipe):
        layout = _smaller(layout, planned, recipe, len(tried.data))
        options = {"subsampling": "4:4:4"}
        image = arranged(intent.image, layout, recipe.background)
        tried = _fitting(image, recipe, options)
        encodes += tried.encodes
    settings = {"format": "jpeg", "quality": tried.quality, **options}
    return Encoded(
        tried.data, layout, encodes, settings, tuple(_notes(tried, layout, planned, recipe))
    )


def _fitting(image: PillowImage, recipe: ImageRecipe, options: dict[str, Any]) -> _Tried:
    """Search for the highest quality that fits, by halves; begin with the lowest, which decides."""
    data = _saved(image, "JPEG", quality=FLOOR, optimize=True, **options)
    best, encodes = _Tried(FLOOR, data, 1), 1
    low, high = FLOOR + 1, BEST
    while low <= high and not _too_long(best.data, recipe):
        middle = (low + high + 1) // 2
        data = _saved(image, "JPEG", quality=middle, optimize=True, **options)
        encodes += 1
        if _too_long(data, recipe):
            high = middle - 1
        else:
            best, low = _Tried(middle, data, encodes), middle + 1
    return _Tried(best.quality, best.data, encodes)


def _smaller(layout: Layout, planned: Layout, recipe: ImageRecipe, least: int) -> Layout:
    """Choose the next smaller size: bytes go with the number of pixels."""
    smallest = recipe.smallest or planned.canvas
    most = recipe.most_bytes or 0
    if layout.canvas[0] <= smallest[0] or layout.canvas[1] <= smallest[1]:
        width, height = layout.canvas
        raise CannotFix(
            f"Even at {width}x{height} px and quality {FLOOR} it takes {file_size(least)}, and at"
            f" most {file_size(most)} are allowed. Send an image with less detail."
        )
    now = layout.canvas[0] / planned.canvas[0]
    factor = now * min(_LEAST_STEP, _SAFETY * math.sqrt(most / least))
    lowest = max(small / full for small, full in zip(smallest, planned.canvas, strict=True))
    return (
        planned.shrunk(factor) if factor > lowest else _at_least(planned.shrunk(lowest), smallest)
    )


def _at_least(layout: Layout, smallest: Size) -> Layout:
    """Make good for rounding, which may have cost a pixel."""
    width, height = (max(pair) for pair in zip(layout.canvas, smallest, strict=True))
    padded = layout.image != layout.canvas
    return type(layout)(layout.image if padded else (width, height), (width, height))


def _notes(tried: _Tried, layout: Layout, planned: Layout, recipe: ImageRecipe) -> list[str]:
    most = file_size(recipe.most_bytes or 0)
    notes = []
    if layout != planned:
        width, height = layout.canvas
        notes.append(f"Scaled down to {width}x{height} px to fit {most}.")
    if tried.quality < BEST:
        notes.append(f"Written with JPEG quality {tried.quality} to fit {most}.")
    return notes


def _too_long(data: bytes, recipe: ImageRecipe) -> bool:
    return recipe.most_bytes is not None and len(data) > recipe.most_bytes


def _saved(image: PillowImage, format_name: str, **options: Any) -> bytes:  # noqa: ANN401 - as Pillow has it
    file = io.BytesIO()
    try:
        image.save(file, format_name, **options)
    except (OSError, ValueError) as error:
        width, height = image.size
        raise CannotFix(
            f"{format_name} cannot hold {width}x{height} px ({error}). Scale it down first."
        ) from error
    return file.getvalue()
