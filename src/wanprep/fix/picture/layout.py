"""How large the result is, and where in it the picture stands."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from PIL.Image import Image as Picture

    from wanprep.fix.recipe import PictureRecipe, Size


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
