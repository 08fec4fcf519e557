"""The samples of a track: how they are coded, how long each lasts, where they are in the file.

The tables of a long clip hold hundreds of thousands of numbers, so they stay arrays and
runs, and sums are left to the built-ins (ISO/IEC 14496-12 8.5.2, 8.6 and 8.7).
"""

from __future__ import annotations

import struct
import sys
from array import array
from bisect import bisect_left
from dataclasses import dataclass, field
from itertools import accumulate, chain, islice, repeat
from operator import add, mul, sub
from typing import TYPE_CHECKING, Final

from wanprep.media.source import Bytes
from wanprep.media.video.boxes import Box, boxes, children, payload

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from wanprep.media.source import Source


# What stands before the boxes inside an entry: 14496-12 12.1.3 and 12.2.3; QuickTime's audio
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
    """How some samples of a track are coded."""

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
    """Return the entries of a sample description; most tracks have one."""
    if stsd is None:
        return ()
    entries = boxes(source, stsd.start + 8, stsd.end)
    return tuple(_entry(box, payload(source, box, _LONGEST), handler) for box in entries)


def _entry(box: Box, data: bytes, handler: bytes) -> SampleEntry:
    if handler in {b"vide", b"pict", b"auxv"} and len(data) >= _VIDEO_FIELDS:
        inside = dict(_inside(data, _VIDEO_FIELDS))
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
            or any(kind == b"sinf" for start in starts for kind, _ in _inside(data, start)),
            channels=channels,
            sample_rate=sample_rate >> 16,
        )
    return SampleEntry(codec=box.kind, encrypted=encrypted)


def _inside(data: bytes, start: int) -> Iterator[tuple[bytes, bytes]]:
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
    """Return whether a colour box gives one of the two transfers of high dynamic range."""
    if colr[:4] not in {b"nclx", b"nclc"} or len(colr) < 8:
        return False
    return int.from_bytes(colr[6:8], "big") in _HDR_TRANSFERS


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


# Enough for four hours at 30 frames per second. Of a longer clip the beginning is looked at.
_MAX: Final = 500_000

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


def presentation_times(samples: Samples) -> list[int]:
    """Return when frames are shown, in the track's ticks and in the order of showing."""
    decoded = accumulate(samples.durations.spread(), initial=samples.first)
    return sorted(islice(map(add, decoded, samples.offsets.spread()), _MAX))


def times_within(times: Sequence[int], windows: Sequence[tuple[int, int]]) -> list[int]:
    """Return the times of the frames that begin inside the windows an edit list leaves open."""
    spans = ((bisect_left(times, begin), bisect_left(times, end)) for begin, end in windows)
    return [time for first, last in spans for time in times[first:last]]


def is_variable(times: Sequence[int], ticks: int) -> bool:
    """Return whether the gaps between frames really differ, whatever the last frame lasts."""
    gaps = list(map(sub, times[1:], times))
    if not gaps:
        return False
    shortest = min(gaps)
    if max(gaps) - shortest > max(_JITTER * shortest, _ROUNDING * ticks):
        return True
    marks = times[::_STRETCH]
    stretches = list(map(sub, marks[1:], marks))
    return bool(stretches) and max(stretches) > min(stretches) * (1 + _DRIFT)
