"""Predict the facts of a video after its streams are copied or encoded."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from wanprep.fix import encoder_settings as settings
from wanprep.fix.plan.draft import suffix_for, with_size
from wanprep.media.names import extension_format

if TYPE_CHECKING:
    from wanprep.fix.plan.draft import Cut
    from wanprep.fix.plan.limits import Limits
    from wanprep.fix.plan.plan import Size
    from wanprep.media.facts import Facts

# The part of a video that is kept may have a higher bit rate than the rest.
_BUSIER: Final = 1.1
# Another container has sample tables of another size.
_TABLES: Final = 0.005
_HEADER: Final = 8192
_INSIDE: Final = 0.999  # how near to an exclusive limit a frame rate goes


def predict_copy(facts: Facts, container: str, cut: Cut | None, audio: str | None) -> Facts:
    """Predict the facts of copied streams; audio may be encoded."""
    predicted = facts if cut is None else _predict_cut(facts, cut)
    if facts.audio_codec:
        predicted = replace(predicted, audio_tracks=1)
        if audio == "aac":
            predicted = replace(
                predicted,
                audio_codec="aac",
                sample_rate=facts.sample_rate and min(facts.sample_rate, settings.MAX_SAMPLE_RATE),
                channels=facts.channels and min(facts.channels, settings.MAX_CHANNELS),
            )
    return replace(
        predicted,
        path="",
        bytes=_predict_bytes(facts, container, cut, audio),
        format=container,
        extension_format=extension_format(f"x{suffix_for(facts, container)}"),
        video_tracks=1,
        problem=None,
    )


def predict_encode(
    facts: Facts, container: str, size: Size, cut: Cut | None, audio: str | None
) -> Facts:
    """Predict the facts of an encoded video; its bytes are those of a copy."""
    return replace(
        with_size(predict_copy(facts, container, cut, audio), size),
        rotation=0,
        sar=1.0,
        alpha=False,
        bit_depth=8,
        color="yuv",
        hdr=False,
        video_codec="h264",
    )


def predict_frame_rate(facts: Facts, fps: float) -> Facts:
    """Predict the facts of a video that is converted to a constant frame rate."""
    length = facts.video_duration or facts.duration or 0
    return replace(facts, fps=round(fps, 6), vfr=False, frames=round(length * fps))


def _predict_bytes(facts: Facts, container: str, cut: Cut | None, audio: str | None) -> int:
    """Estimate, rather too high: what comes near the limit is better encoded to fit."""
    size: float = facts.bytes or 0
    length = facts.duration or 0
    if cut and length:
        size *= min(1.0, cut.length / length * _BUSIER)
    if container != facts.format:
        size += size * _TABLES + _HEADER
    if facts.audio_codec and audio == "aac":
        size += (cut.length if cut else length) * settings.AAC_BIT_RATE / 8
    return int(size)


def _predict_cut(facts: Facts, cut: Cut) -> Facts:
    video = cut.length_of(facts.video_duration)
    return replace(
        facts,
        duration=cut.length_of(facts.duration),
        video_duration=video,
        audio_duration=cut.length_of(facts.audio_duration),
        frames=round(video * facts.fps) if video and facts.fps else None,
    )


def constant_frame_rate(facts: Facts, limits: Limits) -> float | None:
    """Return the frame rate to convert to; None if no limit demands another one."""
    fps, allowed = facts.fps, limits.range("fps")
    if fps is None:
        return None
    if allowed.high and not allowed.is_below_high(fps):
        high: float = allowed.high.value
        return high if allowed.is_below_high(high) else high * _INSIDE
    if allowed.low and not allowed.is_above_low(fps):
        low: float = allowed.low.value
        return low if allowed.is_above_low(low) else low / _INSIDE
    return None if limits.allows("vfr", facts.vfr) else fps
