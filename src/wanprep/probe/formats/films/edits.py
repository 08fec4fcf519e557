"""Apply a track's edit list: which part of its media a player shows, and when.

ISO/IEC 14496-12 8.6.6. An edit may be empty (nothing is shown for a while), begin inside
the media (what comes before is needed for decoding only), end before them, or be one of many.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from wanprep.probe.formats.films.boxes import find, payload

if TYPE_CHECKING:
    from collections.abc import Sequence

    from wanprep.probe.formats.films.boxes import Box
    from wanprep.probe.source import Source

_MOST: Final = 10_000
_EMPTY: Final = -1
_NORMAL_RATE: Final = 0x10000


@dataclass(frozen=True, slots=True)
class Edit:
    """One entry of an edit list."""

    duration: int  # in the film's time scale
    media_time: int  # in the track's, or -1: nothing is shown
    rate: float = 1.0


@dataclass(frozen=True, slots=True)
class Shown:
    """What a player shows of a track, in seconds, and from when to when in media time."""

    duration: float
    delay: float  # before it begins
    claimed: float  # what the edit list says of its own length
    windows: tuple[tuple[int, int], ...]

    @property
    def span(self) -> tuple[int, int]:
        """Return from when to when there is anything to see."""
        return min(begin for begin, _ in self.windows), max(end for _, end in self.windows)


def read_edits(source: Source, trak: Box) -> tuple[Edit, ...]:
    """Return the entries of a track's edit list, if it has one."""
    data = payload(source, find(source, trak, b"edts", b"elst"))
    if len(data) < 8:
        return ()
    entry = struct.Struct(">Qqi" if data[0] else ">Iii")
    count = min(int.from_bytes(data[4:8], "big"), (len(data) - 8) // entry.size, _MOST)
    rows = entry.iter_unpack(data[8 : 8 + count * entry.size])
    return tuple(Edit(length, start, rate / _NORMAL_RATE) for length, start, rate in rows)


def show(
    edits: Sequence[Edit], span: tuple[int, int, int], scales: tuple[int, int], *, growing: bool
) -> Shown:
    """Apply edits to media.

    `span` is from when to when they last, and when the last frame begins: where frames are
    reordered and nothing makes up for it, that is past the end of them all.

    `scales` are the ticks per second of the film and of the track. The last edit of a
    `growing` (fragmented) film covers all that follows, whatever length it gives: it was
    written before the fragments were.
    """
    film, media = scales
    begin, end, last = span
    # One tick more than there is: a last frame of no length is shown as well.
    stop = max(end, last) + 1
    whole = Shown((end - begin) / media, 0.0, 0.0, ((begin, stop),))
    delay = length = claimed = 0.0
    windows = []
    for number, edit in enumerate(edits, 1):
        seconds = edit.duration / film
        if edit.media_time == _EMPTY:
            delay += seconds
            continue
        # A rate of 0 holds one picture for the whole edit.
        rate = edit.rate if edit.rate > 0 else 0.0
        there = max(0, end - max(begin, edit.media_time))
        if number == len(edits) and (growing or not edit.duration):
            wanted, seconds = max(0, stop - edit.media_time), there / media
        else:
            wanted = round(seconds * media * rate)
        windows.append((edit.media_time, edit.media_time + wanted))
        claimed += seconds
        length += seconds if rate == 0 else min(wanted, there) / media / rate
    if not length:  # an edit list that leaves nothing is one that players pass over
        return whole
    return Shown(length, delay, claimed, tuple(windows))
