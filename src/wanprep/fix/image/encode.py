"""Write a picture as JPEG or PNG: as well as it can be, within the bytes that are allowed."""

from __future__ import annotations

import io
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from wanprep.fix.plan.plan import CannotMake
from wanprep.text import file_size

if TYPE_CHECKING:
    from PIL.Image import Image as Picture

    from wanprep.fix.image.source import Meant
    from wanprep.fix.plan.plan import PictureRecipe, Size


@dataclass(frozen=True, slots=True)
class Layout:
    """A picture in the middle of a canvas, which may be just as large."""

    picture: Size
    canvas: Size

    @property
    def corner(self) -> tuple[int, int]:
        """Tell where the picture begins."""
        return (
            (self.canvas[0] - self.picture[0]) // 2,
            (self.canvas[1] - self.picture[1]) // 2,
        )

    def shrunk(self, factor: float) -> Layout:
        """Scale all of it down."""
        return Layout(_shrunk(self.picture, factor), _shrunk(self.canvas, factor))


def _shrunk(size: Size, factor: float) -> Size:
    """Scale a size down so that it becomes, if anything, less of a strip than it was.

    The longer side is rounded down and the shorter one up: a ratio at the edge of what is
    allowed must not fall over it.
    """
    width, height = size
    shorter = max(1, math.ceil(min(size) * factor - 1e-9))
    longer = max(shorter, math.floor(max(size) * factor + 1e-9))
    return (longer, shorter) if width >= height else (shorter, longer)


def layout_of(recipe: PictureRecipe, source: Size) -> Layout:
    """Lay out the result as planned; the source is what the window has left of the picture."""
    picture = recipe.size or source
    return Layout(picture, recipe.canvas or picture)


def layout_in(recipe: PictureRecipe, source: Size, result: Size) -> Layout:
    """Lay out a result that may have come out smaller than planned, to fit its bytes."""
    planned = layout_of(recipe, source)
    if result == planned.canvas:
        return planned
    factor = max(result) / max(planned.canvas)
    width, height = _shrunk(planned.picture, factor)
    return Layout((min(width, result[0]), min(height, result[1])), result)


def arranged(picture: Picture, layout: Layout, background: str) -> Picture:
    """Scale the picture and put it onto its canvas."""
    from PIL import Image

    if picture.size != layout.picture:
        # A gap of 3 cannot be told from none, says Pillow, and is far quicker.
        picture = picture.resize(layout.picture, Image.Resampling.LANCZOS, reducing_gap=3.0)
    if layout.canvas == layout.picture:
        return picture
    canvas = Image.new("RGB", layout.canvas, background)
    canvas.paste(picture, layout.corner)
    return canvas


BEST: Final = 95  # above, Pillow says, bytes grow and nothing is gained


FLOOR: Final = 70  # below, damage shows; fewer pixels do less harm


# A first guess of how much smaller a picture must be rarely fails with these.
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


def encode(meant: Meant, recipe: PictureRecipe) -> Encoded:
    """Scale, pad and encode; never above the most bytes."""
    match recipe.format:
        case "jpeg":
            return _encode_jpeg(meant, recipe)
        case "png":
            return _encode_png(meant, recipe)


def _encode_png(meant: Meant, recipe: PictureRecipe) -> Encoded:
    layout = layout_of(recipe, meant.picture.size)
    picture = arranged(meant.picture, layout, recipe.background)
    data, encodes = _saved(picture, "PNG"), 1
    if _too_long(data, recipe):
        data, encodes = _saved(picture, "PNG", optimize=True), 2
    if _too_long(data, recipe):
        raise CannotMake(
            f"As PNG it takes {file_size(len(data))} without loss, and at most"
            f" {file_size(recipe.most_bytes or 0)} are allowed. Save it as JPEG instead."
        )
    return Encoded(data, layout, encodes, {"format": "png"})


def _encode_jpeg(meant: Meant, recipe: PictureRecipe) -> Encoded:
    layout = planned = layout_of(recipe, meant.picture.size)
    picture = arranged(meant.picture, layout, recipe.background)
    # Colours that the source kept at half the size need no more, unless they were scaled down.
    kept = layout.picture[0] >= meant.picture.width
    options = {"subsampling": meant.sampling if kept else "4:4:4"}
    tried = _Tried(BEST, _saved(picture, "JPEG", quality=BEST, **options), 1)
    encodes = 1
    if _too_long(tried.data, recipe):
        tried = _fitting(picture, recipe, options)
        encodes += tried.encodes
    while _too_long(tried.data, recipe):
        layout = _smaller(layout, planned, recipe, len(tried.data))
        options = {"subsampling": "4:4:4"}
        picture = arranged(meant.picture, layout, recipe.background)
        tried = _fitting(picture, recipe, options)
        encodes += tried.encodes
    settings = {"format": "jpeg", "quality": tried.quality, **options}
    return Encoded(
        tried.data, layout, encodes, settings, tuple(_notes(tried, layout, planned, recipe))
    )


def _fitting(picture: Picture, recipe: PictureRecipe, options: dict[str, Any]) -> _Tried:
    """Search for the highest quality that fits, by halves; begin with the lowest, which decides."""
    data = _saved(picture, "JPEG", quality=FLOOR, optimize=True, **options)
    best, encodes = _Tried(FLOOR, data, 1), 1
    low, high = FLOOR + 1, BEST
    while low <= high and not _too_long(best.data, recipe):
        middle = (low + high + 1) // 2
        data = _saved(picture, "JPEG", quality=middle, optimize=True, **options)
        encodes += 1
        if _too_long(data, recipe):
            high = middle - 1
        else:
            best, low = _Tried(middle, data, encodes), middle + 1
    return _Tried(best.quality, best.data, encodes)


def _smaller(layout: Layout, planned: Layout, recipe: PictureRecipe, least: int) -> Layout:
    """Choose the next smaller size: bytes go with the number of pixels."""
    smallest = recipe.smallest or planned.canvas
    most = recipe.most_bytes or 0
    if layout.canvas[0] <= smallest[0] or layout.canvas[1] <= smallest[1]:
        width, height = layout.canvas
        raise CannotMake(
            f"Even at {width}x{height} px and quality {FLOOR} it takes {file_size(least)}, and at"
            f" most {file_size(most)} are allowed. Send a picture with less detail."
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
    padded = layout.picture != layout.canvas
    return type(layout)(layout.picture if padded else (width, height), (width, height))


def _notes(tried: _Tried, layout: Layout, planned: Layout, recipe: PictureRecipe) -> list[str]:
    most = file_size(recipe.most_bytes or 0)
    notes = []
    if layout != planned:
        width, height = layout.canvas
        notes.append(f"Scaled down to {width}x{height} px to fit {most}.")
    if tried.quality < BEST:
        notes.append(f"Written with JPEG quality {tried.quality} to fit {most}.")
    return notes


def _too_long(data: bytes, recipe: PictureRecipe) -> bool:
    return recipe.most_bytes is not None and len(data) > recipe.most_bytes


def _saved(picture: Picture, format_name: str, **options: Any) -> bytes:  # noqa: ANN401 - as Pillow has it
    file = io.BytesIO()
    try:
        picture.save(file, format_name, **options)
    except (OSError, ValueError) as error:
        width, height = picture.size
        raise CannotMake(
            f"{format_name} cannot hold {width}x{height} px ({error}). Scale it down first."
        ) from error
    return file.getvalue()
