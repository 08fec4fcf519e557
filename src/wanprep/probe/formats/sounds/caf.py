"""Read Apple's Core Audio Format: sizes of 64 bits, lengths from bytes or a packet table."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from wanprep.probe.formats.sounds.even import Data, even_sound, uneven_sound
from wanprep.probe.formats.sounds.sound import sound, unplayable

if TYPE_CHECKING:
    from wanprep.probe.facts import Found
    from wanprep.probe.source import Source

_MOST_CHUNKS: Final = 1000
_FLOAT: Final = 1
_LITTLE: Final = 2
_CODECS: Final = {
    b".mp1": "mp1",
    b".mp2": "mp2",
    b".mp3": "mp3",
    b"MAC3": "mace3",
    b"MAC6": "mace6",
    b"QDM2": "qdm2",
    b"Qclp": "qcelp",
    b"aac ": "aac",
    b"aace": "aac",
    b"aach": "aac",
    b"aacl": "aac",
    b"aacp": "aac",
    b"ac-3": "ac3",
    b"alac": "alac",
    b"alaw": "pcm_alaw",
    b"flac": "flac",
    b"ima4": "adpcm_ima_qt",
    b"ms\0\x02": "adpcm_ms",
    b"ms\0\x11": "adpcm_ima_wav",
    b"opus": "opus",
    b"samr": "amr_nb",
    b"ulaw": "pcm_mulaw",
}


@dataclass(frozen=True, slots=True)
class Form:
    """The audio description chunk (desc)."""

    rate: float
    kind: bytes
    flags: int
    packet_bytes: int  # 0: packets are of many sizes
    packet_frames: int
    channels: int
    bits: int

    @property
    def codec(self) -> str:
        """Name the codec as ffmpeg does."""
        if self.kind != b"lpcm" or not self.channels:
            return _CODECS.get(self.kind, "unknown")
        bits = self.packet_bytes // self.channels * 8
        if bits == 8:
            return "pcm_s8"
        sign = "f" if self.flags & _FLOAT else "s"
        return f"pcm_{sign}{bits}{'le' if self.flags & _LITTLE else 'be'}"


def read_caf(source: Source) -> Found:
    """Tell what a CAF file is."""
    chunks = _chunks(source)
    if b"desc" not in chunks:
        problem = "its description of the sound is missing"
        return unplayable(sound("caf", "unknown", 0, None), problem)
    form = Form(*struct.unpack(">d4s5I", source.read_at(chunks[b"desc"].start, 32)))
    found = sound("caf", form.codec, round(form.rate), form.channels)
    if form.kind == b"lpcm":
        found["bit_depth"] = form.bits
    if b"data" not in chunks:
        return unplayable(found, "it has no sound, only a header")
    edits = 4  # in front of the sound stands a number that counts changes to it
    whole = chunks[b"data"]
    data = Data(whole.start + edits, None if whole.size is None else max(0, whole.size - edits))
    if form.rate <= 0 or not form.channels:
        return unplayable(found, "its header makes no sense: it says nothing of the samples")
    if form.packet_bytes and form.packet_frames:
        byte_rate = form.rate / form.packet_frames * form.packet_bytes
        return even_sound(found, source, data, byte_rate)
    seconds = None
    if b"pakt" in chunks:
        table = source.read_at(chunks[b"pakt"].start, 16)
        seconds = int.from_bytes(table[8:], "big", signed=True) / form.rate
    return uneven_sound(found, source, data, seconds)


def _chunks(source: Source) -> dict[bytes, Data]:
    chunks: dict[bytes, Data] = {}
    at = 8
    for _ in range(_MOST_CHUNKS):
        head = source.read_at(at, 12)
        if len(head) < 12:
            break
        name, size = struct.unpack(">4sq", head)
        at += 12
        chunks.setdefault(name, Data(at, None if size < 0 else size))
        if size < 0:  # who streams it cannot know (Apple's specification, "Audio Data Chunk")
            break
        at += size
    return chunks
