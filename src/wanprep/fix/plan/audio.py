"""Drafts for sounds: a true name, plain samples where they fit, else MP3."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING, Final, Literal

from wanprep.fix.plan.draft import Draft, ordered, rename_steps, renamed, suffix_of
from wanprep.fix.plan.lengths import (
    LENGTHS,
    Cut,
    cut,
    most_bytes,
    too_long,
    trim_step,
    weight_steps,
)
from wanprep.fix.plan.plan import AudioRecipe, Step
from wanprep.media.facts import Facts, extension_format

if TYPE_CHECKING:
    from collections.abc import Iterator

    from wanprep.fix.plan.draft import Allowed
    from wanprep.fix.plan.plan import Options

# WAV before MP3, for an MP3 too: samples have no second generation, and no padding that some
# decoders count and others do not.
WRITTEN: Final[tuple[Literal["wav", "mp3"], ...]] = ("wav", "mp3")
_CODECS: Final = {"wav": "pcm_s16le", "mp3": "mp3"}
# What the hand writes: samples of 16 bits, at most stereo, at most this often.
_RATE: Final = 48_000
_CHANNELS: Final = 2
_WAV_HEADER: Final = 44
_MP3_BYTES: Final = 24_000  # a second, at 192 kbit/s
# A cut ends this much under the bound, in seconds; an MP3 frame holds 1152 samples, and an
# encoder adds up to four of them around the sound.
_SLACK: Final = 0.01
_PADDING: Final = 4 * 1152


def sound_drafts(facts: Facts, allowed: Allowed, options: Options) -> Iterator[Draft]:
    """List the ways to repair a sound, the least damage first."""
    if rename_steps(facts, facts.format):
        yield renamed(facts)
    for written in WRITTEN:
        yield _written(facts, written, allowed, options)


def _written(
    facts: Facts, written: Literal["wav", "mp3"], allowed: Allowed, options: Options
) -> Draft:
    suffix = suffix_of(facts, written)
    plain = Facts(
        path="",
        kind="audio",
        format=written,
        extension_format=extension_format(f"x{suffix}"),
        bytes=facts.bytes,
        bit_depth=16 if written == "wav" else None,
        duration=facts.duration,
        audio_duration=facts.duration,
        audio_codec=_CODECS[written],
        audio_tracks=1,
        sample_rate=min(facts.sample_rate or _RATE, _RATE),
        channels=min(facts.channels or _CHANNELS, _CHANNELS),
        readable=True,
    )
    limits, keep = allowed(plain), options.trim or "start"
    slack = _SLACK + (_PADDING / (plain.sample_rate or _RATE) if written == "mp3" else 0)
    chosen = cut(plain, limits, keep, slack) if too_long(facts, limits) else None
    cap = most_bytes(limits)
    steps = [*_steps(facts, written), *weight_steps(facts, cap)]
    if chosen:
        steps.append(trim_step(facts, chosen, keep, limits.broken_by(facts, LENGTHS)))
    recipe = AudioRecipe(
        format=written,
        suffix=suffix,
        start=chosen.start if chosen else None,
        length=chosen.length if chosen else facts.duration if written == "mp3" else None,
        most_bytes=cap,
    )
    return Draft(recipe, ordered(steps), _predicted(plain, chosen, cap))


def _predicted(plain: Facts, chosen: Cut | None, cap: int | None) -> Facts:
    length = chosen.length if chosen else plain.duration or 0
    weight = _weight(plain, length)
    if plain.format == "mp3" and cap is not None:
        weight = cap  # the hand lowers the rate as far as it must
    return replace(plain, bytes=weight, duration=length, audio_duration=length)


def _weight(plain: Facts, length: float) -> int:
    if plain.format == "mp3":
        return math.ceil((length + 1) * _MP3_BYTES)
    samples = math.ceil(length * (plain.sample_rate or _RATE))
    return samples * 2 * (plain.channels or _CHANNELS) + _WAV_HEADER


def _steps(facts: Facts, written: str) -> list[Step]:
    was, name = facts.format.upper(), written.upper()
    finer = (facts.bit_depth or 16) > 16 or (facts.sample_rate or 0) > _RATE
    lossy = written == "mp3" or finer or (facts.channels or 0) > _CHANNELS
    words = f"write it anew as {name}" if facts.format == written else f"convert {was} to {name}"
    return [Step("encode", "lossy" if lossy else "safe", words)]
