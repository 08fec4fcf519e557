"""The two headers of FLAC that tell its length: STREAMINFO's claim, and each frame's own.

Section numbers are those of RFC 9639.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from wanprep.probe.formats.sounds.cyclic_sum import cyclic_sum

STREAM_INFO: Final = 34  # bytes
LONGEST_HEADER: Final = 16
FRAME_MARK: Final = re.compile(rb"\xff(?=[\xf8\xf9])")  # section 9.1: sync, blocking strategy

_BLOCKS: Final = (None, 192, 576, 1152, 2304, 4608, None, None, *(256 << n for n in range(8)))
_RATES: Final = (
    None, 88200, 176400, 192000, 8000, 16000, 22050, 24000, 32000, 44100, 48000, 96000,
)  # fmt: skip
_RATE_UNITS: Final = {12: (1, 1000), 13: (2, 1), 14: (2, 10)}  # bytes, Hz


@dataclass(frozen=True, slots=True)
class StreamInfo:
    """Section 8.2: what is the same for the whole stream, and the length it claims."""

    block: int
    rate: int
    channels: int
    bits: int
    samples: int  # 0: not known when it was written


@dataclass(frozen=True, slots=True)
class FlacFrame:
    """Where a frame's samples lie in the stream."""

    start: int
    end: int


def read_stream_info(data: bytes) -> StreamInfo:
    """Read the payload of a STREAMINFO block."""
    if len(data) < STREAM_INFO:
        raise ValueError(f"a STREAMINFO block of {len(data)} bytes")
    packed = int.from_bytes(data[10:18], "big")
    return StreamInfo(
        block=int.from_bytes(data[2:4], "big"),
        rate=packed >> 44,
        channels=(packed >> 41 & 7) + 1,
        bits=(packed >> 36 & 31) + 1,
        samples=packed & (1 << 36) - 1,
    )


def read_frame(data: bytes, at: int, info: StreamInfo) -> FlacFrame | None:
    """Read the frame header at a mark, None where it is only sound that looks like one."""
    head = data[at : at + LONGEST_HEADER]
    if len(head) < 6 or not _fits(head, info):
        return None
    number, end = _coded_number(head)
    size, end = _block_size(head, end)
    rate, end = _rate(head, end)
    if number is None or size is None or rate not in {None, info.rate}:
        return None
    if len(head) <= end or crc8(head[: end + 1]):
        return None
    start = number if head[1] & 1 else number * info.block  # section 9.1.5
    return FlacFrame(start, start + size)


def _fits(head: bytes, info: StreamInfo) -> bool:
    """Compare what is quick to compare with the stream: channels, and no reserved values."""
    assignment = head[3] >> 4
    channels = assignment + 1 if assignment < 8 else 2 if assignment < 11 else 0
    return channels == info.channels and head[3] & 0x0F not in {6, 7} and not head[3] & 1


def _coded_number(head: bytes) -> tuple[int | None, int]:
    """Read a frame's or sample's number, written as UTF-8 would (section 9.1.5)."""
    first = head[4]
    if first < 0x80:
        return first, 5
    length = 8 - (first ^ 0xFF).bit_length()  # leading ones
    more = head[5 : 4 + length]
    if not 2 <= length <= 7 or len(more) < length - 1 or any(byte & 0xC0 != 0x80 for byte in more):
        return None, 5
    number = first & (0x7F >> length)
    for byte in more:
        number = number << 6 | byte & 0x3F
    return number, 4 + length


def _block_size(head: bytes, end: int) -> tuple[int | None, int]:
    code = head[2] >> 4
    if code in {6, 7}:
        length = code - 5
        return int.from_bytes(head[end : end + length], "big") + 1, end + length
    return _BLOCKS[code], end


def _rate(head: bytes, end: int) -> tuple[int | None, int]:
    code = head[2] & 0x0F
    if code in _RATE_UNITS:
        length, unit = _RATE_UNITS[code]
        return int.from_bytes(head[end : end + length], "big") * unit, end + length
    return (0 if code == 15 else _RATES[code]), end


crc8: Final = cyclic_sum(0x07, 8)
crc16: Final = cyclic_sum(0x8005, 16)
