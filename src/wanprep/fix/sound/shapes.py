"""The rate and the channels of a sound that is written, and its size in bytes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from wanprep.fix.made import CannotMake
from wanprep.text import file_size

if TYPE_CHECKING:
    from collections.abc import Iterator

    from wanprep.fix.recipe import SoundRecipe
    from wanprep.probe.facts import Facts

MP3_BLOCK: Final = 1152  # samples
_MOST_RATE: Final = 48_000
_MOST_CHANNELS: Final = 2
_WAV_HEADER: Final = 44
_SAMPLE: Final = 2  # bytes
# Speech is still clear at the last of these.
_LOWER_RATES: Final = (32_000, 24_000, 16_000)
_MP3_RATES: Final = (32_000, 44_100, 48_000)
_BIT_RATES: Final = (192_000, 160_000, 128_000, 96_000, 64_000, 48_000)


@dataclass(frozen=True, slots=True)
class Shape:
    """How a sound is written."""

    rate: int
    channels: int
    bit_rate: int


def shape(recipe: SoundRecipe, facts: Facts) -> Shape:
    """Choose the best that fits into the bytes that are allowed."""
    length = _length(recipe, facts)
    smallest = 0.0
    for each in _offers(recipe, facts):
        smallest = each.bit_rate / 8 * length + _WAV_HEADER + _slack(recipe, each)
        if recipe.most_bytes is None or smallest <= recipe.most_bytes:
            return each
    allowed = file_size(recipe.most_bytes or 0)
    raise CannotMake(
        f"{length:.1f} s of sound take {file_size(round(smallest))} at the least, and {allowed}"
        " are allowed: make it shorter"
    )


def _slack(recipe: SoundRecipe, each: Shape) -> float:
    return 4 * MP3_BLOCK / each.rate * each.bit_rate / 8 if recipe.format == "mp3" else 0.0


def _length(recipe: SoundRecipe, facts: Facts) -> float:
    whole = max(0.0, (facts.audio_duration or facts.duration or 0.0) - (recipe.start or 0.0))
    return whole if recipe.length is None else min(whole, recipe.length)


def _offers(recipe: SoundRecipe, facts: Facts) -> Iterator[Shape]:
    """Go from the best down."""
    channels = min(facts.channels or _MOST_CHANNELS, _MOST_CHANNELS)
    rate = min(facts.sample_rate or _MOST_RATE, _MOST_RATE)
    if recipe.format == "mp3":
        rate = rate if rate in _MP3_RATES else _MP3_RATES[1]
        yield from (Shape(rate, channels, bits) for bits in _BIT_RATES)
        return
    yield _plain(rate, channels)
    yield from (_plain(each, 1) for each in (rate, *_LOWER_RATES) if each <= rate)


def _plain(rate: int, channels: int) -> Shape:
    return Shape(rate, channels, rate * channels * _SAMPLE * 8)
