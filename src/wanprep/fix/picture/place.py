"""Say which part of a picture its window keeps, before anything is cut."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from wanprep.fix.picture.decode import decode
from wanprep.fix.picture.meant import as_shown
from wanprep.fix.picture.smart_crop import central_corner, smart_corner

if TYPE_CHECKING:
    from wanprep.fix.recipe import PictureRecipe, Size
    from wanprep.probe.facts import Facts

_NEAR: Final = (1000, 1000)


def place_window(source: str, recipe: PictureRecipe, facts: Facts) -> PictureRecipe:
    """Fill in the corner of the window; a window that has one stays where it is."""
    window = recipe.window
    if window is None or window.corner is not None:
        return recipe
    full = (facts.width or 0, facts.height or 0)
    match window.choose:
        case "center":
            corner = central_corner(full, window.size)
        case "smart":
            picture = as_shown(decode(source, facts, _NEAR), facts, recipe.background).picture
            small = smart_corner(picture, _scaled(window.size, full, picture.size))
            corner = _scaled(small, picture.size, full)
    room = [whole - part for whole, part in zip(full, window.size, strict=True)]
    corner = (min(corner[0], room[0]), min(corner[1], room[1]))
    return replace(recipe, window=replace(window, corner=corner))


def _scaled(pair: Size, of: Size, to: Size) -> Size:
    return round(pair[0] * to[0] / of[0]), round(pair[1] * to[1] / of[1])
