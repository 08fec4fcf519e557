"""Copy or encode a clip, as often as it takes, and say how large it came out."""

from __future__ import annotations

import contextlib
import os
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from wanprep.fix.film.film_commands import Attempt, film_arguments, passes
from wanprep.fix.film.rates import length_of
from wanprep.fix.made import CannotMake
from wanprep.fix.runner import run_ffmpeg

if TYPE_CHECKING:
    from wanprep.fix.film.copied_cut import Cut
    from wanprep.fix.made import Progress
    from wanprep.fix.recipe import FilmRecipe
    from wanprep.fix.runner import Ran
    from wanprep.probe.facts import Facts

# Large pictures of high dynamic range go at one or two a second on a busy machine.
_LEAST_PATIENCE: Final = 600.0
_PATIENCE: Final = 180.0  # seconds for a second of the clip
# A copy is as quick as the disk is.
_COPY_SECONDS: Final = 900.0
_SUMMARY: Final = re.compile(r"video:(\d+)Ki?B audio:")
# What ffmpeg says of a clip, and what a person should know.
_MEANINGS: Final = {
    "no path between colorspaces": "it does not say what its HDR colours mean (Dolby Vision of"
    " its own kind does not): export it in SDR with the program that made it",
    "received no packets": "there is nothing to see or to hear in the part that was asked for",
    "bitrate is too low": "it does not fit into so few bytes: make it shorter, or smaller",
}
# Only the decoders say so: whoever else has something to say of an error ends the run.
_DAMAGE: Final = re.compile(r"^\[(?:(?!out#|fc#)[^\]]+\] \[)+error\] *(.+)$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Encoded:
    """How many bytes a result has, and how many of them are pictures."""

    size: int
    pictures: int
    damage: str | None = None  # what the decoder says of it, where it does


@dataclass(slots=True)
class Encoder:
    """Encodes one clip to one name, again and again."""

    source: str
    facts: Facts
    into: str
    threads: int
    progress: Progress | None
    less: float = 0.0
    commands: list[tuple[str, ...]] = field(default_factory=list)

    def encode(
        self, recipe: FilmRecipe, rate: int | None = None, *, again: bool = False
    ) -> Encoded:
        """Encode in the usual quality or at a rate; `again`, knowing what is hard to encode."""
        if recipe.most_bytes:
            os.makedirs(passes(self.into), exist_ok=True)
        attempt = Attempt(threads=self.threads, rate=rate, again=again, less=self.less)
        length = length_of(recipe, self.facts)
        patience = max(_LEAST_PATIENCE, _PATIENCE * (length + (recipe.start or 0.0)))
        ran = self._run(recipe, attempt, patience)
        told = _SUMMARY.findall(ran.log)
        pictures = int(told[-1]) * 1024 if told else 0
        damage = _DAMAGE.search(ran.log)
        return Encoded(os.path.getsize(self.into), pictures, damage and damage[1])

    def copy(self, recipe: FilmRecipe, cut: Cut | None) -> int:
        """Take the streams as they are, and return how many bytes they make."""
        self._run(recipe, Attempt(threads=self.threads, cut=cut), _COPY_SECONDS)
        return os.path.getsize(self.into)

    def _run(self, recipe: FilmRecipe, attempt: Attempt, patience: float) -> Ran:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(self.into)
        arguments = film_arguments(self.source, recipe, self.facts, self.into, attempt)
        length = length_of(recipe, self.facts)
        try:
            ran = run_ffmpeg(arguments, seconds=patience, length=length, progress=self.progress)
        except CannotMake as error:
            raise CannotMake(_meaning(str(error))) from error
        self.commands.append(ran.command)
        return ran


def _meaning(said: str) -> str:
    return next((words for told, words in _MEANINGS.items() if told in said), said)
