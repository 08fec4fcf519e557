"""Walk audio that is a row of self-describing frames, as decoders do.

Such files need no header and often carry junk, so the only honest length is the number of
frames that follow each other. The walk leaps from header to header and reads the file in
blocks: every header must be visited, whatever lies between.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from wanprep.media.audio.id3 import end_of_id3

if TYPE_CHECKING:
    import re
    from collections.abc import Callable, Iterator

    from wanprep.media.source import Source

BLOCK: Final = 256 * 1024


class ReadAhead:
    """The bytes around the place that a walk has reached."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self.data = b""
        self.base = 0  # where in the file the data begins

    @property
    def at_end(self) -> bool:
        """Return whether the block reaches to the end of the file."""
        return self.base + len(self.data) >= self._source.size

    def load(self, offset: int, length: int) -> int:
        """Have `length` bytes from `offset` at hand, fewer only at the end of the file.

        Returns where in the data they begin.
        """
        index = offset - self.base
        if index < 0 or (index + length > len(self.data) and not self.at_end):
            self.data = self._source.read_at(offset, BLOCK)
            self.base, index = offset, 0
        return index


REACH: Final = 32 * 1024  # more than three of the largest frames (ADTS: 8,191 bytes each)

# Places that look like a frame but are none cost time: in ordinary junk one byte in 5,000
# does, so a file with more of them is not searched further.
PATIENCE: Final = 30_000

_MOST_WITHIN: Final = 2
_TAGS: Final = (b"TAG", b"ID3", b"APE", b"LYR")


@dataclass(frozen=True, slots=True)
class Frame:
    """A frame's header, and how to recognise the frames that belong to it."""

    codec: str
    rate: int
    channels: int | None
    samples: int
    size_at: Callable[[bytes, int], int]  # the size of such a frame at a place, 0 for none


@dataclass(frozen=True, slots=True)
class Framing:
    """How a kind of stream marks its frames."""

    header: int  # bytes
    mark: re.Pattern[bytes]  # matches the first byte where a header may begin
    read: Callable[[bytes, int], Frame | None]


@dataclass(frozen=True, slots=True)
class Run:
    """Frames of one kind that follow each other without a gap."""

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


def seconds(pieces: list[Run]) -> float:
    """Return how long the runs play.

    Behind a gap, decoders drop the first frame: they see its header too late.
    """
    total, end = 0.0, pieces[0].start
    for run in pieces:
        total += (run.count - (run.start > end)) * run.first.samples / run.first.rate
        end = run.end
    return total


class Walk:
    """A search through a source, with as much patience as is left."""

    def __init__(self, source: Source, framing: Framing) -> None:
        self._size = source.size
        self._window = ReadAhead(source)
        self._framing = framing
        self._patience = PATIENCE

    def find(self, offset: int) -> tuple[int, Frame] | None:
        """Return the place of the first frame from `offset` on that others confirm."""
        window, framing = self._window, self._framing
        while offset < self._size:
            index = window.load(offset, REACH)
            stop = len(window.data) - (0 if window.at_end else REACH - 1)
            for mark in framing.mark.finditer(window.data, index):
                at = mark.start()
                if at >= stop:
                    break
                self._patience -= 1
                if self._patience < 0:
                    return None
                frame = framing.read(window.data, at)
                if frame and _is_confirmed(frame, window.data, at, framing.header):
                    return window.base + at, frame
            if stop <= index:  # the source has fewer bytes than it said
                return None
            offset = window.base + stop
        return None

    def follow(self, start: int, first: Frame) -> Run:
        """Leap from header to header for as long as the frames belong together."""
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


def in_a_row(frame: Frame, data: bytes, at: int, header: int, most: int) -> tuple[int, int]:
    """Count the headers that follow each other from a place on, and return where they end."""
    count = 0
    while count < most and at + header <= len(data) and (size := frame.size_at(data, at)):
        count += 1
        at += size
    return count, at


def _is_confirmed(frame: Frame, data: bytes, at: int, header: int) -> bool:
    """Return whether a frame is one: three headers in a row, or two and then the end.

    A lone header proves nothing, since one byte in 5,000 of any junk looks like one.
    """
    count, end = in_a_row(frame, data, at, header, 3)
    if count < 3 and (
        count < 2 or (end + header <= len(data) and data[end : end + 3] not in _TAGS)
    ):
        return False
    return not _is_pattern(frame, data, at, header)


def _is_pattern(frame: Frame, data: bytes, at: int, header: int) -> bool:
    """Return whether it is a repeating table, as in programs, and no frame among others.

    There, headers do not only stand where the sizes say, but in between as well. (ffmpeg
    draws the same line.)
    """
    end = min(at + frame.size_at(data, at), len(data) - header + 1)
    mark, within = data[at : at + 2], 0
    at = data.find(mark, at + 1, end)
    while at >= 0 and within <= _MOST_WITHIN:
        within += frame.size_at(data, at) > 0
        at = data.find(mark, at + 1, end)
    return within > _MOST_WITHIN
