"""How many bits a second there are for pictures and sound, where a file may not be larger."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

from wanprep.fix.film.shapes import shapes

if TYPE_CHECKING:
    from wanprep.fix.recipe import FilmRecipe
    from wanprep.probe.facts import Facts

SOUND_RATE: Final = 192_000
_LEAST_SOUND_RATE: Final = 48_000
_SOUND_SHARE: Final = 0.15
LEAST_RATE: Final = 4_000
# Encoders miss their rate by a little. Between the cap and nine tenths of it, this is the middle.
AIM: Final = 0.95
# The tables that say where each frame lies, in bytes for each.
_TABLE: Final = 20
# So few bits for a pixel make a picture of blocks; of a smaller one, so many a good one.
_HOPELESS: Final = 0.02
_GOOD: Final = 0.06


def length_of(recipe: FilmRecipe, facts: Facts) -> float:
    """Tell how long the result is, in seconds."""
    whole = max(0.0, (facts.duration or 0.0) - (recipe.start or 0.0))
    return max(0.04, min(whole, recipe.length) if recipe.length else whole)


def sound_bit_rate(recipe: FilmRecipe, facts: Facts) -> int:
    """Choose the bit rate of the sound: a small share where there are few bits."""
    if not recipe.most_bytes:
        return SOUND_RATE
    share = int(recipe.most_bytes * 8 / length_of(recipe, facts) * _SOUND_SHARE)
    return min(SOUND_RATE, max(_LEAST_SOUND_RATE, share))


def video_bit_rate(recipe: FilmRecipe, facts: Facts, rest: int | None = None) -> int:
    """Choose the bit rate of the pictures; `rest` is how many bytes all else took."""
    assert recipe.most_bytes  # noqa: S101 - who asks has a cap
    length = length_of(recipe, facts)
    if rest is None:
        sound = sound_bit_rate(recipe, facts) / 8 if recipe.audio else 0
        rest = int((sound + (facts.fps or 25) * _TABLE) * length)
    return max(LEAST_RATE, int((recipe.most_bytes * AIM - rest) * 8 / length))


def is_hopeless(rate: int, recipe: FilmRecipe, facts: Facts) -> bool:
    """Tell whether so few bits would show."""
    return rate / _pixels_a_second(recipe, facts) < _HOPELESS


def good_factor(rate: int, recipe: FilmRecipe, facts: Facts) -> float:
    """Tell by what factor the sides shrink until a rate is good for the pictures."""
    return min(1.0, math.sqrt(rate / _pixels_a_second(recipe, facts) / _GOOD))


def _pixels_a_second(recipe: FilmRecipe, facts: Facts) -> float:
    width, height = shapes(recipe, facts).picture
    return width * height * (recipe.fps or facts.fps or 25)
