"""Read DSF, the one-bit sound of super audio discs: three chunks in a fixed order."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Final

from wanprep.probe.formats.sounds.sound import playable, sound, unplayable

if TYPE_CHECKING:
    from wanprep.probe.facts import Found
    from wanprep.probe.source import Source

# Sony's DSF File Format Specification 1.01: a file chunk of 28 bytes, a format chunk of 52, and
# the head of the data.
_HEADS: Final = struct.Struct("<52x3IQ8x4sQ")
_DATA_HEAD: Final = 12
_ONE_BIT: Final = {1: "dsd_lsbf_planar", 8: "dsd_msbf_planar"}


def read_dsf(source: Source) -> Found:
    """Tell what a DSF file is. The rate is that of bytes, as decoders count: eight samples each."""
    head = source.read_at(0, _HEADS.size)
    if len(head) < _HEADS.size:
        return unplayable(sound("dsf", "unknown", 0, None), "cut off in its header")
    channels, rate, order, samples, name, size = _HEADS.unpack(head)
    found = sound("dsf", _ONE_BIT.get(order, "unknown"), rate // 8, channels)
    found["bit_depth"] = 1
    if not channels or not rate or name != b"data":
        return unplayable(found, "its header makes no sense: it says nothing of the samples")
    size -= _DATA_HEAD
    there = min(size, source.size - _HEADS.size)
    if there < size:
        return unplayable(found, f"cut off: {there:,} of {size:,} bytes of sound are there")
    held = there * 8 // channels  # in blocks, of which the last need not be full
    plays = min(samples or held, held) / rate
    return playable(found, plays) if plays > 0 else unplayable(found, "it holds no sound")
