"""Bring a clip under so many bytes, in three encodes at most.

The first has the usual quality and is the first pass of the second, which has the rate that
fits. Where that rate is hopeless for so many pixels, the second is of a smaller picture. A third
encode mends what the second missed.
"""

from __future__ import annotations

import os
from math import log
from typing import TYPE_CHECKING, Final

from wanprep.fix.film.film_commands import passes
from wanprep.fix.film.rates import (
    AIM,
    LEAST_RATE,
    good_factor,
    is_hopeless,
    length_of,
    video_bit_rate,
)
from wanprep.fix.film.shapes import shapes, shrunk
from wanprep.fix.made import CannotMake
from wanprep.text import file_size

if TYPE_CHECKING:
    from collections.abc import Sequence

    from wanprep.fix.film.encodes import Encoded, Encoder
    from wanprep.fix.recipe import FilmRecipe

_ENCODES: Final = 3
# What had to shrink should use at least so much of what is allowed.
_FULL: Final = 0.9
# Two rates nearer to each other than this tell nothing of what lies between.
_TELLING: Final = 0.02
_POWERS: Final = (0.6, 4.0)


def fit_bytes(encoder: Encoder, recipe: FilmRecipe, encoded: Encoded) -> tuple[str, ...]:
    """Encode again while the result is too large, and say what a user should know of it."""
    cap = recipe.most_bytes or 0
    if encoded.size <= cap:
        return ()
    rate = video_bit_rate(recipe, encoder.facts, encoded.size - encoded.pictures)
    notes: tuple[str, ...] = ()
    if is_hopeless(rate, recipe, encoder.facts):
        smaller = shrunk(recipe, encoder.facts, good_factor(rate, recipe, encoder.facts))
        before, after = (shapes(each, encoder.facts).whole for each in (recipe, smaller))
        if before != after:
            recipe = smaller
            encoded = encoder.encode(recipe, rate)
            words = "{}x{}".format(*before), "{}x{}".format(*after)
            notes = (f"scaled from {words[0]} to {words[1]} px to fit into {file_size(cap)}",)
    _settle(encoder, recipe, encoded, rate)
    return notes


def _settle(encoder: Encoder, recipe: FilmRecipe, encoded: Encoded, rate: int) -> None:
    """Encode at a rate, then at a better one, until it fits and is not smaller than need be."""
    cap = recipe.most_bytes or 0
    kept = os.path.join(passes(encoder.into), "kept")
    kept_size = 0
    seen = [_point(encoder, recipe, encoded)]
    while not cap * _FULL <= encoded.size <= cap and len(encoder.commands) < _ENCODES:
        if kept_size < encoded.size <= cap:
            os.replace(encoder.into, kept)
            kept_size = encoded.size
        encoded = encoder.encode(recipe, rate, again=True)
        seen.append((rate, encoded.pictures))
        rate = _corrected(seen[-2:], cap * AIM - (encoded.size - encoded.pictures))
    if kept_size and not kept_size < encoded.size <= cap:
        os.replace(kept, encoder.into)
    elif encoded.size > cap:
        raise CannotMake(
            f"it does not fit into {file_size(cap)}: {file_size(encoded.size)} is as small as"
            " it gets. Make it shorter, or smaller"
        )


def _point(encoder: Encoder, recipe: FilmRecipe, encoded: Encoded) -> tuple[float, int]:
    """Tell what rate would have been asked for to get a first result."""
    return encoded.pictures * 8 / length_of(recipe, encoder.facts), encoded.pictures


def _corrected(seen: Sequence[tuple[float, int]], wanted: float) -> int:
    """Find the rate for so many bytes of pictures, from the two that were tried last.

    Bytes grow as a power of the rate; were all as it should be, as the first.
    """
    (rate_0, bytes_0), (rate_1, bytes_1) = seen
    growth = log(max(1, bytes_1) / max(1, bytes_0))
    between = log(rate_1 / max(1.0, rate_0))
    power = growth / between if abs(between) > _TELLING else 1.0
    power = min(max(power, _POWERS[0]), _POWERS[1])
    factor = (max(1.0, wanted) / max(1, bytes_1)) ** (1 / power)
    return max(LEAST_RATE, int(rate_1 * factor))
