"""From time stamps to lengths and rates: when the frames of a track are shown."""

from __future__ import annotations

from array import array
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Final

from wanprep.probe.formats.films.pacing import varies

# How far a rate that the header tells may lie from the measured one to be the exact one.
_SAME_RATE: Final = 0.01
# The last frame of an uneven track is believed to last this many times the longest other.
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
    """What the header says of time: ticks in a second, and how many ticks the file lasts."""

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
        """Tell for how long frames are shown; None where a single one does not say."""
        return self.end - self.start or None


def shown(
    times: Times, clock: Clock, step: float | None = None, *, is_sound: bool = False
) -> Shown | None:
    """Tell what the stamps say; `step` is the header's word for the ticks between frames."""
    if not times.stamps:
        return None
    moments = sorted(set(times.stamps))
    first, last, frames = moments[0], moments[-1], len(times.stamps)
    uneven = varies(moments, round(clock.rate))
    mean = (last - first) / max(frames - 1, 1)
    told = step or mean
    end = _end(times, first, last, step)
    if uneven and clock.claimed:
        longest = max(after - before for before, after in pairwise(moments))
        if end < clock.claimed <= last + longest * _LAST_FRAME:
            end = clock.claimed
    if is_sound and clock.claimed and last < first + clock.claimed < end:
        end = first + clock.claimed  # the last frame of a sound is seldom full
    if uneven:
        mean = (end - first) / frames
    elif frames == 1 or abs(told - mean) < mean * _SAME_RATE:
        mean = told
    fps = clock.rate / mean if mean else None
    return Shown(first / clock.rate, end / clock.rate, frames, fps, uneven)


def _end(times: Times, first: int, last: int, step: float | None) -> float:
    """Tell until when the last frame is shown, in ticks."""
    if times.end > last:
        return times.end
    in_last = times.laced[1] if times.laced[0] == last else 1
    before = len(times.stamps) + times.further - in_last
    mean = (last - first) / before if before else 0.0
    told = step or mean
    # A step far from what the frames do is a step that nobody keeps.
    if mean and not mean / 2 < told < mean * 2:
        told = mean
    return last + told * in_last
