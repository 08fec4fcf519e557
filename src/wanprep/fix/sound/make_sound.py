"""Make the sound that a recipe describes, and look whether it is as short and small as that."""

from __future__ import annotations

import contextlib
import os
from typing import TYPE_CHECKING, Final

from wanprep.fix.made import CannotMake, Made
from wanprep.fix.recipe import SoundRecipe
from wanprep.fix.runner import ffmpeg_version, run_ffmpeg
from wanprep.fix.sound.sound_commands import sound_arguments
from wanprep.probe.workers import probe_in_worker
from wanprep.text import file_size, seconds

if TYPE_CHECKING:
    from wanprep.fix.made import Progress
    from wanprep.fix.runner import Ran
    from wanprep.probe.facts import Facts

_PATIENCE: Final = 900.0
# What ffmpeg says where the rate or the channels are others from some point on.
_CHANGE: Final = "Reconfiguring filter graph"
# So much may be missing, a part and seconds: silence that an encoder had put around the sound.
_PART: Final = 0.05
_SECONDS: Final = 0.25


def make_sound(
    source: str, recipe: SoundRecipe, facts: Facts, into: str, *, progress: Progress | None = None
) -> Made:
    """Write the sound to `into`, a name that is free; raise CannotMake and write nothing."""
    runs = _written(source, recipe, facts, into, progress)
    try:
        _check(into, recipe, facts)
    except BaseException:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(into)
        raise
    commands = tuple(ran.command for ran in runs)
    return Made(commands=commands, tools={"ffmpeg": ffmpeg_version()}, encodes=len(commands))


def _written(
    source: str, recipe: SoundRecipe, facts: Facts, into: str, progress: Progress | None
) -> tuple[Ran, ...]:
    length = recipe.length or facts.duration
    arguments = sound_arguments(source, recipe, facts, into)
    ran = run_ffmpeg(arguments, seconds=_PATIENCE, length=length, progress=progress)
    if _CHANGE not in ran.log or not (recipe.start or recipe.length):
        return (ran,)
    # From there on samples were counted anew. Of plain samples, all alike, a part can be cut.
    os.unlink(into)
    plain = f"{into}.wav"
    whole = SoundRecipe(format="wav", suffix=".wav")
    try:
        first = run_ffmpeg(sound_arguments(source, whole, facts, plain), seconds=_PATIENCE)
        cut = sound_arguments(plain, recipe, probe_in_worker(plain), into)
        return first, run_ffmpeg(cut, seconds=_PATIENCE)
    finally:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(plain)


def _check(into: str, recipe: SoundRecipe, facts: Facts) -> None:
    made = probe_in_worker(into)
    if not made.readable or not made.duration:
        raise CannotMake(
            f"what ffmpeg made cannot be played ({made.problem or 'it is silent'}): there may be"
            " no sound in the part that was asked for"
        )
    if recipe.length is not None and made.duration > recipe.length:
        raise CannotMake(
            f"the result plays {seconds(made.duration)} instead of {seconds(recipe.length)}:"
            " its time stamps make no sense"
        )
    whole = max(0.0, (facts.duration or 0.0) - (recipe.start or 0.0))
    meant = min(whole, recipe.length or whole)
    if made.duration < meant - meant * _PART - _SECONDS:
        raise CannotMake(
            f"only {seconds(made.duration)} of {seconds(meant)} of sound can be decoded: the file"
            " is damaged, or made of parts of several kinds. Export it again as WAV with the"
            " program that made it"
        )
    if recipe.most_bytes is not None and (made.bytes or 0) > recipe.most_bytes:
        raise CannotMake(
            f"the result has {file_size(made.bytes or 0)}, and {file_size(recipe.most_bytes)}"
            " are allowed: make it shorter"
        )
