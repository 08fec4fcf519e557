"""Count the samples in Vorbis packets without decoding them (Vorbis I specification, 4.3).

A packet's first bits name a mode, and the mode tells whether its block is short or long.
The modes are written at the very end of the setup header, behind codebooks that would have
to be unpacked to come past them; so they are read backwards.
"""

from __future__ import annotations

from itertools import pairwise
from typing import Final

_MODE_BITS: Final = 41  # block flag 1, window type 16, transform type 16, mapping 8
_MOST_MODES: Final = 64


def count_samples(packets: list[bytes], setup: bytes, sizes: tuple[int, int]) -> int:
    """Count what the packets play, by the last bytes of the setup header and the block sizes.

    The first packet only gives the next one something to overlap with.
    """
    long = _modes(setup)
    if not long:
        return 0
    mask = (1 << (len(long) - 1).bit_length()) - 1
    modes = [packet[0] >> 1 & mask for packet in packets if packet and not packet[0] & 1]
    blocks = [sizes[long[mode]] for mode in modes if mode < len(long)]
    return sum((before + after) // 4 for before, after in pairwise(blocks))


def _modes(setup: bytes) -> list[bool]:
    """Return for each mode whether its blocks are long."""
    bits = int.from_bytes(setup, "little")
    end = bits.bit_length() - 1  # the framing bit is the last that is set
    modes: list[bool] = []
    best: list[bool] = []
    while len(modes) < _MOST_MODES and end - _MODE_BITS >= 6:
        end -= _MODE_BITS
        mode = bits >> end & (1 << _MODE_BITS) - 1
        if mode >> 1 & 0xFFFFFFFF or mode >> 33 > 63:
            break  # no such window, transform or mapping: this is no mode any more
        modes.insert(0, bool(mode & 1))
        if bits >> (end - 6) & 63 == len(modes) - 1:
            best = modes.copy()
    return best
