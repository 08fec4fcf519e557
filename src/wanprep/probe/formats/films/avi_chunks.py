"""Walk the chunks of an AVI file and count what is in each of its streams.

AVI is RIFF: a header (hdrl), the frames as chunks (movi), and for seeking an index (idx1).
The index is one quick read and counts the frames of most files; where it is missing, or leaves
something out, the chunks are visited one by one, but only their heads. Files over a gigabyte
go on in further RIFF chunks (OpenDML AVI 1.02), which idx1 does not cover.
"""

from __future__ import annotations

import struct
from array import array
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

    from wanprep.probe.source import Source

_CHUNK: Final = struct.Struct("<4sI")
_INDEX_ENTRY: Final = struct.Struct("<4sIII")
_LARGEST_HEADER: Final = 1 << 20
_MOST_LISTS: Final = 1000
# Some four hours of film. A file that has more is hostile, or past every limit anyway.
_MOST_CHUNKS: Final = 1_000_000
_WINDOW: Final = 2048
# Writers that cannot go back leave one of these where a size belongs.
_UNKNOWN_SIZES: Final = frozenset({0, 0xFFFFFFFF})
# An index whose chunks do not make up the frames, give or take this share, is incomplete.
_INDEX_TOLERANCE: Final = 0.05
_PALETTE_CHANGE: Final = b"pc"


@dataclass(frozen=True, slots=True)
class Stream:
    """A stream's header (strh), and what the format behind it (strf) says of sound."""

    kind: bytes
    scale: int
    rate: int
    length: int
    sample_size: int
    byte_rate: int = 0  # of uncompressed sound

    @property
    def tick(self) -> float:
        """Tell how many seconds one place in the stream takes; zero where it does not say."""
        return self.scale / self.rate if self.rate else 0.0


@dataclass(slots=True)
class Tally:
    """What lies in a stream: places in time, those of them that are filled, and bytes."""

    places: int = 0
    filled: array[int] = field(default_factory=lambda: array("q"))
    size: int = 0

    def add(self, size: int) -> None:
        """Count a chunk; one without bytes takes up time, but there is no frame in it."""
        if size:
            self.filled.append(self.places)
            self.size += size
        self.places += 1


@dataclass(slots=True)
class Layout:
    """Where things are in a file."""

    streams: tuple[Stream, ...] = ()
    frames: list[tuple[int, int | None]] = field(default_factory=list)  # movi: from, until
    index: tuple[int, int] | None = None
    end: int | None = None  # of the file by its own account, None where it does not say


@dataclass(frozen=True, slots=True)
class Contents:
    """What was found: one tally per stream."""

    tallies: tuple[Tally, ...]
    cut: bool = False  # a chunk overruns the end of the file
    whole: bool = True  # False: there was too much to look at all of it


def read_layout(source: Source) -> Layout:
    """Find the header, the frames and the index."""
    layout, at = Layout(), 0
    for _ in range(_MOST_LISTS):
        head = source.read_at(at, 12)
        if len(head) < 8:
            break
        code, size = _CHUNK.unpack_from(head)
        end = None if size in _UNKNOWN_SIZES else at + 8 + size
        if code == b"RIFF":
            layout.end = end
            at += 12
            continue
        if code == b"LIST" and end is not None and layout.end is not None:
            layout.end = max(layout.end, end)
        if code == b"LIST" and head[8:] == b"hdrl":
            layout.streams = tuple(_streams(source.read_at(at + 12, min(size, _LARGEST_HEADER))))
        elif code == b"LIST" and head[8:] == b"movi":
            layout.frames.append((at + 12, end))
        elif code == b"idx1":
            layout.index = at + 8, size
        if code == b"LIST" and end is None:
            break
        at += 8 + size + (size & 1)
    return layout


def _chunks(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    at = 0
    while at + 8 <= len(data):
        code, size = _CHUNK.unpack_from(data, at)
        yield code, data[at + 8 : at + 8 + size]
        at += 8 + size + (size & 1)


def _streams(header: bytes) -> Iterator[Stream]:
    for code, body in _chunks(header):
        if code == b"LIST" and body.startswith(b"strl"):
            fields = dict(_chunks(body[4:]))
            yield _stream(fields.get(b"strh", b""), fields.get(b"strf", b""))


def _stream(head: bytes, form: bytes) -> Stream:
    head, form = head.ljust(48, b"\0"), form.ljust(12, b"\0")
    scale, rate, _start, length, _buffer, _quality, sample_size = struct.unpack_from(
        "<7I", head, 20
    )
    tag, _channels, _rate, bytes_a_second = struct.unpack_from("<HHII", form)
    is_pcm = head[:4] == b"auds" and tag == 1
    return Stream(head[:4], scale, rate, length, sample_size, bytes_a_second if is_pcm else 0)


def count(source: Source, layout: Layout) -> Contents:
    """Count what lies in each stream, by the index where it can be believed."""
    return _by_index(source, layout) or _by_chunks(source, layout)


def _tallies(layout: Layout) -> tuple[dict[bytes, Tally], tuple[Tally, ...]]:
    tallies = tuple(Tally() for _ in layout.streams)
    # A chunk's name begins with its stream's number in two digits.
    return {b"%02d" % number: tally for number, tally in enumerate(tallies)}, tallies


def _by_index(source: Source, layout: Layout) -> Contents | None:
    if layout.index is None or len(layout.frames) != 1:
        return None
    start, end = layout.frames[0]
    at, size = layout.index
    if end is None or end > source.size or size > _MOST_CHUNKS * _INDEX_ENTRY.size:
        return None
    named, tallies = _tallies(layout)
    covered = 0
    entries = source.read_at(at, size - size % _INDEX_ENTRY.size)
    if len(entries) % _INDEX_ENTRY.size:
        return None
    for code, _flags, _offset, length in _INDEX_ENTRY.iter_unpack(entries):
        tally = named.get(code[:2])
        if tally is not None:
            covered += 8 + length + (length & 1)
            if code[2:] != _PALETTE_CHANGE:
                tally.add(length)
    if abs(covered - (end - start)) > _INDEX_TOLERANCE * (end - start):
        return None
    return Contents(tallies)


def _by_chunks(source: Source, layout: Layout) -> Contents:
    named, tallies = _tallies(layout)
    budget = _MOST_CHUNKS
    for start, end in layout.frames:
        at, base, window = start, start, b""
        stop = source.size if end is None else min(end, source.size)
        while at + 8 <= stop:
            if not budget:
                return Contents(tallies, whole=False)
            budget -= 1
            if at - base + 8 > len(window):
                window, base = source.read_at(at, _WINDOW), at
            code, size = _CHUNK.unpack_from(window, at - base)
            if code == b"LIST":
                at += 12  # "rec ": chunks that belong together
                continue
            tally = named.get(code[:2])
            if tally is not None:
                if at + 8 + size > source.size:
                    return Contents(tallies, cut=True)
                if code[2:] != _PALETTE_CHANGE:
                    tally.add(size)
            at += 8 + size + (size & 1)
    return Contents(tallies)
