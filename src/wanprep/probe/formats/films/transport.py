"""Count the pictures in a transport stream, which libmediainfo only estimates.

Muxers begin a new PES packet for each picture (ISO/IEC 13818-1, 2.14.1 demands it of H.264),
and the packet of the transport stream where it begins has a flag: counting them takes no more
than two bytes of every 188.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from wanprep.probe.source import blocks

if TYPE_CHECKING:
    from wanprep.probe.source import Source

# A packet's length, and how much of a time stamp M2TS puts in front of each.
_KINDS: Final = ((188, 0), (192, 4))
_SYNC: Final = 0x47
_PROOF: Final = 5  # packets
_BEGINS: Final = 0x40
_PRIORITY: Final = 0x20
_PACKETS: Final = 4096  # at a time


def count_pictures(source: Source, pid: int) -> int | None:
    """Count the PES packets of a stream; None where its packets cannot be told apart."""
    kind = next((kind for kind in _KINDS if _fits(source, *kind)), None)
    if kind is None:
        return None
    step, start = kind
    high, low = pid >> 8 | _BEGINS, pid & 0xFF
    heads = {(high, low), (high | _PRIORITY, low)}
    count = 0
    for _, data in blocks(source, start, step * _PACKETS):
        marks = zip(data[1::step], data[2::step], strict=False)
        count += sum(head in heads for head in marks)
    return count


def _fits(source: Source, step: int, start: int) -> bool:
    marks = source.read_at(start, step * _PROOF)[::step]
    return len(marks) == _PROOF and set(marks) == {_SYNC}
