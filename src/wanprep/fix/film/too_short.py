"""Tell whether a result lacks time that its source has.

Where a Matroska file does not say how long its frames are shown, ffmpeg takes a millisecond for
each that it cannot work out, and the film ends by as many frames too early.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from wanprep.fix.film.rates import length_of
from wanprep.probe.workers import probe_in_worker
from wanprep.text import seconds

if TYPE_CHECKING:
    from wanprep.fix.recipe import FilmRecipe
    from wanprep.probe.facts import Facts

_FRAMES: Final = 1.5
# Of what is encoded so much may be missing or too much, a part and seconds: frames before the
# first whole one. For how long the last one is shown not every file says.
_PART: Final = 0.1
_SECONDS: Final = 0.5


def lacks_time(into: str, recipe: FilmRecipe, facts: Facts) -> bool:
    """Compare how long the pictures last; of varied ones nobody can tell, nor of a part."""
    if recipe.length is not None or facts.vfr or not (facts.fps and facts.video_duration):
        return False
    kept = probe_in_worker(into).video_duration or 0.0
    return kept < facts.video_duration - _FRAMES / facts.fps


def strange_length(into: str, recipe: FilmRecipe, facts: Facts) -> str | None:
    """Say what is wrong where pictures are lost, or shown at another time than they were."""
    if facts.vfr or not (facts.fps and facts.video_duration):
        return None
    whole = max(0.0, facts.video_duration - (recipe.start or 0.0))
    meant = min(whole, length_of(recipe, facts))
    kept = probe_in_worker(into).video_duration or 0.0
    if abs(kept - meant) <= meant * _PART + _SECONDS + _FRAMES / facts.fps:
        return None
    return (
        f"the result would show {seconds(kept)} of pictures instead of {seconds(meant)}: it is"
        " damaged, or its time stamps make no sense. Export it again from where it was made"
    )
