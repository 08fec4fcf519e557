"""Tell how many frames a player shows and whether they follow each other evenly."""

from __future__ import annotations

from bisect import bisect_left
from itertools import accumulate, islice
from operator import add, sub
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Sequence

    from wanprep.probe.formats.films.sample_tables import Samples

# Enough for four hours at 30 frames per second. Of a longer clip the beginning is looked at.
_MOST: Final = 500_000

# Gaps between frames that are alike but for rounding and a clock's jitter are one steady
# rate. Phones write 19, 20 and 21 of 600 in turn (a spread of 3.3 ms, a tenth of the gap), and
# rounding to milliseconds makes 16 and 17 of 60 frames per second, 4 and 5 of 240. A frame
# left out doubles a gap.
_JITTER: Final = 0.25  # of the shortest gap
_ROUNDING: Final = 0.002  # seconds
# A rate that changes for good may do so in steps as small as jitter (25 to 30): it shows in
# how long a number of frames takes, where jitter and rounding cancel out.
_STRETCH: Final = 24
_DRIFT: Final = 0.03


def shown_at(samples: Samples) -> list[int]:
    """Return when frames are shown, in the track's ticks and in the order of showing."""
    decoded = accumulate(samples.durations.spread(), initial=samples.first)
    return sorted(islice(map(add, decoded, samples.offsets.spread()), _MOST))


def within(times: Sequence[int], windows: Sequence[tuple[int, int]]) -> list[int]:
    """Return the times of the frames that begin inside the windows an edit list leaves open."""
    spans = ((bisect_left(times, begin), bisect_left(times, end)) for begin, end in windows)
    return [time for first, last in spans for time in times[first:last]]


def varies(times: Sequence[int], ticks: int) -> bool:
    """Tell whether the gaps between frames really differ, whatever the last frame lasts."""
    gaps = list(map(sub, times[1:], times))
    if not gaps:
        return False
    shortest = min(gaps)
    if max(gaps) - shortest > max(_JITTER * shortest, _ROUNDING * ticks):
        return True
    marks = times[::_STRETCH]
    stretches = list(map(sub, marks[1:], marks))
    return bool(stretches) and max(stretches) > min(stretches) * (1 + _DRIFT)
