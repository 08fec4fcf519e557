"""How many samples a track has, how long each lasts and where they end in the file.

The tables of a long clip hold hundreds of thousands of numbers, so they stay arrays and
runs, and sums are left to the built-ins (ISO/IEC 14496-12 8.6 and 8.7).
"""

from __future__ import annotations

import struct
import sys
from array import array
from bisect import bisect_left
from dataclasses import dataclass, field
from itertools import accumulate, chain, islice, repeat
from operator import mul, sub
from typing import TYPE_CHECKING, Final

from wanprep.media.video.boxes import children, payload

if TYPE_CHECKING:
    from collections.abc import Iterator

    from wanprep.media.source import Source
    from wanprep.media.video.boxes import Box


BEGINNING: Final = 16  # so many samples' places are kept
_LARGEST: Final = 10 * 1024 * 1024  # of one table: twelve hours of video with B-frames


def unpack(data: bytes, code: str, start: int = 0, count: int | None = None) -> array[int]:
    """Return the big-endian numbers in a table, no more than are there."""
    numbers: array[int] = array(code)
    there = max(0, len(data) - start) // numbers.itemsize
    many = there if count is None else min(count, there)
    numbers.frombytes(data[start : start + many * numbers.itemsize])
    if sys.byteorder == "little":
        numbers.byteswap()
    return numbers


@dataclass(frozen=True, slots=True)
class Runs:
    """Numbers that repeat, as the tables keep them: so many times this, so many times that."""

    counts: array[int] = field(default_factory=lambda: array("Q"))
    values: array[int] = field(default_factory=lambda: array("q"))

    @classmethod
    def of(cls, data: bytes) -> Runs:
        """Take a table of pairs: stts or ctts."""
        pairs = unpack(data, "I", 8, int.from_bytes(data[4:8], "big") * 2)
        # Offsets are signed in practice whatever their version says, and a duration of 2^31
        # or more is a mistake that players read as negative.
        values = array("i", pairs[1::2].tobytes())
        return cls(pairs[0 : 2 * len(values) : 2], values)

    def count(self) -> int:
        """Count the numbers."""
        return sum(self.counts)

    def total(self) -> int:
        """Add the numbers up."""
        return sum(map(mul, self.counts, self.values))

    def spread(self) -> Iterator[int]:
        """Give one number after the other."""
        return chain.from_iterable(map(repeat, self.values, self.counts))

    def fitted(self, count: int) -> Runs:
        """Return exactly so many numbers: fewer, or the last one over and over."""
        if self.count() == count:
            return self
        if not self.counts:
            return Runs(array("Q", [count]), array("i", [0]))
        have = array("Q", accumulate(self.counts))
        last = min(bisect_left(have, count), len(have) - 1)
        before = have[last - 1] if last else 0
        counts = array("Q", self.counts[:last])
        counts.append(count - before)
        return Runs(counts, self.values[: last + 1])


@dataclass(frozen=True, slots=True)
class Places:
    """Where the samples lie, from the tables: the place of each chunk and what is in it."""

    chunks: array[int] = field(default_factory=lambda: array("I"))
    runs: array[int] = field(default_factory=lambda: array("I"))  # how many samples a chunk has
    count: int = 0
    sizes: int | array[int] = 0

    def before(self, end: int) -> int:
        """Count the samples that lie in the first `end` bytes of the file as a whole."""
        return sum(at + size <= end for at, size in _places(self))


@dataclass(frozen=True, slots=True)
class Samples:
    """The samples of one track, in the order in which they are decoded."""

    count: int = 0
    durations: Runs = field(default_factory=Runs)  # from one decoding time to the next
    offsets: Runs = field(default_factory=Runs)  # from decoding to presentation
    first: int = 0  # decoding time
    reach: int = 0  # where the last of them ends in the file
    beginning: tuple[tuple[int, int], ...] = ()  # where the first lie, and how long they are
    places: Places = field(default_factory=Places)


def read_samples(source: Source, stbl: Box) -> Samples:
    """Read the tables of a track."""
    inside = children(source, stbl)

    def table(*kinds: bytes) -> bytes:
        found = (payload(source, inside[kind], _LARGEST) for kind in kinds if kind in inside)
        return next(found, b"")

    count, sizes = _sizes(table(b"stsz"), table(b"stz2"))
    stco = table(b"co64", b"stco")
    wide = "Q" if b"co64" in inside else "I"
    places = unpack(stco, wide, 8, int.from_bytes(stco[4:8], "big"))
    stsc = table(b"stsc")
    chunks = unpack(stsc, "I", 8, int.from_bytes(stsc[4:8], "big") * 3)
    # What no chunk holds is not there, whatever the sizes and durations count.
    count = min(count, sum(_samples_before(chunks, len(places) - 1)))
    durations = Runs.of(table(b"stts")).fitted(count)
    if min(durations.values, default=0) < 0:
        durations = Runs(durations.counts, array("i", [max(1, v) for v in durations.values]))
    first = Places(places[:BEGINNING], chunks, count, sizes)
    return Samples(
        count=count,
        durations=durations,
        offsets=Runs.of(table(b"ctts")).fitted(count),
        reach=_reach(places, chunks, count, sizes),
        beginning=tuple(islice(_places(first), BEGINNING)),
        places=Places(places, chunks, count, sizes),
    )


def _sizes(stsz: bytes, stz2: bytes) -> tuple[int, int | array[int]]:
    """Return how many samples there are, and the size of each or of all."""
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


def _reach(places: array[int], chunks: array[int], count: int, sizes: int | array[int]) -> int:
    """Return where the chunk that lies last in the file ends."""
    if not count:
        return 0
    last = places.index(max(places))
    before, within = _samples_before(chunks, last)
    within = max(0, min(within, count - before))
    if isinstance(sizes, int):
        # QuickTime writes 1 for audio whose samples have quite another size.
        length = sizes * within if sizes > 1 else 1
    else:
        length = sum(sizes[before : before + within])
    return places[last] + length


def _places(places: Places) -> Iterator[tuple[int, int]]:
    """Give the place and the size of one sample after the other."""
    sizes = places.sizes
    for chunk, offset in enumerate(places.chunks):
        before, within = _samples_before(places.runs, chunk)
        for sample in range(before, min(before + within, places.count)):
            size = sizes if isinstance(sizes, int) else sizes[sample]
            yield offset, size
            offset += size  # noqa: PLW2901 - the next one follows at once


def _samples_before(chunks: array[int], chunk: int) -> tuple[int, int]:
    """Return how many samples lie before a chunk, counted from 0, and how many in it."""
    firsts, many = chunks[0 : len(chunks) // 3 * 3 : 3], chunks[1::3]
    if chunk < 0 or not firsts:
        return 0, 0
    run = max(0, bisect_left(firsts, chunk + 2) - 1)
    lengths = map(sub, firsts[1 : run + 1], firsts[:run])
    before = sum(map(mul, lengths, many)) + (chunk + 1 - firsts[run]) * many[run]
    return max(0, before), many[run]
