"""Tell whether a copy lacks time that its source has.

Where a Matroska file does not say how long its frames are shown, ffmpeg takes a millisecond for
each that it cannot work out, and the film ends by as many frames too early.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from wanprep.probe.probe_file import probe_file

if TYPE_CHECKING:
    from wanprep.fix.recipe import FilmRecipe
    from wanprep.probe.facts import Facts

_FRAMES: Final = 1.5


def lacks_time(into: str, recipe: FilmRecipe, facts: Facts) -> bool:
    """Compare how long the pictures last; of varied ones nobody can tell, nor of a part."""
    if recipe.length is not None or facts.vfr or not (facts.fps and facts.video_duration):
        return False
    kept = probe_file(into).video_duration or 0.0
    return kept < facts.video_duration - _FRAMES / facts.fps
