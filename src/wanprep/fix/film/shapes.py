"""The sizes that a clip goes through: shown upright with square pixels, cut, scaled, padded."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from wanprep.fix.recipe import FilmRecipe, Size
    from wanprep.probe.facts import Facts

_SQUARE = 1e-3  # pixels nearer to square than this are square


@dataclass(frozen=True, slots=True)
class Shapes:
    """What is seen of a clip, step by step."""

    square: Size  # upright, with square pixels
    picture: Size  # what is left after the window, and to what it is scaled
    whole: Size  # with what is padded around it


def shapes(recipe: FilmRecipe, facts: Facts) -> Shapes:
    """Work the sizes out. What is encoded has even sides."""
    square = square_size(facts)
    kept = recipe.window.size if recipe.window else square
    picture = recipe.size or _even(kept)
    return Shapes(square, picture, recipe.canvas or picture)


def square_size(facts: Facts) -> Size:
    """Tell how large a clip is when its pixels are made square; none is thrown away for it."""
    width, height, sar = facts.width or 2, facts.height or 2, facts.sar or 1.0
    if is_square(facts):
        return width, height
    return (round(width * sar), height) if sar > 1 else (width, round(height / sar))


def is_square(facts: Facts) -> bool:
    """Tell whether the pixels are as wide as they are high."""
    return abs((facts.sar or 1.0) - 1) < _SQUARE


def shrunk(recipe: FilmRecipe, facts: Facts, factor: float) -> FilmRecipe:
    """Make the result smaller by a factor, but never smaller than the recipe allows."""
    whole = shapes(recipe, facts).whole
    if recipe.smallest is None:
        return recipe
    least = max(s / w for s, w in zip(recipe.smallest, whole, strict=True))
    return resized(recipe, facts, _scaled(whole, min(1.0, max(factor, least))))


def resized(recipe: FilmRecipe, facts: Facts, whole: Size) -> FilmRecipe:
    """Make the result of this size, and the picture in it as much larger or smaller."""
    each = shapes(recipe, facts)
    if recipe.canvas is None:
        return replace(recipe, size=whole)
    size = _scaled(each.picture, whole[0] / each.whole[0])
    size = (min(size[0], whole[0]), min(size[1], whole[1]))
    return replace(recipe, size=size, canvas=whole)


def _even(size: Size) -> Size:
    return max(2, size[0] // 2 * 2), max(2, size[1] // 2 * 2)


def _scaled(size: Size, factor: float) -> Size:
    """Scale, to the even numbers that are nearest."""
    width, height = (max(2, round(side * factor / 2) * 2) for side in size)
    return width, height
