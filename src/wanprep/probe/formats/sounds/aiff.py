"""Read AIFF and AIFF-C: how the samples are coded from COMM, how many there are from SSND."""

from __future__ import annotations

import math
import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from wanprep.probe.formats.sounds.even import Data, even_sound, uneven_sound
from wanprep.probe.formats.sounds.sound import sound, unplayable

if TYPE_CHECKING:
    from wanprep.probe.facts import Found
    from wanprep.probe.source import Source

_MOST_CHUNKS: Final = 1000
_SHORTEST_COMMON: Final = 18  # bytes
# Compression types: codec and the bits that one sample takes (0: as many as COMM says).
_PLAIN: Final = {
    b"23ni": ("pcm_s32le", 32),
    b"42ni": ("pcm_s24le", 24),
    b"ALAW": ("pcm_alaw", 8),
    b"FL32": ("pcm_f32be", 32),
    b"FL64": ("pcm_f64be", 64),
    b"NONE": ("pcm_s{bits}be", 0),
    b"ULAW": ("pcm_mulaw", 8),
    b"alaw": ("pcm_alaw", 8),
    b"fl32": ("pcm_f32be", 32),
    b"fl64": ("pcm_f64be", 64),
    b"in24": ("pcm_s24be", 24),
    b"in32": ("pcm_s32be", 32),
    b"raw ": ("pcm_u8", 8),
    b"sowt": ("pcm_s{bits}le", 0),
    b"twos": ("pcm_s{bits}be", 0),
    b"ulaw": ("pcm_mulaw", 8),
}
# Compression types: codec and how many samples of a channel a "frame" of COMM stands for.
_PACKED: Final = {
    b"G722": ("adpcm_g722", 1),
    b"GSM ": ("gsm", 160),
    b"MAC3": ("mace3", 6),
    b"MAC6": ("mace6", 6),
    b"QDM2": ("qdm2", 1),
    b"QDMC": ("qdmc", 1),
    b"Qclp": ("qcelp", 160),
    b"ima4": ("adpcm_ima_qt", 64),
}


@dataclass(frozen=True, slots=True)
class Common:
    """The COMM chunk."""

    channels: int
    frames: int
    bits: int
    rate: float
    compression: bytes


def read_aiff(source: Source) -> Found:
    """Tell what an AIFF file is."""
    common, data = _chunks(source)
    if common is None:
        return unplayable(sound("aiff", "unknown", 0, None), "its COMM chunk is missing")
    codec, bits = _PLAIN.get(common.compression, ("", 0))
    stored = bits or -(-common.bits // 8) * 8
    packed, samples = _PACKED.get(common.compression, ("unknown", 1))
    codec = (codec or packed).format(bits=stored).replace("s8be", "s8").replace("s8le", "s8")
    found = sound("aiff", codec, round(common.rate), common.channels)
    if not (common.rate and common.channels and stored):
        return unplayable(found, "its header makes no sense: it says nothing of the samples")
    if data is None:
        return unplayable(found, "it has no sound, only a header")
    claimed = common.frames * samples / common.rate
    if codec == packed:
        return uneven_sound(found, source, data, claimed)
    found["bit_depth"] = stored
    return even_sound(found, source, data, common.rate * common.channels * stored / 8, claimed)


def _chunks(source: Source) -> tuple[Common | None, Data | None]:
    common, data, at = None, None, 12
    is_compressed = source.read_at(8, 4) == b"AIFC"
    for _ in range(_MOST_CHUNKS):
        head = source.read_at(at, 8)
        if len(head) < 8:
            break
        name, size = struct.unpack(">4sI", head)
        if name == b"COMM" and common is None and size >= _SHORTEST_COMMON:
            common = _common(source.read_at(at + 8, min(size, 22)), is_compressed=is_compressed)
        elif name == b"SSND":
            (offset,) = struct.unpack(">I", source.read_at(at + 8, 4).ljust(4, b"\0"))
            data = Data(at + 16 + offset, max(0, size - 8 - offset))
        at += 8 + size + (size & 1)
    return common, data


def _common(body: bytes, *, is_compressed: bool) -> Common:
    channels, frames, bits, exponent, mantissa = struct.unpack_from(">hIhHQ", body)
    # The rate is an 80-bit number of the Motorola 68881.
    rate = math.ldexp(mantissa, min(exponent & 0x7FFF, 16500) - 16383 - 63)
    return Common(channels, frames, bits, rate, body[18:22] if is_compressed else b"NONE")
