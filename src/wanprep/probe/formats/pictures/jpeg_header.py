"""What stands in a JPEG file before its picture data (ITU-T T.81 annex B)."""

from __future__ import annotations

import re
import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from wanprep.probe.formats.pictures.exif import NO_EXIF, Exif, read_exif
from wanprep.probe.source import as_file

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from io import BufferedReader

    from wanprep.probe.source import Source

# Table B.1. C4, C8 and CC lie among the frame headers but are none.
_FRAMES: Final = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_SEQUENTIAL_HUFFMAN: Final = frozenset({0xC0, 0xC1})
_HUFFMAN_TABLES: Final = 0xC4
_BARE: Final = frozenset({0x01, *range(0xD0, 0xD9)})  # markers that nothing belongs to
_END: Final = 0xD9
_SCAN: Final = 0xDA
_APP1: Final = 0xE1
_TELLING: Final = _FRAMES | {_HUFFMAN_TABLES, _SCAN, _APP1}

_MARKER: Final = re.compile(rb"\xff[^\x00\xff]")
# A segment has 64 KB at most; long profiles and depth maps take hundreds, nothing takes more.
_MOST_SEGMENTS: Final = 20_000


@dataclass(frozen=True, slots=True)
class Component:
    """How often one channel is sampled, across and down."""

    across: int
    down: int


@dataclass(frozen=True, slots=True)
class Frame:
    """The frame header: what the picture is."""

    process: int
    bits: int
    width: int
    height: int
    components: tuple[Component, ...]


@dataclass(frozen=True, slots=True)
class Header:
    """All that the header says; no data begins anywhere if it ends too soon."""

    frame: Frame | None
    exif: Exif
    shortest: Mapping[int, int]  # bits of the shortest code in each Huffman table
    tables: tuple[int, ...]  # which two tables each component of the first scan uses
    data_at: int | None
    fault: str | None


def read_header(source: Source) -> Header:
    """Read the segments up to the first scan."""
    frame: Frame | None = None
    exif: Exif | None = None
    shortest: dict[int, int] = {}
    fault: str | None = None
    file = as_file(source)
    for marker, at, length in _segments(file, source.size):
        data = file.read(length) if marker in _TELLING else b""
        if marker == _SCAN:
            tables = tuple(data[2 : 2 + 2 * data[0] : 2])
            return Header(frame, exif or NO_EXIF, shortest, tables, at + length, fault)
        if marker in _FRAMES:
            frame = frame or _frame(marker, data)
        elif marker == _HUFFMAN_TABLES:
            try:
                shortest |= _shortest_codes(data)
            except (ValueError, IndexError):
                fault = "damaged: a Huffman table in its header makes no sense"
        elif data.startswith(b"Exif\0"):
            exif = exif or read_exif(data)
    return Header(frame, exif or NO_EXIF, shortest, (), None, fault)


def least_data(header: Header) -> int:
    """Tell how many bytes of picture data there must be, whatever the picture shows.

    In the sequential Huffman processes each block of 8 x 8 samples takes at least the
    shortest code for its first coefficient and the shortest for the others (T.81 F.1.2).
    """
    frame = header.frame
    if frame is None or frame.process not in _SEQUENTIAL_HUFFMAN:
        return 0
    parts = frame.components
    if len(header.tables) != len(parts) or not all(part.across and part.down for part in parts):
        return 0
    if len(parts) == 1:  # then a unit is one block, whatever the factors say (T.81 A.2.2)
        parts = (Component(1, 1),)
    columns = -(-frame.width // (8 * max(part.across for part in parts)))
    rows = -(-frame.height // (8 * max(part.down for part in parts)))
    bits = 0
    for part, table in zip(parts, header.tables, strict=True):
        first, others = table >> 4, 0x10 | table & 0x0F
        code = header.shortest.get(first, 0) + header.shortest.get(others, 0)
        bits += code * part.across * part.down * columns * rows
    return bits // 8


def _segments(file: BufferedReader, size: int) -> Iterator[tuple[int, int, int]]:
    """Walk the segments: the marker, and the place and length of what belongs to it.

    The file stands there when a segment is told. Bytes that belong to nothing are skipped,
    as libjpeg skips them.
    """
    at = 2
    for _ in range(_MOST_SEGMENTS):
        file.seek(at)
        block = file.read(4096)
        match = _MARKER.search(block)
        if match is None:
            if len(block) < 2:
                return
            at += len(block) - 1  # the last byte may be the first half of a marker
            continue
        at += match.end()
        marker = block[match.end() - 1]
        if marker in _BARE:
            continue
        file.seek(at)
        length = int.from_bytes(file.read(2), "big")
        if marker == _END or length < 2 or at + length > size:
            return
        yield marker, at + 2, length - 2
        at += length


def _frame(marker: int, data: bytes) -> Frame:
    bits, height, width, count = struct.unpack_from(">BHHB", data)
    factors = data[7 : 6 + 3 * count : 3]
    return Frame(marker, bits, width, height, tuple(Component(f >> 4, f & 15) for f in factors))


def _shortest_codes(data: bytes) -> dict[int, int]:
    """Read Huffman tables (T.81 B.2.4.2), refusing those that hold more codes than can be."""
    shortest = {}
    at = 0
    while at < len(data):
        counts = data[at + 1 : at + 17]
        taken = sum(count << (16 - bits) for bits, count in enumerate(counts, 1))
        end = at + 17 + sum(counts)
        if taken > 1 << 16 or end > len(data):
            raise ValueError("more codes than can be")
        shortest[data[at]] = next((bits for bits, count in enumerate(counts, 1) if count), 0)
        at = end
    return shortest
