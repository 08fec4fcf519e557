"""The checksums of FLAC and Ogg, which zlib's does not cover: highest bit first, from 0."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable


def cyclic_sum(polynomial: int, bits: int) -> Callable[[bytes], int]:
    """Return a function that sums up data; over data and its own sum behind it, that is 0."""
    mask = (1 << bits) - 1
    table = []
    for byte in range(256):
        value = byte << (bits - 8)
        for _ in range(8):
            value = value << 1 ^ (polynomial if value >> (bits - 1) & 1 else 0)
        table.append(value & mask)

    def checksum(data: bytes) -> int:
        value = 0
        for byte in data:
            value = (value << 8 & mask) ^ table[value >> (bits - 8) ^ byte]
        return value

    return checksum
