"""ID3v2 tags in front of audio: skipped, except for a length that they claim.

Cover art makes them large, so only their headers are read.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

    from wanprep.media.source import Source

_HEADER: Final = 10
_MOST_TAGS: Final = 100
_MOST_FIELDS: Final = 1000
_MOST_DIGITS: Final = 12


def end_of_id3(source: Source, offset: int = 0) -> int:
    """Return the place behind the ID3v2 tags, one or several, that begin at `offset`.

    Where a tag claims more bytes than there are, its size is wrong: what plays may begin
    anywhere inside, so only its header is skipped.
    """
    for _ in range(_MOST_TAGS):
        length = _id3_length(source.read_at(offset, _HEADER))
        if not length:
            break
        if offset + length > source.size:
            return offset + _HEADER
        offset += length
    return offset


def overrun(source: Source) -> str | None:
    """Say so when the tag in front claims more bytes than the file has."""
    length = _id3_length(source.read_at(0, _HEADER))
    if length <= source.size:
        return None
    return f"its ID3 tag claims {length:,} bytes, the whole file has {source.size:,}"


def claimed_seconds(source: Source) -> float | None:
    """Return the length that the ID3v2 tag in front claims in its TLEN field."""
    for name, offset, length in _fields(source):
        if name in {b"TLEN", b"TLE"}:
            text = source.read_at(offset, min(length, 64))[1:]
            digits = text.translate(None, b"\0\xff\xfe ").decode("latin-1")
            is_number = digits.isascii() and digits.isdecimal() and len(digits) < _MOST_DIGITS
            return int(digits) / 1000 if is_number else None
    return None


def _id3_length(head: bytes) -> int:
    """Return the length of the whole tag, or 0 (id3.org, ID3v2.4.0 section 3.1)."""
    if len(head) < _HEADER or head[:3] != b"ID3" or 0xFF in head[3:5] or max(head[6:10]) > 127:
        return 0
    footer = _HEADER if head[5] & 0x10 else 0
    return _HEADER + _syncsafe(head[6:10]) + footer


def _fields(source: Source) -> Iterator[tuple[bytes, int, int]]:
    """Walk the fields of the first tag: name, place and length of what they hold."""
    head = source.read_at(0, _HEADER)
    end = min(_id3_length(head), source.size)
    old = end > 0 and head[3] == 2  # ID3v2.2: three-letter names, three-byte sizes
    offset = _HEADER
    for _ in range(_MOST_FIELDS):
        start = offset + (6 if old else 10)
        field = source.read_at(offset, start - offset)
        if start >= end or not field[0]:
            return
        name, size = (field[:3], field[3:6]) if old else (field[:4], field[4:8])
        length = _syncsafe(size) if head[3] == 4 else int.from_bytes(size, "big")
        yield name, start, length
        offset = start + length


def _syncsafe(data: bytes) -> int:
    """Read a number of which each byte carries seven bits."""
    number = 0
    for byte in data:
        number = number << 7 | byte & 0x7F
    return number
