"""The sizes and bit rates that a video goes through on its way to what is allowed."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from wanprep.fix.plan.plan import Size, VideoRecipe
    from wanprep.media.facts import Facts


_SQUARE = 1e-3  # pixels nearer to square than this are square


@dataclass(frozen=True, slots=True)
class Shapes:
    """What is seen of a clip, step by step."""

    square: Size  # upright, with square pixels
    image: Size  # what is left after the window, and to what it is scaled
    whole: Size  # with what is padded around it


def shapes(recipe: VideoRecipe, facts: Facts) -> Shapes:
    """Work the sizes out. What is encoded has even sides."""
    square = square_size(facts)
    kept = recipe.window.size if recipe.window else square
    image = recipe.size or _even(kept)
    return Shapes(square, image, recipe.canvas or image)


def square_size(facts: Facts) -> Size:
    """Tell how large a clip is when its pixels are made square; none is thrown away for it."""
    width, height, sar = facts.width or 2, facts.height or 2, facts.sar or 1.0
    if is_square(facts):
        return width, height
    return (round(width * sar), height) if sar > 1 else (width, round(height / sar))


def is_square(facts: Facts) -> bool:
    """Tell whether the pixels are as wide as they are high."""
    return abs((facts.sar or 1.0) - 1) < _SQUARE


def shrunk(recipe: VideoRecipe, facts: Facts, factor: float) -> VideoRecipe:
    """Make the result smaller by a factor, but never smaller than the recipe allows."""
    whole = shapes(recipe, facts).whole
    if recipe.smallest is None:
        return recipe
    least = max(s / w for s, w in zip(recipe.smallest, whole, strict=True))
    return resized(recipe, facts, _scaled(whole, min(1.0, max(factor, least))))


def resized(recipe: VideoRecipe, facts: Facts, whole: Size) -> VideoRecipe:
    """Make the result of this size, and the image in it as much larger or smaller."""
    each = shapes(recipe, facts)
    if recipe.canvas is None:
        return replace(recipe, size=whole)
    size = _scaled(each.image, whole[0] / each.whole[0])
    size = (min(size[0], whole[0]), min(size[1], whole[1]))
    return replace(recipe, size=size, canvas=whole)


def _even(size: Size) -> Size:
    return max(2, size[0] // 2 * 2), max(2, size[1] // 2 * 2)


def _scaled(size: Size, factor: float) -> Size:
    """Scale, to the even numbers that are nearest."""
    width, height = (max(2, round(side * factor / 2) * 2) for side in size)
    return width, height


SOUND_RATE: Final = 192_000


_LEAST_SOUND_RATE: Final = 48_000


_SOUND_SHARE: Final = 0.15


LEAST_RATE: Final = 4_000


# Encoders miss their rate by a little. Between the cap and nine tenths of it, this is the middle.
AIM: Final = 0.95


# The tables that say where each frame lies, in bytes for each.
_TABLE: Final = 20


# So few bits for a pixel make an image of blocks; of a smaller one, so many a good one.
_HOPELESS: Final = 0.02


_GOOD: Final = 0.06


def length_of(recipe: VideoRecipe, facts: Facts) -> float:
    """Tell how long the result is, in seconds."""
    whole = max(0.0, (facts.duration or 0.0) - (recipe.start or 0.0))
    return max(0.04, min(whole, recipe.length) if recipe.length else whole)


def sound_bit_rate(recipe: VideoRecipe, facts: Facts) -> int:
    """Choose the bit rate of the sound: a small share where there are few bits."""
    if not recipe.most_bytes:
        return SOUND_RATE
    share = int(recipe.most_bytes * 8 / length_of(recipe, facts) * _SOUND_SHARE)
    return min(SOUND_RATE, max(_LEAST_SOUND_RATE, share))


def video_bit_rate(recipe: VideoRecipe, facts: Facts, rest: int | None = None) -> int:
    """Choose the bit rate of the images; `rest` is how many bytes all else took."""
    assert recipe.most_bytes  # noqa: S101 - who asks has a cap
    length = length_of(recipe, facts)
    if rest is None:
        sound = sound_bit_rate(recipe, facts) / 8 if recipe.audio else 0
        rest = int((sound + (facts.fps or 25) * _TABLE) * length)
    return max(LEAST_RATE, int((recipe.most_bytes * AIM - rest) * 8 / length))


def is_hopeless(rate: int, recipe: VideoRecipe, facts: Facts) -> bool:
    """Tell whether so few bits would show."""
    return rate / _pixels_a_second(recipe, facts) < _HOPELESS


def good_factor(rate: int, recipe: VideoRecipe, facts: Facts) -> float:
    """Tell by what factor the sides shrink until a rate is good for the images."""
    return min(1.0, math.sqrt(rate / _pixels_a_second(recipe, facts) / _GOOD))


def _pixels_a_second(recipe: VideoRecipe, facts: Facts) -> float:
    width, height = shapes(recipe, facts).image
    return width * height * (recipe.fps or facts.fps or 25)
