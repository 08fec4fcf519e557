"""Read the samples of fragmented videos, whose tables lie in many small `moof` boxes.

ISO/IEC 14496-12 8.8. What a sample does not state itself, the fragment's header states for all
of them, and what that does not state, the file's header (`trex`) does.
"""

from __future__ import annotations

import struct
from array import array
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Final

from wanprep.media.source import Bytes
from wanprep.media.video.boxes import boxes, children, payload
from wanprep.media.video.samples import BEGINNING, Runs, Samples, unpack

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from wanprep.media.source import Source
    from wanprep.media.video.boxes import Box

_MAX_SILENT: Final = 100_000_000  # samples in a run without values of their own


@dataclass(frozen=True, slots=True)
class Defaults:
    """What holds for samples that do not say it themselves."""

    duration: int = 0
    size: int = 0

    def with_overrides(self, duration: int | None, size: int | None) -> Defaults:
        """Return them with the values of a fragment in their place."""
        return Defaults(
            self.duration if duration is None else duration,
            self.size if size is None else size,
        )


def read_defaults(source: Source, mvex: Box) -> dict[int, Defaults]:
    """Return each track's defaults out of the video's header."""
    found = {}
    for box in boxes(source, mvex.start, mvex.end):
        if box.kind == b"trex":
            track, _, duration, size = struct.unpack_from(">4xIIII", payload(source, box))
            found[track] = Defaults(duration, size)
    return found


@dataclass(frozen=True, slots=True)
class Header:
    """The header of one track's part of a fragment (14496-12 8.8.7)."""

    track: int
    base: int | None  # from where on places count
    duration: int | None
    size: int | None


def read_header(tfhd: bytes, moof: int) -> Header:
    """Read the header of a part of the fragment that begins at `moof`."""
    flags, track = struct.unpack_from(">II", tfhd)
    base = moof if flags & 0x020000 else None  # default-base-is-moof
    if flags & 0x1:
        base = int.from_bytes(tfhd[8:16], "big")
    fields = iter(unpack(tfhd, "I", 16 if flags & 0x1 else 8))
    if flags & 0x2:
        next(fields, 0)
    duration = next(fields, 0) if flags & 0x8 else None
    return Header(track, base, duration, next(fields, 0) if flags & 0x10 else None)


@dataclass(frozen=True, slots=True)
class Run:
    """Samples side by side (14496-12 8.8.8); what they do not say themselves is None."""

    count: int
    offset: int | None
    durations: array[int] | None
    sizes: array[int] | None
    offsets: array[int] | None


def read_run(trun: bytes) -> Run:
    """Read a run, as far as it is there."""
    flags, count = struct.unpack_from(">II", trun)
    offset = struct.unpack_from(">i", trun, 8)[0] if flags & 0x1 else None
    start = 8 + 4 * bool(flags & 0x1) + 4 * bool(flags & 0x4)
    columns = [flag for flag in (0x100, 0x200, 0x400, 0x800) if flags & flag]
    many = len(columns)
    numbers = unpack(trun, "I", start, count * many)
    # Samples that say nothing of themselves take no room, so there may be billions of them.
    count = min(count, len(numbers) // many if many else _MAX_SILENT)
    table = {flag: numbers[at : count * many : many] for at, flag in enumerate(columns)}
    offsets = table.get(0x800)
    return Run(
        count=count,
        offset=offset,
        durations=table.get(0x100),
        sizes=table.get(0x200),
        # Signed from version 1 on, and in practice always.
        offsets=None if offsets is None else array("i", offsets.tobytes()),
    )


_LARGEST: Final = 4 * 1024 * 1024  # of one fragment's index
_MAX_ROWS: Final = 2_000_000  # in all fragments: eighteen hours, at 20 bytes for a row
_LATEST: Final = 1 << 62  # a decoding time beyond this is nonsense


def add_fragments(
    source: Source,
    moofs: Iterable[Box],
    defaults: Mapping[int, Defaults],
    samples: Mapping[int, Samples],
) -> dict[int, Samples]:
    """Return each track's samples with those of all fragments behind them."""
    growing = {
        track: _GrowingTrack(before, defaults.get(track, Defaults()))
        for track, before in samples.items()
    }
    for moof in moofs:
        inside = Bytes(payload(source, moof, _LARGEST))
        place = moof.offset
        for box in boxes(inside):
            if box.kind == b"traf":
                place = _add_traf(inside, box, moof, place, growing)
    return {track: grown.samples() for track, grown in growing.items()}


def _add_traf(
    source: Source, traf: Box, moof: Box, place: int, growing: Mapping[int, _GrowingTrack]
) -> int:
    """Add one track's part of a fragment; return where its data end."""
    inside = children(source, traf)
    header = read_header(payload(source, inside.get(b"tfhd")), moof.offset)
    grown = growing.get(header.track)
    if grown is None:
        return place
    defaults = grown.defaults.with_overrides(header.duration, header.size)
    tfdt = payload(source, inside.get(b"tfdt"))
    if tfdt:
        grown.start_at(int.from_bytes(tfdt[4:12] if tfdt[0] else tfdt[4:8], "big"))
    base = place = place if header.base is None else header.base
    for box in boxes(source, traf.start, traf.end):
        if box.kind == b"trun":
            run = read_run(payload(source, box))
            start = place if run.offset is None else base + run.offset
            place = grown.add(run, defaults, start) if run.count else start
    return place


class _GrowingTrack:
    """One track's samples while fragment after fragment is added."""

    def __init__(self, before: Samples, defaults: Defaults) -> None:
        self.defaults = defaults
        self._count = before.count
        self._first, self._end = before.first, before.first + before.durations.total()
        self._reach, self._beginning = before.reach, before.beginning
        self._durations = _copy(before.durations)
        self._offsets = _copy(before.offsets)

    def start_at(self, time: int) -> None:
        """Go on at a decoding time, until which the sample before it lasts."""
        if time >= _LATEST:
            return
        if not self._count:
            self._first = self._end = time
            return
        counts, values = self._durations.counts, self._durations.values
        lasts = values[-1] + time - self._end
        # A time before the last sample is that of a fragment taken from somewhere else.
        if lasts >= 0 and lasts != values[-1]:
            counts[-1] -= 1
            counts.append(1)
            values.append(lasts)
            self._end = time

    def add(self, run: Run, defaults: Defaults, place: int) -> int:
        """Add the samples of a run that lie from `place` on; return where they end."""
        self._count += run.count
        durations = _rows(run.durations, run.count, defaults.duration)
        _extend(self._durations, durations)
        _extend(self._offsets, _rows(run.offsets, run.count, 0))
        self._end += durations.total()
        sizes = _rows(run.sizes, run.count, defaults.size)
        if not self._beginning:
            self._beginning = tuple(islice(_side_by_side(place, sizes.spread()), BEGINNING))
        place += sizes.total()
        self._reach = max(self._reach, place)
        return place

    def samples(self) -> Samples:
        """Return what has been gathered."""
        return Samples(
            count=self._count,
            durations=self._durations,
            offsets=self._offsets,
            first=self._first,
            reach=self._reach,
            beginning=self._beginning,
        )


def _side_by_side(place: int, sizes: Iterable[int]) -> Iterator[tuple[int, int]]:
    for size in sizes:
        yield place, size
        place += size


def _copy(runs: Runs) -> Runs:
    rows = [(count, value) for count, value in zip(runs.counts, runs.values, strict=True) if count]
    return Runs(array("I", [count for count, _ in rows]), array("q", [value for _, value in rows]))


def _rows(numbers: array[int] | None, count: int, default: int) -> Runs:
    """Return a row for each number, or one for all where they are the same."""
    if numbers is None:
        return Runs(array("I", [count]), array("q", [default]))
    return Runs(array("I", [1]) * count, array("q", numbers))


def _extend(runs: Runs, more: Runs) -> None:
    runs.counts.extend(more.counts)
    runs.values.extend(more.values)
    if len(runs.counts) > _MAX_ROWS:
        raise ValueError("more samples than a video of many hours has")
