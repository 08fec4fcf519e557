"""Which part of a clip is kept, so that container, pictures and sound all end in time.

A frame is shown from its time stamp until the next, so the last one must begin a frame before
the end. Coded sound is a little longer than what was put in: it begins with a block that is not
played and ends with a block that is filled up. Whoever does not know adds them to its length.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from wanprep.fix.film.true_rate import true_rate

if TYPE_CHECKING:
    from wanprep.fix.recipe import FilmRecipe
    from wanprep.probe.facts import Facts

# In these ffmpeg finds any picture by the index; elsewhere it would begin in the middle of one.
_INDEXED: Final = frozenset({"3gp", "mkv", "mov", "mp4", "webm"})
_AAC_BLOCK: Final = 1024
_LONGEST_BLOCK: Final = 2048  # of HE-AAC; MP3 has 1152
_USUAL_FPS: Final = 24.0
_LEAST: Final = 0.001
_FEW: Final = 4  # pictures
_STEADY: Final = (30.0, 60.0)
# A time stamp may be rounded to the other side of where a cut is asked for.
_ROUNDING: Final = 0.0005
# As AAC is written here: what every player knows, and short blocks.
RATES: Final = (32_000, 44_100, 48_000)


@dataclass(frozen=True, slots=True)
class Part:
    """Seconds from the beginning of the file: skipped by seeking, and by decoding."""

    seek: float
    skip: float
    pictures: float | None  # from the start on; the first frame at this time is left out
    sound: float | None
    fps: float | None = None  # made constant before anything is cut


def part(recipe: FilmRecipe, facts: Facts, less: float = 0.0) -> Part:
    """Work out where to cut; `less` is by how much a first attempt came out too long."""
    start = _on_a_frame(recipe.start or 0.0, facts)
    steady = _steady(recipe, facts)
    # The picture that is shown at the start may have come up long before.
    is_found = facts.format in _INDEXED and not steady
    seek, skip = (start, 0.0) if is_found else (0.0, start)
    if recipe.length is None:
        return Part(seek, skip, None, None, steady or true_rate(facts))
    length = recipe.length - less
    natural = steady or facts.fps or _USUAL_FPS
    slowest = min(recipe.fps or natural, natural)
    return Part(
        seek,
        skip,
        max(_LEAST, length - 1 / slowest + _ROUNDING),
        max(_LEAST, length - _added_sound(recipe, facts)),
        steady or true_rate(facts),
    )


def _steady(recipe: FilmRecipe, facts: Facts) -> float | None:
    """Choose a rate for a clip with pictures that last long: there a cut would go amiss."""
    if not (recipe.start or recipe.length):
        return None
    fps = facts.fps or 0.0
    if not facts.vfr and (recipe.length is None or recipe.length * (fps or _USUAL_FPS) >= _FEW):
        return None
    return next((rate for rate in _STEADY if rate >= fps), _STEADY[-1])


def _added_sound(recipe: FilmRecipe, facts: Facts) -> float:
    """Tell by how many seconds coded sound may outlast what was asked for."""
    if is_sound_copied(recipe):
        return _LONGEST_BLOCK / (facts.sample_rate or RATES[0])
    return 2 * _AAC_BLOCK / sound_rate(facts)


def is_sound_copied(recipe: FilmRecipe) -> bool:
    """Tell whether the sound stays as it is coded.

    Sound that begins in the middle has to be coded anew: copied, it would bring all of its
    beginning along, hidden, and many a program counts that.
    """
    return recipe.audio == "copy" and not recipe.start


def sound_rate(facts: Facts) -> int:
    """Choose the rate at which sound is encoded."""
    return facts.sample_rate if facts.sample_rate in RATES else RATES[-1]


def _on_a_frame(start: float, facts: Facts) -> float:
    """Begin where a frame does, or the picture would stay away for a moment."""
    if start <= 0 or facts.vfr or not facts.fps:
        return max(0.0, start)
    return max(0.0, int(start * facts.fps + 1e-6) / facts.fps - _ROUNDING)
