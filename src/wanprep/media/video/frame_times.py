"""When the frames of a track are shown: lengths, frame rates and the check against the header.

Shared by the containers that are read frame by frame or packet by packet.
"""

from __future__ import annotations

from array import array
from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import TYPE_CHECKING, Final

from wanprep.media.facts import disagreement
from wanprep.media.video.samples import varies

if TYPE_CHECKING:
    from collections.abc import Collection

    from wanprep.media.facts import Found
    from wanprep.media.mediainfo import AudioStream, VideoStream


# How far the rate in the header may lie from the measured one to be the exact one.
_SAME_RATE: Final = 0.01
# The last frame of an uneven track is assumed to last this many times the longest other.
_LAST_FRAME: Final = 2


@dataclass(slots=True)
class Times:
    """When the frames of one track are shown, in ticks, in the order of the file."""

    stamps: array[int] = field(default_factory=lambda: array("q"))
    end: int = 0  # of the frames that say how long they last, the latest end
    laced: tuple[int, int] = (0, 1)  # the latest block of several frames: when, how many
    further: int = 0  # frames that share a block, and its stamp, with the one before


@dataclass(frozen=True, slots=True)
class Clock:
    """The times in the header: ticks in a second, and how many ticks the file lasts."""

    rate: float = 1000.0
    claimed: float | None = None


@dataclass(frozen=True, slots=True)
class Shown:
    """When the frames of a track are shown: from, until (in seconds), how many, how often."""

    start: float
    end: float
    frames: int
    fps: float | None
    varies: bool

    @property
    def length(self) -> float | None:
        """Return for how long frames are shown; None where a single one does not say."""
        return self.end - self.start or None


def shown(
    times: Times, clock: Clock, step: float | None = None, *, is_audio: bool = False
) -> Shown | None:
    """Return what the stamps say; `step` is the header's word for the ticks between frames."""
    if not times.stamps:
        return None
    moments = sorted(set(times.stamps))
    first, last, frames = moments[0], moments[-1], len(times.stamps)
    uneven = varies(moments, round(clock.rate))
    mean = (last - first) / max(frames - 1, 1)
    nominal = step or mean
    end = _end(times, first, last, step)
    if uneven and clock.claimed:
        longest = max(after - before for before, after in pairwise(moments))
        if end < clock.claimed <= last + longest * _LAST_FRAME:
            end = clock.claimed
    if is_audio and clock.claimed and last < first + clock.claimed < end:
        end = first + clock.claimed  # the last frame of audio is seldom full
    if uneven:
        mean = (end - first) / frames
    elif frames == 1 or abs(nominal - mean) < mean * _SAME_RATE:
        mean = nominal
    fps = clock.rate / mean if mean else None
    return Shown(first / clock.rate, end / clock.rate, frames, fps, uneven)


def _end(times: Times, first: int, last: int, step: float | None) -> float:
    """Return until when the last frame is shown, in ticks."""
    if times.end > last:
        return times.end
    in_last = times.laced[1] if times.laced[0] == last else 1
    before = len(times.stamps) + times.further - in_last
    mean = (last - first) / before if before else 0.0
    nominal = step or mean
    # A step far from the measured one is wrong.
    if mean and not mean / 2 < nominal < mean * 2:
        nominal = mean
    return last + nominal * in_last


# A claim may be this far from the frames, in seconds and as a share, before we speak of it.
_TOLERANCE: Final = 0.1
_RELATIVE_TOLERANCE: Final = 0.02


@dataclass(frozen=True, slots=True)
class Ending:
    """How a walk through a file ended."""

    size: int  # of the file
    claimed: int | None  # by its own account, where it has one
    cut: bool  # in the middle of a frame
    whole: bool = True  # False: there was too much to look at all of it


@dataclass(frozen=True, slots=True)
class Lengths:
    """From when until when frames are shown, and the claim in the header; in seconds."""

    start: float
    end: float
    claimed: float | None
    slack: float

    @property
    def duration(self) -> float | None:
        """Return how long it plays; None where a single frame does not say."""
        return self.end - self.start or None

    def disagreement(self) -> str | None:
        """Say so when the claim fits neither from zero on nor from the first frame on."""
        if self.claimed is None or abs(self.claimed - self.end) <= self.slack:
            return None
        return disagreement(self.claimed, self.end - self.start, self.slack)


def lengths(media: Collection[Shown], end: float, clock: Clock) -> Lengths | None:
    """Sum up the video and audio tracks; `end` is that of any track."""
    if not media:
        return None
    claimed = clock.claimed / clock.rate if clock.claimed else None
    slowest = min((track.fps for track in media if track.fps), default=None)
    start = min(track.start for track in media)
    return Lengths(start, end, claimed, slack(claimed or 0.0, slowest))


def slack(claimed: float, fps: float | None) -> float:
    """Return by how many seconds an honest header may differ from the frames."""
    return max(_TOLERANCE, _RELATIVE_TOLERANCE * claimed, 1 / fps if fps else 0.0)


def with_times(video: VideoStream, times: Shown | None) -> VideoStream:
    """Put the times of its frames into a track; None means that it has none."""
    if times is None:
        return replace(video, duration=None, fps=None, vfr=None, frames=0)
    return replace(
        video,
        duration=times.length,
        fps=times.fps or video.fps,
        vfr=times.varies,
        frames=times.frames,
    )


def with_length(audio: AudioStream, times: Shown | None) -> AudioStream:
    """Put the times of its frames into a track; None means that it has none."""
    return replace(audio, duration=times.length if times else None)


def verdict(found: Found, plays: Lengths | None, ending: Ending) -> Found:
    """Return whether a file can be used, and what is wrong with it."""
    if not found["readable"]:
        return {}
    if unusable := _unusable(found, plays, ending):
        return {"readable": False, "problem": unusable}
    problem = plays.disagreement() if plays else None
    if ending.cut:
        problem = "cut off in its last frame, which is left out here"
    return {"problem": problem} if problem else {}


def _unusable(found: Found, plays: Lengths | None, ending: Ending) -> str | None:
    if cut := _cut_off(plays, ending):
        return cut
    if found["kind"] == "other":
        return "it has neither a video nor an audio track"
    if plays is None and ending.whole:
        return "it has no frames, only a header"
    if found.get("frames") == 0:
        return "its video track has no frames"
    return None


def _cut_off(plays: Lengths | None, ending: Ending) -> str | None:
    known = plays if plays and plays.claimed else None
    if ending.claimed and ending.claimed > ending.size:
        # All frames may be there nevertheless: what is missing is the index for seeking, and
        # no decoder minds.
        if ending.cut or known is None or known.disagreement():
            return f"cut off: {ending.size:,} of {ending.claimed:,} bytes are there"
    elif ending.cut and known and known.disagreement():
        return f"cut off: {known.end:,.1f} of {known.claimed:,.1f} s are there"
    return None
