"""Read WavPack: a row of blocks, each of which says how many samples it holds.

libmediainfo knows neither files of a single block nor the newer kinds (DSD, odd rates).
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from wanprep.probe.formats.films.lengths import slack
from wanprep.probe.formats.films.windowed import Windowed
from wanprep.probe.formats.sounds.sound import playable, sound, unplayable

if TYPE_CHECKING:
    from collections.abc import Iterator

    from wanprep.probe.facts import Found
    from wanprep.probe.source import Source

# WavPack's format description, "Block Header" and "Metadata Sub-Blocks".
_HEAD: Final = struct.Struct("<4sI2x2BI4x2I4x")
_RATES: Final = (
    6000, 8000, 9600, 11025, 12000, 16000, 22050, 24000,
    32000, 44100, 48000, 64000, 88200, 96000, 192000,
)  # fmt: skip
_MONO: Final = 0x4
_FIRST_OF_SEVERAL: Final = 0x800  # blocks of one or two channels each
_LAST_OF_SEVERAL: Final = 0x1000
_DSD: Final = 0x80000000
_DSD_DATA: Final = 0x0E
_OTHER_RATE: Final = 0x27
_ODD_SIZE: Final = 0x40
_LONG_SIZE: Final = 0x80
_UNKNOWN: Final = 0xFFFFFFFF
_MOST_BLOCKS: Final = 500_000
_MOST_PARTS: Final = 64


@dataclass(frozen=True, slots=True)
class Block:
    """The head of a block."""

    at: int
    end: int
    claimed: int | None  # samples in the whole file
    samples: int
    flags: int

    @property
    def is_first(self) -> bool:
        """Tell whether it is the first, or the only one, of those that play together."""
        return bool(self.flags & _FIRST_OF_SEVERAL)

    @property
    def channels(self) -> int:
        """Tell how many channels it holds."""
        return 1 if self.flags & _MONO else 2


def read_wavpack(source: Source) -> Found:
    """Tell what a WavPack file is."""
    window = Windowed(source)
    blocks = [block for block in _blocks(window) if block.samples]
    if not blocks:
        return unplayable(sound("wavpack", "wavpack", 0, None), "it holds no sound")
    first = blocks[0]
    whole = [block for block in blocks if block.is_first and block.end <= source.size]
    samples = sum(block.samples for block in whole)
    rate = _rate(window, first)
    found = sound("wavpack", "wavpack", rate, _channels(blocks))
    found["bit_depth"] = 1 if first.flags & _DSD else _bits(first)
    if not rate:
        return unplayable(found, "its header makes no sense: it says nothing of the samples")
    plays, claimed = samples / rate, (first.claimed or samples) / rate
    if not plays or claimed - plays > slack(claimed, None):
        return unplayable(found, f"cut off: {plays:,.1f} of {claimed:,.1f} s are there")
    return playable(found, plays)


def _blocks(source: Source) -> Iterator[Block]:
    at = 0
    for _ in range(_MOST_BLOCKS):
        head = source.read_at(at, _HEAD.size)
        if len(head) < _HEAD.size:
            return
        magic, size, _index, high, low, samples, flags = _HEAD.unpack(head)
        if magic != b"wvpk" or size + 8 < _HEAD.size:
            return
        claimed = None if low == _UNKNOWN else (high << 32) - high + low
        yield Block(at, at + 8 + size, claimed, samples, flags)
        at += 8 + size


def _channels(blocks: list[Block]) -> int:
    channels = 0
    for block in blocks:
        channels += block.channels
        if block.flags & _LAST_OF_SEVERAL:
            break
    return channels


def _bits(block: Block) -> int:
    stored, shift = (block.flags & 3) + 1, block.flags >> 13 & 31
    return max(1, stored * 8 - shift)


def _rate(source: Source, block: Block) -> int:
    """Return the samples a second, which may stand in a part of their own."""
    number = block.flags >> 23 & 15
    rate = _RATES[number] if number < len(_RATES) else 0
    for kind, data in _parts(source, block):
        if kind == _OTHER_RATE and not rate:
            rate = int.from_bytes(data[:3], "little")
        elif kind == _DSD_DATA and block.flags & _DSD and data[0] < 32:
            rate <<= data[0]  # of bytes, of eight samples each
    return rate


def _parts(source: Source, block: Block) -> Iterator[tuple[int, bytes]]:
    """Yield the first bytes of the parts of a block."""
    at = block.at + _HEAD.size
    for _ in range(_MOST_PARTS):
        head = source.read_at(at, 8)
        if at + 4 > block.end or len(head) < 5:
            return
        start = 4 if head[0] & _LONG_SIZE else 2
        words = int.from_bytes(head[1:start], "little")
        yield head[0] & ~(_LONG_SIZE | _ODD_SIZE), head[start:]
        at += start + 2 * words
