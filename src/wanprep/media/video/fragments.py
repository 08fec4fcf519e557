"""Read the samples of fragmented videos, whose tables are in many small `moof` boxes.

ISO/IEC 14496-12 8.8. What a sample does not state is stated by the header of the fragment, else
by the header of the file (`trex`).
"""

from __future__ import annotations

import struct
from array import array
from itertools import islice
from typing import TYPE_CHECKING, Final

from wanprep.dataclass import dataclass
from wanprep.media.source import Bytes
from wanprep.media.video.boxes import boxes, children, payload
from wanprep.media.video.samples import FIRST_LOCATIONS, Runs, Samples, unpack

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from wanprep.media.source import Source
    from wanprep.media.video.boxes import Box

_MAX_WITHOUT_VALUES: Final = 100_000_000  # samples in a run without values of their own


@dataclass(frozen=True, slots=True)
class Defaults:
    """The values of samples that do not state their own."""

    duration: int = 0
    size: int = 0

    def with_overrides(self, duration: int | None, size: int | None) -> Defaults:
        """Return the defaults of a fragment, which may state its own."""
        return Defaults(
            self.duration if duration is None else duration, self.size if size is None else size
        )


def read_defaults(source: Source, mvex: Box) -> dict[int, Defaults]:
    """Read each track's defaults from the header of the file."""
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
    base: int | None  # what offsets are relative to
    duration: int | None
    size: int | None


def read_header(tfhd: bytes, moof: int) -> Header:
    """Read the header of a track's part of the fragment at offset `moof`."""
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
    """Contiguous samples (14496-12 8.8.8); None: the default holds."""

    count: int
    offset: int | None
    durations: array[int] | None
    sizes: array[int] | None
    offsets: array[int] | None


def read_run(trun: bytes) -> Run:
    """Read a run, possibly cut off."""
    flags, count = struct.unpack_from(">II", trun)
    offset = struct.unpack_from(">i", trun, 8)[0] if flags & 0x1 else None
    start = 8 + 4 * bool(flags & 0x1) + 4 * bool(flags & 0x4)
    columns = [flag for flag in (0x100, 0x200, 0x400, 0x800) if flags & flag]
    many = len(columns)
    numbers = unpack(trun, "I", start, count * many)
    # Samples without values of their own take no bytes: the count may be billions.
    count = min(count, len(numbers) // many if many else _MAX_WITHOUT_VALUES)
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
_LATEST: Final = 1 << 62  # later decoding times are invalid


def add_fragments(
    source: Source,
    moofs: Iterable[Box],
    defaults: Mapping[int, Defaults],
    samples: Mapping[int, Samples],
) -> dict[int, Samples]:
    """Return each track's samples followed by those of all fragments."""
    tracks = {
        number: _GrowingTrack(before, defaults.get(number, Defaults()))
        for number, before in samples.items()
    }
    for moof in moofs:
        inside = Bytes(payload(source, moof, _LARGEST))
        position = moof.offset
        for box in boxes(inside):
            if box.kind == b"traf":
                position = _add_traf(inside, box, moof, position, tracks)
    return {number: track.samples() for number, track in tracks.items()}


def _add_traf(
    source: Source, traf: Box, moof: Box, position: int, tracks: Mapping[int, _GrowingTrack]
) -> int:
    """Add one track's part of a fragment, and return the end of its data."""
    inside = children(source, traf)
    header = read_header(payload(source, inside.get(b"tfhd")), moof.offset)
    track = tracks.get(header.track)
    if track is None:
        return position
    defaults = track.defaults.with_overrides(header.duration, header.size)
    tfdt = payload(source, inside.get(b"tfdt"))
    if tfdt:
        track.start_at(int.from_bytes(tfdt[4:12] if tfdt[0] else tfdt[4:8], "big"))
    base = position = position if header.base is None else header.base
    for box in boxes(source, traf.start, traf.end):
        if box.kind == b"trun":
            run = read_run(payload(source, box))
            start = position if run.offset is None else base + run.offset
            position = track.add(run, defaults, start) if run.count else start
    return position


class _GrowingTrack:
    """The samples of one track, to which fragments are added."""

    def __init__(self, before: Samples, defaults: Defaults) -> None:
        self.defaults = defaults
        self._count = before.count
        self._first, self._end = before.first, before.first + before.durations.total()
        self._end_of_data, self._first_locations = before.end_of_data, before.first_locations
        self._durations = _copy(before.durations)
        self._offsets = _copy(before.offsets)

    def start_at(self, time: int) -> None:
        """Continue at a decoding time, where the sample before it ends."""
        if time >= _LATEST:
            return
        if not self._count:
            self._first = self._end = time
            return
        counts, values = self._durations.counts, self._durations.values
        last_duration = values[-1] + time - self._end
        # A time before the last sample comes from a fragment of another file.
        if last_duration >= 0 and last_duration != values[-1]:
            counts[-1] -= 1
            counts.append(1)
            values.append(last_duration)
            self._end = time

    def add(self, run: Run, defaults: Defaults, position: int) -> int:
        """Add the samples of a run at a position; return where their data ends."""
        self._count += run.count
        durations = _as_runs(run.durations, run.count, defaults.duration)
        _extend(self._durations, durations)
        _extend(self._offsets, _as_runs(run.offsets, run.count, 0))
        self._end += durations.total()
        sizes = _as_runs(run.sizes, run.count, defaults.size)
        if not self._first_locations:
            self._first_locations = tuple(
                islice(_contiguous(position, sizes.expand()), FIRST_LOCATIONS)
            )
        position += sizes.total()
        self._end_of_data = max(self._end_of_data, position)
        return position

    def samples(self) -> Samples:
        """Return the collected samples."""
        return Samples(
            count=self._count,
            durations=self._durations,
            offsets=self._offsets,
            first=self._first,
            end_of_data=self._end_of_data,
            first_locations=self._first_locations,
        )


def _contiguous(position: int, sizes: Iterable[int]) -> Iterator[tuple[int, int]]:
    for size in sizes:
        yield position, size
        position += size


def _copy(runs: Runs) -> Runs:
    rows = [(count, value) for count, value in zip(runs.counts, runs.values, strict=True) if count]
    return Runs(array("I", [count for count, _ in rows]), array("q", [value for _, value in rows]))


def _as_runs(numbers: array[int] | None, count: int, default: int) -> Runs:
    """Return a run for each number, or one run of the default."""
    if numbers is None:
        return Runs(array("I", [count]), array("q", [default]))
    return Runs(array("I", [1]) * count, array("q", numbers))


def _extend(runs: Runs, more: Runs) -> None:
    runs.counts.extend(more.counts)
    runs.values.extend(more.values)
    if len(runs.counts) > _MAX_ROWS:
        raise ValueError("too many samples")
