"""Read Sun and NeXT sound (.au, .snd): a header of six numbers, then samples."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Final

from wanprep.probe.formats.sounds.even import Data, even_sound
from wanprep.probe.formats.sounds.sound import sound, unplayable

if TYPE_CHECKING:
    from wanprep.probe.facts import Found
    from wanprep.probe.source import Source

# The encodings of Sun's audio_filehdr(4): codec and bits of one sample.
_ENCODINGS: Final = {
    1: ("pcm_mulaw", 8),
    2: ("pcm_s8", 8),
    3: ("pcm_s16be", 16),
    4: ("pcm_s24be", 24),
    5: ("pcm_s32be", 32),
    6: ("pcm_f32be", 32),
    7: ("pcm_f64be", 64),
    23: ("adpcm_g726le", 4),
    24: ("adpcm_g722", 4),
    25: ("adpcm_g726le", 3),
    26: ("adpcm_g726le", 5),
    27: ("pcm_alaw", 8),
}
_UNKNOWN_SIZE: Final = 0xFFFFFFFF


def read_au(source: Source) -> Found:
    """Tell what an AU file is."""
    head = source.read_at(4, 20).ljust(20, b"\0")
    start, size, encoding, rate, channels = struct.unpack(">5I", head)
    codec, bits = _ENCODINGS.get(encoding, ("unknown", 0))
    found = sound("au", codec, rate, channels)
    if not (bits and rate and channels):
        return unplayable(found, "its header makes no sense: it says nothing of the samples")
    if codec.startswith("pcm_"):
        found["bit_depth"] = bits
    data = Data(start, None if size == _UNKNOWN_SIZE else size)
    return even_sound(found, source, data, rate * channels * bits / 8)
