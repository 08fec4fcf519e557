"""EBML in memory (RFC 8794): the small elements that describe a Matroska file.

The big ones, which hold the frames, are walked in matroska_blocks.py.
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator


_SHORTEST: Final = 2  # a number and a size of one byte each


def head(data: bytes, at: int) -> tuple[int, int | None, int]:
    """Read an element's number, its size (None means unknown) and the length of the two.

    The number keeps its length marker, as the specifications print it.
    """
    id_length = 9 - data[at].bit_length()
    size_length = 9 - data[at + id_length].bit_length()
    if id_length > 4 or size_length > 8:
        raise ValueError("no EBML element where one should be")
    element = int.from_bytes(data[at : at + id_length], "big")
    length = id_length + size_length
    # All bits set means unknown (RFC 8794, 6.2): the writer could not go back to fill it in.
    unknown = (1 << 7 * size_length) - 1
    size = int.from_bytes(data[at + id_length : at + length], "big") & unknown
    return element, None if size == unknown else size, length


def children(body: bytes) -> Iterator[tuple[int, bytes]]:
    """Walk the elements of a body; one that makes no sense, or overruns it, ends the walk."""
    at = 0
    while at + _SHORTEST <= len(body):
        try:
            element, size, length = head(body, at)
        except (IndexError, ValueError):
            return
        at += length
        if size is None or at + size > len(body):
            return
        yield element, body[at : at + size]
        at += size


def number(body: bytes) -> int:
    """Read an unsigned integer."""
    return int.from_bytes(body[:8], "big")


def real(body: bytes) -> float:
    """Read a floating-point number, which is four or eight bytes long."""
    if len(body) not in {4, 8}:
        return 0.0
    (value,) = struct.unpack(">f" if len(body) == 4 else ">d", body)
    return float(value)
