"""Read JPEG images (ITU-T T.81 annex B), also those followed by further images or a video.

Pillow is not used: it refuses what is legal (12 bits), copies every colour profile into memory,
and does not give the offset of the image data, which is needed to detect files that are cut off,
the most frequent damage. It also takes long to import.
"""

from __future__ import annotations

import re
import struct
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from wanprep.dataclass import dataclass
from wanprep.media.image.exif import NO_EXIF, Exif, image_facts, read_exif
from wanprep.media.source import as_file, blocks

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from io import BufferedReader

    from wanprep.media.facts import Color, PartialFacts
    from wanprep.media.source import Source

# Table B.1. C4, C8 and CC are not frame headers.
_FRAMES: Final = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_SEQUENTIAL_HUFFMAN: Final = frozenset({0xC0, 0xC1})
_HUFFMAN_TABLES: Final = 0xC4
_BARE: Final = frozenset({0x01, *range(0xD0, 0xD9)})  # markers without a segment
_END: Final = 0xD9
_SCAN: Final = 0xDA
_APP1: Final = 0xE1
_RELEVANT: Final = _FRAMES | {_HUFFMAN_TABLES, _SCAN, _APP1}

_MARKER: Final = re.compile(rb"\xff[^\x00\xff]")
# A segment has 64 KB at most; long profiles and depth maps take hundreds of them.
_MAX_SEGMENTS: Final = 20_000


@dataclass(frozen=True, slots=True)
class Component:
    """The sampling factors of one channel."""

    across: int
    down: int


@dataclass(frozen=True, slots=True)
class Frame:
    """The frame header."""

    process: int
    bits: int
    width: int
    height: int
    components: tuple[Component, ...]


@dataclass(frozen=True, slots=True)
class Header:
    """What stands before the image data; `data_at` is None if there is none."""

    frame: Frame | None
    exif: Exif
    shortest: Mapping[int, int]  # bits of the shortest code in each Huffman table
    tables: tuple[int, ...]  # which two tables each component of the first scan uses
    data_at: int | None
    problem: str | None


def read_header(source: Source) -> Header:
    """Read the segments up to the first scan."""
    frame: Frame | None = None
    exif: Exif | None = None
    shortest: dict[int, int] = {}
    problem: str | None = None
    file = as_file(source)
    for marker, at, length in _segments(file, source.size):
        data = file.read(length) if marker in _RELEVANT else b""
        if marker == _SCAN:
            tables = tuple(data[2 : 2 + 2 * data[0] : 2])
            return Header(frame, exif or NO_EXIF, shortest, tables, at + length, problem)
        if marker in _FRAMES:
            frame = frame or _frame(marker, data)
        elif marker == _HUFFMAN_TABLES:
            try:
                shortest.update(_shortest_codes(data))
            except (ValueError, IndexError):
                problem = "damaged: invalid Huffman table in its header"
        elif data.startswith(b"Exif\0"):
            exif = exif or read_exif(data)
    return Header(frame, exif or NO_EXIF, shortest, (), None, problem)


def minimum_data(header: Header) -> int:
    """Return the fewest bytes of image data for this size, whatever the image shows.

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
    """Yield the segments: marker, offset and length of the data, where the file is positioned.

    Bytes outside of segments are skipped, as in libjpeg.
    """
    at = 2
    for _ in range(_MAX_SEGMENTS):
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


@lru_cache(maxsize=64)  # nearly all encoders write the same tables
def _shortest_codes(data: bytes) -> Mapping[int, int]:
    """Return the shortest code of each Huffman table (T.81 B.2.4.2)."""
    shortest = {}
    at = 0
    while at < len(data):
        counts = data[at + 1 : at + 17]
        taken = sum(count << (16 - bits) for bits, count in enumerate(counts, 1))
        end = at + 17 + sum(counts)
        if taken > 1 << 16 or end > len(data):
            raise ValueError("more codes than possible")
        shortest[data[at]] = next((bits for bits, count in enumerate(counts, 1) if count), 0)
        at = end
    return shortest


_END_MARKER: Final = b"\xff\xd9"
_NUMBER_OF_LINES: Final = b"\xff\xdc\x00\x04"
_TAIL: Final = 4096
# As decoders return it: YCbCr becomes RGB, YCCK becomes CMYK.
_COLORS: Final[Mapping[int, Color]] = {1: "gray", 3: "rgb", 4: "cmyk"}


def read_jpeg(source: Source) -> PartialFacts:
    """Read the header, and check that the image data is complete."""
    header = read_header(source)
    frame = header.frame
    if frame is None:
        problem = header.problem or _without_frame(source, header)
        return image_facts("jpeg", exif=header.exif, problem=problem)
    return image_facts(
        "jpeg",
        frame.width,
        frame.height or _height_after_scan(source, header),
        exif=header.exif,
        alpha=False,
        bit_depth=frame.bits,
        color=_COLORS.get(len(frame.components)),
        problem=header.problem or _data_problem(source, header),
    )


def _without_frame(source: Source, header: Header) -> str:
    if header.data_at is None:
        return _cut_in_header(source)
    return "damaged: its header lacks the size of the image"


def _cut_in_header(source: Source) -> str:
    return f"cut off: its {source.size:,} bytes end before the image data begins"


def _data_problem(source: Source, header: Header) -> str | None:
    frame, start = header.frame, header.data_at
    if start is None or frame is None:
        return _cut_in_header(source)
    if not frame.width:
        return "damaged: its header gives a width of 0 pixels"
    if not frame.height:
        return "its header lacks the height, which few programs support"
    end = _end(source, start)
    if end is None:
        return f"cut off: its {source.size:,} bytes end in the middle of the image"
    least = minimum_data(header)
    if end - start < least:
        size = f"{frame.width} x {frame.height} pixels"
        return f"cut off: {end - start:,} bytes of image data, {size} need at least {least:,}"
    return None


def _end(source: Source, start: int) -> int | None:
    """Return the end of the image data, None if it is missing.

    Usually the file ends there too, except for padding. Else the data is searched: a phone's
    video or second image may follow.
    """
    if source.read_at(max(start, source.size - _TAIL), _TAIL).rstrip(b"\0").endswith(_END_MARKER):
        return source.size
    return _find(source, start, _END_MARKER)


def _find(source: Source, start: int, marker: bytes) -> int | None:
    before = b""
    for offset, block in blocks(source, start):
        at = (before + block).find(marker)
        if at >= 0:
            return offset - len(before) + at
        before = block[1 - len(marker) :]
    return None


def _height_after_scan(source: Source, header: Header) -> int:
    """Read the height after the first scan, where T.81 B.2.5 allows it."""
    at = header.data_at and _find(source, header.data_at, _NUMBER_OF_LINES)
    return int.from_bytes(source.read_at(at + 4, 2), "big") if at else 0
