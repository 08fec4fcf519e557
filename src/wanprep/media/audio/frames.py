"""Walk audio that is a sequence of self-describing frames, as decoders do.

Such files need no header and often carry junk, so only counting the frames gives their length.
The walk goes from header to header and reads the file in blocks. ID3v2 tags in front of the
frames are skipped; cover art makes them large, so only their headers are read.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from wanprep.dataclass import dataclass

if TYPE_CHECKING:
    import re
    from collections.abc import Callable, Iterator

    from wanprep.media.source import Source


_ID3_HEADER: Final = 10
_MAX_TAGS: Final = 100
_MAX_FIELDS: Final = 1000
_MAX_DIGITS: Final = 12


def end_of_id3(source: Source, offset: int = 0) -> int:
    """Return the end of the ID3v2 tags, if any, that begin at `offset`.

    Of a tag that is longer than the file only the header is skipped, as the audio may begin
    anywhere inside.
    """
    for _ in range(_MAX_TAGS):
        length = _id3_length(source.read_at(offset, _ID3_HEADER))
        if not length:
            break
        if offset + length > source.size:
            return offset + _ID3_HEADER
        offset += length
    return offset


def oversized_tag(source: Source) -> str | None:
    """Describe a tag at the start that claims more bytes than the file has."""
    length = _id3_length(source.read_at(0, _ID3_HEADER))
    if length <= source.size:
        return None
    return f"its ID3 tag claims {length:,} bytes, the file has {source.size:,}"


def claimed_seconds(source: Source) -> float | None:
    """Return the length in the TLEN field of the ID3v2 tag at the start."""
    for name, offset, length in _fields(source):
        if name in {b"TLEN", b"TLE"}:
            text = source.read_at(offset, min(length, 64))[1:]
            digits = text.translate(None, b"\0\xff\xfe ").decode("latin-1")
            is_number = digits.isascii() and digits.isdecimal() and len(digits) < _MAX_DIGITS
            return int(digits) / 1000 if is_number else None
    return None


def _id3_length(head: bytes) -> int:
    """Return the length of a tag, 0 for none (id3.org, ID3v2.4.0 section 3.1)."""
    if len(head) < _ID3_HEADER or head[:3] != b"ID3" or 0xFF in head[3:5] or max(head[6:10]) > 127:
        return 0
    footer = _ID3_HEADER if head[5] & 0x10 else 0
    return _ID3_HEADER + _syncsafe(head[6:10]) + footer


def _fields(source: Source) -> Iterator[tuple[bytes, int, int]]:
    """Yield the fields of the first tag: name, offset and length of the value."""
    head = source.read_at(0, _ID3_HEADER)
    end = min(_id3_length(head), source.size)
    old = end > 0 and head[3] == 2  # ID3v2.2: three-letter names, three-byte sizes
    offset = _ID3_HEADER
    for _ in range(_MAX_FIELDS):
        start = offset + (6 if old else 10)
        field = source.read_at(offset, start - offset)
        if start >= end or not field[0]:
            return
        name, size = (field[:3], field[3:6]) if old else (field[:4], field[4:8])
        length = _syncsafe(size) if head[3] == 4 else int.from_bytes(size, "big")
        yield name, start, length
        offset = start + length


def _syncsafe(data: bytes) -> int:
    """Read a number with seven bits in each byte."""
    number = 0
    for byte in data:
        number = number << 7 | byte & 0x7F
    return number


BLOCK: Final = 256 * 1024


class ReadAhead:
    """The block of the file around the position of a walk."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self.data = b""
        self.base = 0  # the offset of the data in the file

    @property
    def at_end(self) -> bool:
        """Return whether the block reaches the end of the file."""
        return self.base + len(self.data) >= self._source.size

    def load(self, offset: int, length: int) -> int:
        """Load `length` bytes from `offset`, fewer at the end; return their index in `data`."""
        index = offset - self.base
        if index < 0 or (index + length > len(self.data) and not self.at_end):
            self.data = self._source.read_at(offset, BLOCK)
            self.base, index = offset, 0
        return index


REACH: Final = 32 * 1024  # more than three of the largest frames (ADTS: 8,191 bytes each)

# One byte in 5,000 of ordinary junk looks like a frame header. A file with more false headers
# than this is not searched further.
MAX_CANDIDATES: Final = 30_000

_MAX_WITHIN: Final = 2
_TAGS: Final = (b"TAG", b"ID3", b"APE", b"LYR")


@dataclass(frozen=True, slots=True)
class Frame:
    """A frame's header, and how to recognise further frames of the same stream."""

    codec: str
    rate: int
    channels: int | None
    samples: int
    size_at: Callable[[bytes, int], int]  # the size of such a frame at an index, 0 for none


@dataclass(frozen=True, slots=True)
class Framing:
    """The syntax of one kind of stream."""

    header: int  # bytes
    mark: re.Pattern[bytes]  # matches the first byte where a header may begin
    read: Callable[[bytes, int], Frame | None]


@dataclass(frozen=True, slots=True)
class Run:
    """Frames of one stream without a gap."""

    first: Frame
    start: int
    end: int
    count: int


def runs(source: Source, framing: Framing, start: int) -> Iterator[Run]:
    """Yield each run of frames from `start` on."""
    walk = Walk(source, framing)
    offset = start
    while found := walk.find(offset):
        run = walk.follow(*found)
        yield run
        offset = end_of_id3(source, run.end)


def seconds(parts: list[Run]) -> float:
    """Return the length of runs; after a gap, decoders drop the first frame."""
    total, end = 0.0, parts[0].start
    for run in parts:
        total += (run.count - (run.start > end)) * run.first.samples / run.first.rate
        end = run.end
    return total


class Walk:
    """A search through a source, for a limited number of candidates."""

    def __init__(self, source: Source, framing: Framing) -> None:
        self._size = source.size
        self._window = ReadAhead(source)
        self._framing = framing
        self._candidates_left = MAX_CANDIDATES

    def find(self, offset: int) -> tuple[int, Frame] | None:
        """Return the first frame from `offset` on that the following ones confirm."""
        window, framing = self._window, self._framing
        while offset < self._size:
            index = window.load(offset, REACH)
            stop = len(window.data) - (0 if window.at_end else REACH - 1)
            for mark in framing.mark.finditer(window.data, index):
                at = mark.start()
                if at >= stop:
                    break
                self._candidates_left -= 1
                if self._candidates_left < 0:
                    return None
                frame = framing.read(window.data, at)
                if frame and _is_confirmed(frame, window.data, at, framing.header):
                    return window.base + at, frame
            if stop <= index:  # the source has fewer bytes than its size
                return None
            offset = window.base + stop
        return None

    def follow(self, start: int, first: Frame) -> Run:
        """Go from header to header while the frames are of the same stream."""
        header, size_at = self._framing.header, first.size_at
        offset, count, size = start, 0, 1
        while size:
            index, data = self._window.load(offset, header), self._window.data
            last = len(data) - header
            if index > last:
                break
            while index <= last and (size := size_at(data, index)):
                index += size
                count += 1
            offset = self._window.base + index
        return Run(first, start, offset, count)


def in_a_row(frame: Frame, data: bytes, at: int, header: int, limit: int) -> tuple[int, int]:
    """Count consecutive headers from an index on, and return where they end."""
    count = 0
    while count < limit and at + header <= len(data) and (size := frame.size_at(data, at)):
        count += 1
        at += size
    return count, at


def _is_confirmed(frame: Frame, data: bytes, at: int, header: int) -> bool:
    """Require three headers in a row, or two at the end of the audio."""
    count, end = in_a_row(frame, data, at, header, 3)
    if count < 3 and (
        count < 2 or (end + header <= len(data) and data[end : end + 3] not in _TAGS)
    ):
        return False
    return not _is_pattern(frame, data, at, header)


def _is_pattern(frame: Frame, data: bytes, at: int, header: int) -> bool:
    """Detect repeating tables, as in programs: they have headers inside the frames as well.

    ffmpeg uses the same criterion.
    """
    end = min(at + frame.size_at(data, at), len(data) - header + 1)
    mark, within = data[at : at + 2], 0
    at = data.find(mark, at + 1, end)
    while at >= 0 and within <= _MAX_WITHIN:
        within += frame.size_at(data, at) > 0
        at = data.find(mark, at + 1, end)
    return within > _MAX_WITHIN
