"""Copy or encode a clip, as often as it takes, and say how large it came out."""

from __future__ import annotations

import contextlib
import os
import re
from dataclasses import dataclass, field
from math import log
from typing import TYPE_CHECKING, Final

from wanprep.fix.ffmpeg import run_ffmpeg
from wanprep.fix.plan.plan import CannotFix
from wanprep.fix.video.commands import Attempt, passes, video_arguments
from wanprep.fix.video.sizes import (
    AIM,
    LEAST_RATE,
    good_factor,
    is_hopeless,
    length_of,
    shapes,
    shrunk,
    video_bit_rate,
)
from wanprep.text import file_size

if TYPE_CHECKING:
    from collections.abc import Sequence

    from wanprep.fix.ffmpeg import Ran
    from wanprep.fix.plan.plan import ProgressCallback, VideoRecipe
    from wanprep.fix.video.cuts import Cut
    from wanprep.media.facts import Facts


# Large images of high dynamic range go at one or two a second on a busy machine.
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
    """How many bytes a result has, and how many of them are images."""

    size: int
    images: int
    damage: str | None = None  # what the decoder says of it, where it does


@dataclass(slots=True)
class Encoder:
    """Encodes one clip to one name, again and again."""

    source: str
    facts: Facts
    into: str
    threads: int
    progress: ProgressCallback | None
    less: float = 0.0
    commands: list[tuple[str, ...]] = field(default_factory=list)

    def encode(
        self, recipe: VideoRecipe, rate: int | None = None, *, again: bool = False
    ) -> Encoded:
        """Encode in the usual quality or at a rate; `again`, knowing what is hard to encode."""
        if recipe.most_bytes:
            os.makedirs(passes(self.into), exist_ok=True)
        attempt = Attempt(threads=self.threads, rate=rate, again=again, less=self.less)
        length = length_of(recipe, self.facts)
        patience = max(_LEAST_PATIENCE, _PATIENCE * (length + (recipe.start or 0.0)))
        ran = self._run(recipe, attempt, patience)
        told = _SUMMARY.findall(ran.log)
        images = int(told[-1]) * 1024 if told else 0
        damage = _DAMAGE.search(ran.log)
        return Encoded(os.path.getsize(self.into), images, damage and damage[1])

    def copy(self, recipe: VideoRecipe, cut: Cut | None) -> int:
        """Take the streams as they are, and return how many bytes they make."""
        self._run(recipe, Attempt(threads=self.threads, cut=cut), _COPY_SECONDS)
        return os.path.getsize(self.into)

    def _run(self, recipe: VideoRecipe, attempt: Attempt, patience: float) -> Ran:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(self.into)
        arguments = video_arguments(self.source, recipe, self.facts, self.into, attempt)
        length = length_of(recipe, self.facts)
        try:
            ran = run_ffmpeg(arguments, seconds=patience, length=length, progress=self.progress)
        except CannotFix as error:
            raise CannotFix(_meaning(str(error))) from error
        self.commands.append(ran.command)
        return ran


def _meaning(said: str) -> str:
    return next((words for told, words in _MEANINGS.items() if told in said), said)


_ENCODES: Final = 3


# What had to shrink should use at least so much of what is allowed.
_FULL: Final = 0.9


# Two rates nearer to each other than this tell nothing of what lies between.
_TELLING: Final = 0.02


_POWERS: Final = (0.6, 4.0)


def fit_bytes(encoder: Encoder, recipe: VideoRecipe, encoded: Encoded) -> tuple[str, ...]:
    """Encode again while the result is too large, and say what a user should know of it."""
    cap = recipe.most_bytes or 0
    if encoded.size <= cap:
        return ()
    rate = video_bit_rate(recipe, encoder.facts, encoded.size - encoded.images)
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


def _settle(encoder: Encoder, recipe: VideoRecipe, encoded: Encoded, rate: int) -> None:
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
        seen.append((rate, encoded.images))
        rate = _corrected(seen[-2:], cap * AIM - (encoded.size - encoded.images))
    if kept_size and not kept_size < encoded.size <= cap:
        os.replace(kept, encoder.into)
    elif encoded.size > cap:
        raise CannotFix(
            f"it does not fit into {file_size(cap)}: {file_size(encoded.size)} is as small as"
            " it gets. Make it shorter, or smaller"
        )


def _point(encoder: Encoder, recipe: VideoRecipe, encoded: Encoded) -> tuple[float, int]:
    """Tell what rate would have been asked for to get a first result."""
    return encoded.images * 8 / length_of(recipe, encoder.facts), encoded.images


def _corrected(seen: Sequence[tuple[float, int]], wanted: float) -> int:
    """Find the rate for so many bytes of images, from the two that were tried last.

    Bytes grow as a power of the rate; were all as it should be, as the first.
    """
    (rate_0, bytes_0), (rate_1, bytes_1) = seen
    growth = log(max(1, bytes_1) / max(1, bytes_0))
    between = log(rate_1 / max(1.0, rate_0))
    power = growth / between if abs(between) > _TELLING else 1.0
    power = min(max(power, _POWERS[0]), _POWERS[1])
    factor = (max(1.0, wanted) / max(1, bytes_1)) ** (1 / power)
    return max(LEAST_RATE, int(rate_1 * factor))
