"""Tell whether a result is longer than it was to be, by any of its lengths."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from wanprep.fix.made import CannotMake
from wanprep.probe.workers import probe_in_worker

if TYPE_CHECKING:
    from wanprep.fix.recipe import FilmRecipe

_LEAST: Final = 0.001


def excess(into: str, recipe: FilmRecipe) -> float:
    """Return by how many seconds the result is too long; 0 where it is not."""
    facts = probe_in_worker(into)
    if not (facts.readable and facts.video_tracks):
        raise CannotMake(
            f"what ffmpeg made cannot be played ({facts.problem or 'no picture is in it'}): there"
            " may be none in the part that was asked for"
        )
    if recipe.length is None:
        return 0.0
    lengths = (facts.duration, facts.video_duration, facts.audio_duration)
    over = max(length or 0.0 for length in lengths) - recipe.length
    return max(over, _LEAST) if over > 0 else 0.0
