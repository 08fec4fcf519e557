"""Make the clip that a recipe describes, and do not believe it to be short or small enough."""

from __future__ import annotations

import contextlib
import os
import shutil
from dataclasses import replace
from typing import TYPE_CHECKING, Final, Literal

from wanprep.fix.ffmpeg import ffmpeg_version
from wanprep.fix.plan.plan import CannotFix, Output
from wanprep.fix.video.commands import passes
from wanprep.fix.video.cuts import find_cut
from wanprep.fix.video.encode import Encoder, fit_bytes
from wanprep.fix.video.place_window import place_window
from wanprep.fix.video.sizes import length_of
from wanprep.media.workers import probe_in_worker
from wanprep.text import file_size, seconds, visible

if TYPE_CHECKING:
    from wanprep.fix.plan.plan import ProgressCallback, VideoRecipe
    from wanprep.media.facts import Facts


_LEAST: Final = 0.001


def excess(into: str, recipe: VideoRecipe) -> float:
    """Return by how many seconds the result is too long; 0 where it is not."""
    facts = probe_in_worker(into)
    if not (facts.readable and facts.video_tracks):
        raise CannotFix(
            f"what ffmpeg made cannot be played ({facts.problem or 'no picture is in it'}): there"
            " may be none in the part that was asked for"
        )
    if recipe.length is None:
        return 0.0
    lengths = (facts.duration, facts.video_duration, facts.audio_duration)
    over = max(length or 0.0 for length in lengths) - recipe.length
    return max(over, _LEAST) if over > 0 else 0.0


_FRAMES: Final = 1.5


# Of what is encoded so much may be missing or too much, a part and seconds: frames before the
# first whole one. For how long the last one is shown not every file says.
_PART: Final = 0.1


_SECONDS: Final = 0.5


def lacks_time(into: str, recipe: VideoRecipe, facts: Facts) -> bool:
    """Compare how long the images last; of varied ones nobody can tell, nor of a part."""
    if recipe.length is not None or facts.vfr or not (facts.fps and facts.video_duration):
        return False
    kept = probe_in_worker(into).video_duration or 0.0
    return kept < facts.video_duration - _FRAMES / facts.fps


def strange_length(into: str, recipe: VideoRecipe, facts: Facts) -> str | None:
    """Say what is wrong where images are lost, or shown at another time than they were."""
    if facts.vfr or not (facts.fps and facts.video_duration):
        return None
    whole = max(0.0, facts.video_duration - (recipe.start or 0.0))
    intent = min(whole, length_of(recipe, facts))
    kept = probe_in_worker(into).video_duration or 0.0
    if abs(kept - intent) <= intent * _PART + _SECONDS + _FRAMES / facts.fps:
        return None
    return (
        f"the result would show {seconds(kept)} of images instead of {seconds(intent)}: it is"
        " damaged, or its time stamps make no sense. Export it again from where it was made"
    )


_CORRECTIONS: Final = 3


def make_video(
    source: str,
    recipe: VideoRecipe,
    facts: Facts,
    into: str,
    *,
    threads: int,
    progress: ProgressCallback | None = None,
) -> Output:
    """Write the clip to `into`, a name that is free; raise CannotMake and write nothing."""
    if recipe.window and recipe.window.corner is None:
        recipe = place_window(source, recipe, facts)
    encoder = Encoder(source, facts, into, threads, progress)
    try:
        made = _copied(encoder, recipe) if recipe.video == "copy" else _encoded(encoder, recipe)
    except BaseException:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(into)
        raise
    finally:
        shutil.rmtree(passes(into), ignore_errors=True)
    return replace(made, tools={"ffmpeg": ffmpeg_version()})


def _copied(encoder: Encoder, recipe: VideoRecipe) -> Output:
    cut = None
    if recipe.length is not None:
        cut = find_cut(encoder.source, recipe, encoder.facts)
    size = encoder.copy(recipe, cut)
    if excess(encoder.into, recipe):
        note = "coded anew, because its frames could not be cut as they were"
        return _encoded_after_all(encoder, recipe, note)
    if lacks_time(encoder.into, recipe, encoder.facts):
        note = "coded anew, because it does not say how long its frames are shown"
        return _encoded_after_all(encoder, recipe, note)
    if recipe.most_bytes and size > recipe.most_bytes:
        raise CannotFix(
            f"the copy has {file_size(size)}, and {file_size(recipe.most_bytes)} are allowed:"
            " its images have to be coded anew"
        )
    return Output(commands=tuple(encoder.commands), encodes=1 if recipe.audio == "aac" else 0)


def _encoded_after_all(encoder: Encoder, recipe: VideoRecipe, note: str) -> Output:
    """Do what a copy cannot, and say so."""
    encoder.commands.clear()  # what was copied is of no use
    made = _encoded(encoder, coded_anew(recipe, encoder.facts))
    return replace(made, notes=(note, *made.notes))


def coded_anew(recipe: VideoRecipe, facts: Facts) -> VideoRecipe:
    """Return the recipe of which no stream is copied."""
    sound: Literal["aac"] | None = "aac" if recipe.audio else None
    return replace(recipe, video="h264", audio=sound, tone_map=bool(facts.hdr))


def _encoded(encoder: Encoder, recipe: VideoRecipe) -> Output:
    encoded = encoder.encode(recipe)
    for _ in range(_CORRECTIONS):
        over = excess(encoder.into, recipe)
        if not over:
            break
        encoder.less += over
        encoded = encoder.encode(recipe)
    else:
        raise CannotFix(
            f"the result is longer than {seconds(recipe.length or 0)} however it is cut: its"
            " time stamps make no sense"
        )
    if strange := strange_length(encoder.into, recipe, encoder.facts):
        raise CannotFix(strange)
    notes = fit_bytes(encoder, recipe, encoded) if recipe.most_bytes else ()
    if encoded.damage:
        said = visible(encoded.damage)
        notes = (*notes, f"it is damaged in places ({said}): look at the result before you use it")
    return Output(commands=tuple(encoder.commands), encodes=len(encoder.commands), notes=notes)
