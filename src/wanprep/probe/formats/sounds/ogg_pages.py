"""The pages of an Ogg file, walked from header to header (RFC 3533 section 6)."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from wanprep.probe.formats.sounds.cyclic_sum import cyclic_sum
from wanprep.probe.formats.sounds.read_ahead import ReadAhead

if TYPE_CHECKING:
    from collections.abc import Iterator

    from wanprep.probe.source import Source

_CAPTURE: Final = b"OggS"
_HEADER: Final = struct.Struct("<4sBBqII4xB")
_LONGEST_HEADER: Final = _HEADER.size + 255
_CHECKSUM_AT: Final = 22
_MOST_SUMS: Final = 100
_crc32: Final = cyclic_sum(0x04C11DB7, 32)


@dataclass(frozen=True, slots=True)
class Page:
    """A page's header, and where its payload lies."""

    continues: bool  # a packet that an earlier page began
    begins: bool  # a logical stream
    granule: int  # -1 where no packet ends
    serial: int
    sequence: int
    lacing: bytes
    start: int

    @property
    def end(self) -> int:
        """Tell where the next page begins."""
        return self.start + sum(self.lacing)

    def packets(self, payload: bytes) -> list[bytes]:
        """Cut the payload into the packets that end on this page.

        Of a packet that an earlier page began, nothing is returned but its being there.
        """
        packets, at, length = [], 0, 0
        for value in self.lacing:
            length += value
            if value < 255:
                packets.append(payload[at : at + length])
                at, length = at + length, 0
        if self.continues and packets:
            packets[0] = b""
        return packets


def pages(source: Source, offset: int) -> Iterator[Page]:
    """Walk the pages; junk between them is skipped, and so are damaged ones, as players do."""
    walk = _Walk(source)
    place: int | None = offset
    while place is not None:
        if page := walk.page_at(place):
            yield page
            place = page.end
        else:
            place = walk.capture_from(place + 1)


class _Walk:
    """Look for pages in a source, and at their checksums where something is amiss."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._ahead = ReadAhead(source)
        self._sums = _MOST_SUMS

    def page_at(self, offset: int) -> Page | None:
        """Return the page that begins at a place, if one does and is not damaged.

        One that another follows is whole; to sum up all pages would take too long.
        """
        index = self._ahead.load(offset, _LONGEST_HEADER)
        page = _read(self._ahead.data, index, offset)
        if page and page.end < self._source.size and self._sums:
            follow = self._ahead.load(page.end, len(_CAPTURE))
            if not self._ahead.data.startswith(_CAPTURE, follow):
                self._sums -= 1
                if not _is_whole(self._source.read_at(offset, page.end - offset)):
                    return None
        return page

    def capture_from(self, offset: int) -> int | None:
        """Return the place from `offset` on where the next page seems to begin."""
        while True:
            index, data = self._ahead.load(offset, len(_CAPTURE)), self._ahead.data
            found = data.find(_CAPTURE, index)
            if found >= 0:
                return self._ahead.base + found
            if self._ahead.at_end or len(data) < index + len(_CAPTURE):
                return None
            offset = self._ahead.base + len(data) - len(_CAPTURE) + 1


def _is_whole(page: bytes) -> bool:
    """Compare a page's checksum, which counts as 0 in the sum (RFC 3533 section 6)."""
    at = _CHECKSUM_AT
    told = int.from_bytes(page[at : at + 4], "little")
    return _crc32(page[:at] + bytes(4) + page[at + 4 :]) == told


def _read(data: bytes, index: int, offset: int) -> Page | None:
    if len(data) < index + _HEADER.size:
        return None
    capture, version, flags, granule, serial, sequence, count = _HEADER.unpack_from(data, index)
    if capture != _CAPTURE or version:
        return None
    head = _HEADER.size + count
    lacing = data[index + _HEADER.size : index + head]
    return Page(bool(flags & 1), bool(flags & 2), granule, serial, sequence, lacing, offset + head)
