"""The samples of a track: how they are coded, how long each lasts, where they are in the file.

The tables of a long clip hold hundreds of thousands of numbers, so they stay arrays and
runs, and sums are left to the built-ins (ISO/IEC 14496-12 8.5.2, 8.6 and 8.7).
"""

from __future__ import annotations

import struct
import sys
from array import array
from bisect import bisect_left
from dataclasses import field
from itertools import accumulate, chain, islice, repeat
from operator import add, mul, sub
from typing import TYPE_CHECKING, Final

from wanprep.dataclass import dataclass
from wanprep.media.source import Bytes
from wanprep.media.video.boxes import Box, boxes, children, payload

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from wanprep.media.source import Source


# Bytes before the boxes inside an entry: 14496-12 12.1.3 and 12.2.3; QuickTime's audio
# descriptions of version 1 and 2 are longer (QTFF, "Sound Sample Descriptions").
_VIDEO_FIELDS: Final = 78
_AUDIO_FIELDS: Final = {0: 28, 1: 44, 2: 64}
_PRORES_4444: Final = frozenset({b"ap4h", b"ap4x"})
_DEPTH_WITH_ALPHA: Final = 32  # against 24 (QTFF, "Video Sample Description")
_ENCRYPTED: Final = frozenset({b"encv", b"enca", b"drmi", b"drms", b"aavd"})
_DOLBY_VISION: Final = frozenset({b"dvh1", b"dvhe", b"dva1", b"dvav", b"dav1"})
_DOLBY_BOXES: Final = frozenset({b"dvcC", b"dvvC", b"dvwC"})
_HDR_TRANSFERS: Final = frozenset({16, 18})  # PQ and HLG (ISO/IEC 23091-2 8.2)
_LONGEST: Final = 1024 * 1024


@dataclass(frozen=True, slots=True)
class SampleEntry:
    """A sample description: how some samples of a track are coded."""

    codec: bytes
    encrypted: bool
    width: int = 0
    height: int = 0
    sar: float | None = None
    hdr: bool = False
    alpha: bool = False
    channels: int = 0
    sample_rate: int = 0


def read_entries(source: Source, stsd: Box | None, handler: bytes) -> tuple[SampleEntry, ...]:
    """Read the sample descriptions of a track, mostly one."""
    if stsd is None:
        return ()
    entries = boxes(source, stsd.start + 8, stsd.end)
    return tuple(_entry(box, payload(source, box, _LONGEST), handler) for box in entries)


def _entry(box: Box, data: bytes, handler: bytes) -> SampleEntry:
    if handler in {b"vide", b"pict", b"auxv"} and len(data) >= _VIDEO_FIELDS:
        inside = dict(_child_payloads(data, _VIDEO_FIELDS))
        width, height = struct.unpack_from(">HH", data, 24)
        return SampleEntry(
            codec=box.kind,
            encrypted=box.kind in _ENCRYPTED or b"sinf" in inside,
            width=width,
            height=height,
            sar=_sar(inside.get(b"pasp", b"")),
            hdr=_is_hdr(box.kind, inside),
            alpha=box.kind in _PRORES_4444 and data[75] == _DEPTH_WITH_ALPHA,
        )
    encrypted = box.kind in _ENCRYPTED
    if handler == b"soun" and len(data) >= _AUDIO_FIELDS[0]:
        # The ISO format has a version 1 as well, which is no longer than version 0.
        starts = {_AUDIO_FIELDS[0], _AUDIO_FIELDS.get(data[9], _AUDIO_FIELDS[0])}
        channels, sample_rate = struct.unpack_from(">H6xI", data, 16)
        return SampleEntry(
            codec=box.kind,
            encrypted=encrypted
            or any(kind == b"sinf" for start in starts for kind, _ in _child_payloads(data, start)),
            channels=channels,
            sample_rate=sample_rate >> 16,
        )
    return SampleEntry(codec=box.kind, encrypted=encrypted)


def _child_payloads(data: bytes, start: int) -> Iterator[tuple[bytes, bytes]]:
    source = Bytes(data)
    for box in boxes(source, start):
        yield box.kind, payload(source, box)


def _sar(pasp: bytes) -> float | None:
    if len(pasp) < 8:
        return None
    across, down = struct.unpack_from(">II", pasp)
    return across / down if across and down else None


def _is_hdr(codec: bytes, inside: dict[bytes, bytes]) -> bool:
    if codec in _DOLBY_VISION or inside.keys() & _DOLBY_BOXES:
        return True
    return is_hdr_colour(inside.get(b"colr", b""))


def is_hdr_colour(colr: bytes) -> bool:
    """Return whether a colour box has one of the two transfer functions of HDR."""
    if colr[:4] not in {b"nclx", b"nclc"} or len(colr) < 8:
        return False
    return int.from_bytes(colr[6:8], "big") in _HDR_TRANSFERS


FIRST_LOCATIONS: Final = 16  # samples
_LARGEST: Final = 10 * 1024 * 1024  # of one table: twelve hours of video with B-frames


def unpack(data: bytes, code: str, start: int = 0, count: int | None = None) -> array[int]:
    """Return up to `count` big-endian numbers of a table."""
    numbers: array[int] = array(code)
    available = max(0, len(data) - start) // numbers.itemsize
    count_read = available if count is None else min(count, available)
    numbers.frombytes(data[start : start + count_read * numbers.itemsize])
    if sys.byteorder == "little":
        numbers.byteswap()
    return numbers


@dataclass(frozen=True, slots=True)
class Runs:
    """Run-length encoded numbers, as in the tables."""

    counts: array[int] = field(default_factory=lambda: array("Q"))
    values: array[int] = field(default_factory=lambda: array("q"))

    @classmethod
    def of(cls, data: bytes) -> Runs:
        """Read a table of pairs: stts or ctts."""
        pairs = unpack(data, "I", 8, int.from_bytes(data[4:8], "big") * 2)
        # Offsets are signed in practice, whatever the version, and players read a duration of
        # 2^31 or more as negative.
        values = array("i", pairs[1::2].tobytes())
        return cls(pairs[0 : 2 * len(values) : 2], values)

    def count(self) -> int:
        """Count the numbers."""
        return sum(self.counts)

    def total(self) -> int:
        """Add the numbers up."""
        return sum(map(mul, self.counts, self.values))

    def expand(self) -> Iterator[int]:
        """Yield each number."""
        return chain.from_iterable(map(repeat, self.values, self.counts))

    def resized(self, count: int) -> Runs:
        """Return exactly `count` numbers: the first ones, or the last one repeated."""
        if self.count() == count:
            return self
        if not self.counts:
            return Runs(array("Q", [count]), array("i", [0]))
        totals = array("Q", accumulate(self.counts))
        last = min(bisect_left(totals, count), len(totals) - 1)
        before = totals[last - 1] if last else 0
        counts = array("Q", self.counts[:last])
        counts.append(count - before)
        return Runs(counts, self.values[: last + 1])


@dataclass(frozen=True, slots=True)
class ChunkTable:
    """The tables from which the locations of samples follow: stco, stsc, stsz."""

    offsets: array[int] = field(default_factory=lambda: array("I"))  # of the chunks
    runs: array[int] = field(default_factory=lambda: array("I"))  # of chunks of the same length
    count: int = 0  # of samples
    sizes: int | array[int] = 0  # of one sample, or of each

    def locations(self) -> Iterator[tuple[int, int]]:
        """Yield the offset and the size of each sample."""
        for chunk, offset in enumerate(self.offsets):
            before, inside = samples_in_chunk(self.runs, chunk)
            for sample in range(before, min(before + inside, self.count)):
                size = self.sizes if isinstance(self.sizes, int) else self.sizes[sample]
                yield offset, size
                offset += size  # noqa: PLW2901 - the next one follows at once

    def count_complete(self, end: int) -> int:
        """Count the samples that are completely in the first `end` bytes of the file."""
        return sum(offset + size <= end for offset, size in self.locations())

    def end_of_data(self) -> int:
        """Return the end of the chunk that comes last in the file."""
        if not self.count:
            return 0
        last = self.offsets.index(max(self.offsets))
        before, inside = samples_in_chunk(self.runs, last)
        inside = max(0, min(inside, self.count - before))
        if isinstance(self.sizes, int):
            # QuickTime writes 1 for audio samples of quite another size.
            return self.offsets[last] + (self.sizes * inside if self.sizes > 1 else 1)
        return self.offsets[last] + sum(self.sizes[before : before + inside])


def samples_in_chunk(runs: array[int], chunk: int) -> tuple[int, int]:
    """Return the number of samples before a chunk, counted from 0, and inside it."""
    firsts, lengths = runs[0 : len(runs) // 3 * 3 : 3], runs[1::3]
    if chunk < 0 or not firsts:
        return 0, 0
    run = max(0, bisect_left(firsts, chunk + 2) - 1)
    chunks = map(sub, firsts[1 : run + 1], firsts[:run])
    before = sum(map(mul, chunks, lengths)) + (chunk + 1 - firsts[run]) * lengths[run]
    return max(0, before), lengths[run]


@dataclass(frozen=True, slots=True)
class Samples:
    """The samples of one track in decoding order."""

    count: int = 0
    durations: Runs = field(default_factory=Runs)  # from one decoding time to the next
    offsets: Runs = field(default_factory=Runs)  # from decoding to presentation
    first: int = 0  # decoding time
    end_of_data: int = 0  # in the file
    first_locations: tuple[tuple[int, int], ...] = ()  # offset and size of the first samples
    chunk_table: ChunkTable = field(default_factory=ChunkTable)


def read_samples(source: Source, stbl: Box) -> Samples:
    """Read the sample tables of a track."""
    inside = children(source, stbl)

    def table(*kinds: bytes) -> bytes:
        found = (payload(source, inside[kind], _LARGEST) for kind in kinds if kind in inside)
        return next(found, b"")

    count, sizes = _sizes(table(b"stsz"), table(b"stz2"))
    stco = table(b"co64", b"stco")
    code = "Q" if b"co64" in inside else "I"
    chunk_offsets = unpack(stco, code, 8, int.from_bytes(stco[4:8], "big"))
    stsc = table(b"stsc")
    runs = unpack(stsc, "I", 8, int.from_bytes(stsc[4:8], "big") * 3)
    # Samples without a chunk do not exist, whatever the other tables count.
    count = min(count, sum(samples_in_chunk(runs, len(chunk_offsets) - 1)))
    durations = Runs.of(table(b"stts")).resized(count)
    if min(durations.values, default=0) < 0:
        durations = Runs(durations.counts, array("i", [max(1, v) for v in durations.values]))
    chunk_table = ChunkTable(chunk_offsets, runs, count, sizes)
    first_chunks = ChunkTable(chunk_offsets[:FIRST_LOCATIONS], runs, count, sizes)
    return Samples(
        count=count,
        durations=durations,
        offsets=Runs.of(table(b"ctts")).resized(count),
        end_of_data=chunk_table.end_of_data(),
        first_locations=tuple(islice(first_chunks.locations(), FIRST_LOCATIONS)),
        chunk_table=chunk_table,
    )


def _sizes(stsz: bytes, stz2: bytes) -> tuple[int, int | array[int]]:
    """Return the number of samples, and the size of each or of all."""
    if len(stsz) >= 12:
        size, count = struct.unpack_from(">II", stsz, 4)
        if size:
            return count, size
        sizes = unpack(stsz, "I", 12, count)
        return len(sizes), sizes
    if len(stz2) >= 12:  # the compact table (14496-12 8.7.3.3)
        bits, count = struct.unpack_from(">xxxBI", stz2, 4)
        if bits == 4:
            return min(count, (len(stz2) - 12) * 2), 1
        sizes = unpack(stz2, "H" if bits == 16 else "B", 12, count)
        return len(sizes), sizes
    return 0, 0


# Enough for four hours at 30 frames per second. Of a longer video only the beginning is inspected.
_MAX: Final = 500_000

# Gaps between frames that differ by rounding and a clock's jitter are a constant rate. Phones
# write 19, 20 and 21 of 600 in turn (a spread of 3.3 ms, a tenth of the gap), and rounding to
# milliseconds makes 16 and 17 of 60 frames per second, 4 and 5 of 240. A dropped frame doubles a
# gap.
_JITTER: Final = 0.25  # of the shortest gap
_ROUNDING: Final = 0.002  # seconds
# A rate that changes for good may do so in steps as small as jitter (25 to 30): it shows in
# how long a number of frames takes, where jitter and rounding cancel out.
_STRETCH: Final = 24
_DRIFT: Final = 0.03


def presentation_times(samples: Samples) -> list[int]:
    """Return the presentation times of the frames, in ticks, sorted."""
    decoded = accumulate(samples.durations.expand(), initial=samples.first)
    return sorted(islice(map(add, decoded, samples.offsets.expand()), _MAX))


def times_within(times: Sequence[int], windows: Sequence[tuple[int, int]]) -> list[int]:
    """Return the times inside the windows of an edit list."""
    spans = ((bisect_left(times, begin), bisect_left(times, end)) for begin, end in windows)
    return [time for first, last in spans for time in times[first:last]]


def is_variable(times: Sequence[int], ticks: int) -> bool:
    """Return whether the frame rate varies; the length of the last frame does not count."""
    gaps = list(map(sub, times[1:], times))
    if not gaps:
        return False
    shortest = min(gaps)
    if max(gaps) - shortest > max(_JITTER * shortest, _ROUNDING * ticks):
        return True
    marks = times[::_STRETCH]
    stretches = list(map(sub, marks[1:], marks))
    return bool(stretches) and max(stretches) > min(stretches) * (1 + _DRIFT)
