"""What a clip will be, as our own probe would tell it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from wanprep.fix.plan.draft import suffix_of
from wanprep.media.facts import extension_format

if TYPE_CHECKING:
    from wanprep.fix.plan.lengths import Cut
    from wanprep.fix.plan.limits import Limits
    from wanprep.fix.plan.plan import Size
    from wanprep.media.facts import Facts

# The part of a clip that is kept may be busier than the rest.
_BUSIER: Final = 1.1
# Another container numbers its samples in its own way.
_TABLES: Final = 0.005
_HEADER: Final = 8192
_AAC_BYTES: Final = 24_000  # a second, at 192 kbit/s
_HIGHEST_RATE: Final = 48_000  # of sound that is encoded, which becomes stereo at most
_INSIDE: Final = 0.999  # how near to a strict bound a frame rate goes


def copied(facts: Facts, container: str, chosen: Cut | None, sound: str | None) -> Facts:
    """Predict streams that were moved as they are."""
    moved = _cut(facts, chosen)
    return replace(
        _heard(moved, sound),
        path="",
        bytes=_weight(facts, container, chosen, sound),
        format=container,
        extension_format=extension_format(f"x{suffix_of(facts, container)}"),
        video_tracks=1,
        problem=None,
    )


def encoded(
    facts: Facts, container: str, size: Size, chosen: Cut | None, sound: str | None
) -> Facts:
    """Predict an image that was encoded, whatever the size of its file."""
    width, height = size
    return replace(
        copied(facts, container, chosen, sound),
        width=width,
        height=height,
        stored_width=width,
        stored_height=height,
        aspect=round(width / height, 6),
        rotation=0,
        sar=1.0,
        alpha=False,
        bit_depth=8,
        color="yuv",
        hdr=False,
        video_codec="h264",
    )


def _weight(facts: Facts, container: str, chosen: Cut | None, sound: str | None) -> int:
    """Estimate, rather too high: who comes near the cap is better encoded to fit."""
    weight: float = facts.bytes or 0
    length = facts.duration or 0
    if chosen and length:
        weight *= min(1.0, chosen.length / length * _BUSIER)
    if container != facts.format:
        weight += weight * _TABLES + _HEADER
    if facts.audio_codec and sound == "aac":
        weight += (chosen.length if chosen else length) * _AAC_BYTES
    return int(weight)


def _cut(facts: Facts, chosen: Cut | None) -> Facts:
    if chosen is None:
        return facts
    video = chosen.of(facts.video_duration)
    return replace(
        facts,
        duration=chosen.of(facts.duration),
        video_duration=video,
        audio_duration=chosen.of(facts.audio_duration),
        frames=round(video * facts.fps) if video and facts.fps else None,
    )


def _heard(facts: Facts, sound: str | None) -> Facts:
    if facts.audio_codec is None:
        return facts
    if sound == "copy":
        return replace(facts, audio_tracks=1)
    return replace(
        facts,
        audio_tracks=1,
        audio_codec="aac",
        sample_rate=facts.sample_rate and min(facts.sample_rate, _HIGHEST_RATE),
        channels=facts.channels and min(facts.channels, 2),
    )


def steady_rate(facts: Facts, limits: Limits) -> float | None:
    """Tell at which rate frames must be shown. Nothing is changed that no rule asks for."""
    rate, allowed = facts.fps, limits.range("fps")
    if rate is None:
        return None
    if not allowed.spares(rate) and allowed.high:
        high: float = allowed.high.value
        return high if allowed.spares(high) else high * _INSIDE
    if not allowed.reaches(rate) and allowed.low:
        low: float = allowed.low.value
        return low if allowed.reaches(low) else low / _INSIDE
    return None if limits.allows("vfr", facts.vfr) else rate


def at_rate(facts: Facts, rate: float) -> Facts:
    """Predict frames that are shown at a steady rate."""
    length = facts.video_duration or facts.duration or 0
    return replace(facts, fps=round(rate, 6), vfr=False, frames=round(length * rate))
