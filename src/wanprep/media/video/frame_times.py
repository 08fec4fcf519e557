"""From time stamps to lengths and frame rates, and the comparison with the header.

For the containers that are read frame by frame or packet by packet.
"""

from __future__ import annotations

from array import array
from dataclasses import field, replace
from itertools import pairwise
from typing import TYPE_CHECKING, Final

from wanprep.dataclass import dataclass
from wanprep.media.facts import length_mismatch
from wanprep.media.video.samples import is_variable

if TYPE_CHECKING:
    from collections.abc import Collection

    from wanprep.media.facts import PartialFacts
    from wanprep.media.mediainfo import AudioStream, VideoStream


# The rate in the header is used if it is this close to the measured one.
_SAME_RATE: Final = 0.01
# The last frame of an uneven track may last up to this many times the longest other.
_LAST_FRAME: Final = 2
# A claimed length may be this far from the measured one, in seconds and as a share of it.
_TOLERANCE: Final = 0.1
_RELATIVE_TOLERANCE: Final = 0.02


@dataclass(slots=True)
class Timestamps:
    """The time stamps of the frames of one track, in ticks, in the order of the file."""

    ticks: array[int] = field(default_factory=lambda: array("q"))
    end: int = 0  # the latest end of a frame with a stated duration
    last_lace: tuple[int, int] = (0, 1)  # time and frame count of the latest laced block
    laced_frames: int = 0  # frames that share the time stamp of the one before


@dataclass(frozen=True, slots=True)
class Clock:
    """Ticks per second, and the length that the header claims, in ticks."""

    rate: float = 1000.0
    claimed: float | None = None


@dataclass(frozen=True, slots=True)
class TrackTiming:
    """The time that a track covers, in seconds, and its frame rate."""

    start: float
    end: float
    frames: int
    fps: float | None
    is_variable: bool

    @property
    def length(self) -> float | None:
        """Return the length; None where a single frame states none."""
        return self.end - self.start or None


def track_timing(
    stamps: Timestamps, clock: Clock, step: float | None = None, *, is_audio: bool = False
) -> TrackTiming | None:
    """Measure a track; `step` is the number of ticks between frames by its header."""
    if not stamps.ticks:
        return None
    times = sorted(set(stamps.ticks))
    first, last, frames = times[0], times[-1], len(stamps.ticks)
    uneven = is_variable(times, round(clock.rate))
    mean = (last - first) / max(frames - 1, 1)
    nominal = step or mean
    end = _end(stamps, first, last, step)
    if uneven and clock.claimed:
        longest = max(after - before for before, after in pairwise(times))
        if end < clock.claimed <= last + longest * _LAST_FRAME:
            end = clock.claimed
    if is_audio and clock.claimed and last < first + clock.claimed < end:
        end = first + clock.claimed  # the last frame of audio is seldom full
    if uneven:
        mean = (end - first) / frames
    elif frames == 1 or abs(nominal - mean) < mean * _SAME_RATE:
        mean = nominal
    fps = clock.rate / mean if mean else None
    return TrackTiming(first / clock.rate, end / clock.rate, frames, fps, uneven)


def _end(stamps: Timestamps, first: int, last: int, step: float | None) -> float:
    """Return when the last frame ends, in ticks."""
    if stamps.end > last:
        return stamps.end
    in_last = stamps.last_lace[1] if stamps.last_lace[0] == last else 1
    before = len(stamps.ticks) + stamps.laced_frames - in_last
    mean = (last - first) / before if before else 0.0
    nominal = step or mean
    # A step far from the measured one is wrong.
    if mean and not mean / 2 < nominal < mean * 2:
        nominal = mean
    return last + nominal * in_last


@dataclass(frozen=True, slots=True)
class FileEnd:
    """Where a file ends, and whether it was read up to there."""

    size: int
    claimed: int | None  # by its own header
    truncated: bool  # in the middle of a frame
    complete: bool = True  # False: it was too long to read all of it


@dataclass(frozen=True, slots=True)
class FileLength:
    """When the first track starts and the last one ends, and what the header claims (seconds)."""

    start: float
    end: float
    claimed: float | None
    tolerance: float

    @property
    def duration(self) -> float | None:
        """Return the length; None where a single frame states none."""
        return self.end - self.start or None

    def mismatch(self) -> str | None:
        """Report a claim that fits neither from zero on nor from the first frame on."""
        if self.claimed is None or abs(self.claimed - self.end) <= self.tolerance:
            return None
        return length_mismatch(self.claimed, self.end - self.start, self.tolerance)


def file_length(media: Collection[TrackTiming], end: float, clock: Clock) -> FileLength | None:
    """Sum up the video and audio tracks; `end` is that of any track."""
    if not media:
        return None
    claimed = clock.claimed / clock.rate if clock.claimed else None
    slowest = min((track.fps for track in media if track.fps), default=None)
    start = min(track.start for track in media)
    return FileLength(start, end, claimed, _tolerance(claimed or 0.0, slowest))


def _tolerance(claimed: float, fps: float | None) -> float:
    """Return by how many seconds a correct header may differ from the frames."""
    return max(_TOLERANCE, _RELATIVE_TOLERANCE * claimed, 1 / fps if fps else 0.0)


def with_timing(video: VideoStream, timing: TrackTiming | None) -> VideoStream:
    """Replace the lengths and rates from the header; None: the track has no frames."""
    if timing is None:
        return replace(video, duration=None, fps=None, vfr=None, frames=0)
    return replace(
        video,
        duration=timing.length,
        fps=timing.fps or video.fps,
        vfr=timing.is_variable,
        frames=timing.frames,
    )


def with_duration(audio: AudioStream, timing: TrackTiming | None) -> AudioStream:
    """Replace the length from the header; None: the track has no frames."""
    return replace(audio, duration=timing.length if timing else None)


def readability(facts: PartialFacts, length: FileLength | None, end: FileEnd) -> PartialFacts:
    """Return `readable` and `problem`, as far as they change."""
    if not facts["readable"]:
        return {}
    if unusable := _unusable(facts, length, end):
        return {"readable": False, "problem": unusable}
    problem = length.mismatch() if length else None
    if end.truncated:
        problem = "cut off in its last frame, which is not counted"
    return {"problem": problem} if problem else {}


def _unusable(facts: PartialFacts, length: FileLength | None, end: FileEnd) -> str | None:
    if problem := _cut_off(length, end):
        return problem
    if facts["kind"] == "other":
        return "it has neither a video nor an audio track"
    if length is None and end.complete:
        return "it has no frames, only a header"
    if facts.get("frames") == 0:
        return "its video track has no frames"
    return None


def _cut_off(length: FileLength | None, end: FileEnd) -> str | None:
    measured = length if length and length.claimed else None
    if end.claimed and end.claimed > end.size:
        # All frames may be there: then only the index for seeking is missing, and decoders
        # do without.
        if end.truncated or measured is None or measured.mismatch():
            return f"cut off: {end.size:,} of {end.claimed:,} bytes are there"
    elif end.truncated and measured and measured.mismatch():
        return f"cut off: {measured.end:,.1f} of {measured.claimed:,.1f} s are there"
    return None
