"""Drafts for audio: another suffix, else PCM where it fits, else MP3."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING, Final, Literal

from wanprep.fix import encoder_settings as settings
from wanprep.fix.plan.draft import (
    Draft,
    cut_if_too_long,
    fit_bytes_steps,
    in_order,
    most_bytes,
    rename_draft,
    rename_steps,
    suffix_for,
    trim_steps,
)
from wanprep.fix.plan.plan import AudioRecipe, Step
from wanprep.media.facts import Facts
from wanprep.media.names import extension_format

if TYPE_CHECKING:
    from collections.abc import Iterator

    from wanprep.fix.plan.draft import LimitsFor
    from wanprep.fix.plan.plan import Options

AudioFormat = Literal["wav", "mp3"]

# WAV first, for an MP3 too: PCM loses nothing more, and has no padding that some decoders
# count and others do not.
_FORMATS: Final[tuple[AudioFormat, ...]] = ("wav", "mp3")
_CODECS: Final = {"wav": settings.WAV_CODEC, "mp3": "mp3"}
_BIT_DEPTH: Final = settings.WAV_SAMPLE_BYTES * 8
_SLACK: Final = 0.01  # a cut ends this much under the limit, in seconds


def audio_drafts(facts: Facts, limits_for: LimitsFor, options: Options) -> Iterator[Draft]:
    """List the ways to fix audio, those that change least first."""
    if rename_steps(facts, facts.format):
        yield rename_draft(facts)
    for audio_format in _FORMATS:
        yield _encoded(facts, audio_format, limits_for, options)


def _encoded(
    facts: Facts, audio_format: AudioFormat, limits_for: LimitsFor, options: Options
) -> Draft:
    suffix = suffix_for(facts, audio_format)
    whole = _predict(facts, audio_format, suffix)
    limits, trim = limits_for(whole), options.trim or "start"
    padding = (
        settings.MP3_PADDING / (whole.sample_rate or settings.MAX_SAMPLE_RATE)
        if audio_format == "mp3"
        else 0
    )
    cut = cut_if_too_long(whole, limits, trim, _SLACK + padding)
    most, length = most_bytes(limits), cut.length if cut else facts.duration or 0
    recipe = AudioRecipe(
        format=audio_format,
        suffix=suffix,
        start=cut.start if cut else None,
        length=cut.length if cut else facts.duration if audio_format == "mp3" else None,
        most_bytes=most,
    )
    steps = [
        _encode_step(facts, audio_format),
        *fit_bytes_steps(facts, most),
        *trim_steps(facts, cut, trim, limits),
    ]
    size = _predict_bytes(whole, length, most)
    predicted = replace(whole, bytes=size, duration=length, audio_duration=length)
    return Draft(recipe, in_order(steps), predicted)


def _predict(facts: Facts, audio_format: AudioFormat, suffix: str) -> Facts:
    """Predict the facts of encoded audio, but for its length and bytes."""
    return Facts(
        path="",
        kind="audio",
        format=audio_format,
        extension_format=extension_format(f"x{suffix}"),
        bytes=facts.bytes,
        bit_depth=_BIT_DEPTH if audio_format == "wav" else None,
        duration=facts.duration,
        audio_duration=facts.audio_duration or facts.duration,
        audio_codec=_CODECS[audio_format],
        audio_tracks=1,
        sample_rate=min(facts.sample_rate or settings.MAX_SAMPLE_RATE, settings.MAX_SAMPLE_RATE),
        channels=min(facts.channels or settings.MAX_CHANNELS, settings.MAX_CHANNELS),
        readable=True,
    )


def _predict_bytes(whole: Facts, length: float, most: int | None) -> int:
    if whole.format == "mp3":  # whose bit rate is lowered as far as it must
        return math.ceil((length + 1) * settings.MP3_BIT_RATES[0] / 8) if most is None else most
    samples = math.ceil(length * (whole.sample_rate or settings.MAX_SAMPLE_RATE))
    frame = settings.WAV_SAMPLE_BYTES * (whole.channels or settings.MAX_CHANNELS)
    return samples * frame + settings.WAV_HEADER


def _encode_step(facts: Facts, audio_format: AudioFormat) -> Step:
    loses_samples = (
        (facts.bit_depth or _BIT_DEPTH) > _BIT_DEPTH
        or (facts.sample_rate or 0) > settings.MAX_SAMPLE_RATE
        or (facts.channels or 0) > settings.MAX_CHANNELS
    )
    words = f"convert {facts.format.upper()} to {audio_format.upper()}"
    if facts.format == audio_format:
        words = f"re-encode it as {audio_format.upper()}"
    return Step("encode", "lossy" if audio_format == "mp3" or loses_samples else "safe", words)
