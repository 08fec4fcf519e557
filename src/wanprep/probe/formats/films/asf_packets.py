"""Walk the packets of an ASF file and note when each frame is shown.

Packets are all of one size and hold pieces of frames, each with a small head (Microsoft's
ASF specification 1.20, 5.2); only the heads are read.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from wanprep.probe.formats.films.stamps import Times

if TYPE_CHECKING:
    from collections.abc import Iterator

    from wanprep.probe.source import Source

# Two bits say how many bytes a number takes (5.2.2).
_WIDTHS: Final = (0, 1, 2, 4)
_CORRECTION: Final = 0x80
_CORRECTION_KIND: Final = 0x8F
_CORRECTION_USED: Final = 0x82  # two bytes of it: the only kind there is (5.2.1)
_SEVERAL: Final = 0x01
_HEAD: Final = 64
# This length of replicated data marks frames so small that several share a piece (5.2.3.2).
_SHARED: Final = 1
_MOST_PACKETS: Final = 500_000


@dataclass(slots=True)
class Walked:
    """When the frames of each stream are shown, in milliseconds."""

    times: dict[int, Times] = field(default_factory=dict)
    cut: bool = False
    whole: bool = True


def walk(source: Source, start: int, end: int | None, packet: int) -> Walked:
    """Go from packet to packet, each of the size `packet`, until one is missing.

    Without an `end`, what follows the packets is not told apart from a piece of one.
    """
    walked = Walked(whole=packet > 0)
    for number, at in enumerate(range(start, end or source.size, packet or source.size)):
        if at + packet > source.size:
            walked.cut = end is not None
            break
        if number == _MOST_PACKETS:
            walked.whole = False
            break
        for stream, stamp in _frames(source, at, packet):
            walked.times.setdefault(stream, Times()).stamps.append(stamp)
    return walked


def _number(data: bytes, at: int, width: int) -> int:
    return int.from_bytes(data[at : at + width], "little")


def _frames(source: Source, packet: int, size: int) -> Iterator[tuple[int, int]]:
    """Yield stream and time of each frame that begins in a packet."""
    head = source.read_at(packet, _HEAD)
    if head[0] & _CORRECTION and head[0] & _CORRECTION_KIND != _CORRECTION_USED:
        return  # no packet but an index, which may follow them
    at = 3 if head[0] & _CORRECTION else 0
    flags, widths = head[at], head[at + 1]
    sequence, padding, length = (_WIDTHS[flags >> shift & 3] for shift in (1, 3, 5))
    explicit = _number(head, at + 2, length)
    at += 2 + length + sequence
    end = packet + (explicit or size) - _number(head, at, padding)
    at += padding + 6  # when it is sent, and for how long
    count, width = 1, 0
    if flags & _SEVERAL:
        count, width = head[at] & 0x3F, _WIDTHS[head[at] >> 6]
        at += 1
    piece = packet + at
    for _ in range(count):
        if piece >= end:
            return
        frames, piece = _piece(source, piece, end, (widths, width))
        yield from frames


def _piece(
    source: Source, at: int, end: int, widths: tuple[int, int]
) -> tuple[list[tuple[int, int]], int]:
    """Return the frames that begin in a piece, and where the next one is (5.2.3)."""
    head = source.read_at(at, _HEAD)
    replicated, offset, frame = (_WIDTHS[widths[0] >> shift & 3] for shift in (0, 2, 4))
    stream = head[0] & 0x7F
    place = 1 + frame
    begins = _number(head, place, offset)
    copied = _number(head, place + offset, replicated)
    body = place + offset + replicated
    data = at + body + copied
    # Only where several pieces share a packet do they say how long they are.
    tail = source.read_at(data, 4)
    after = data + widths[1]
    stop = min(after + _number(tail, 0, widths[1]), end) if widths[1] else end
    if copied == _SHARED:
        stamps = _shared(source, after, stop, begins, head[body])
        return [(stream, stamp) for stamp in stamps], stop
    if begins or copied < 8:
        return [], stop
    return [(stream, _number(head, body + 4, 4))], stop


def _shared(source: Source, at: int, end: int, stamp: int, step: int) -> Iterator[int]:
    """Yield when the frames are shown that share a piece, each with its length before it."""
    while at < end:
        yield stamp
        stamp += step
        at += 1 + _number(source.read_at(at, 1), 0, 1)
