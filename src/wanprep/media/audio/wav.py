"""Read WAV files: RIFF, RIFX, RF64 and BW64, with their chunks in any order.

Format tags and layouts are those of Microsoft's mmreg.h; the codec names are ffmpeg's.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from wanprep.dataclass import dataclass
from wanprep.media.audio.frames import end_of_id3
from wanprep.media.facts import PartialFacts, audio_facts, length_mismatch, playable, unplayable

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Literal

    from wanprep.media.source import Source

_PCM: Final = 0x0001
_FLOAT: Final = 0x0003
_EXTENSIBLE: Final = 0xFFFE
# After the tag, the GUIDs of EXTENSIBLE end like this (the second: Ambisonic B-Format).
_GUID_TAILS: Final = (
    bytes.fromhex("000000001000800000aa00389b71"),
    bytes.fromhex("00002107d3118644c8c1ca000000"),
)
_CODECS: Final = {
    0x0002: "adpcm_ms",
    0x0006: "pcm_alaw",
    0x0007: "pcm_mulaw",
    0x0011: "adpcm_ima_wav",
    0x0020: "adpcm_yamaha",
    0x0022: "truespeech",
    0x0031: "gsm_ms",
    0x0032: "gsm_ms",
    0x0042: "g723_1",
    0x0045: "adpcm_g726",
    0x0050: "mp2",
    0x0055: "mp3",
    0x0057: "amr_nb",
    0x0058: "amr_wb",
    0x0061: "adpcm_ima_dk4",
    0x0062: "adpcm_ima_dk3",
    0x0064: "adpcm_g726",
    0x0069: "adpcm_ima_wav",
    0x00FF: "aac",
    0x0160: "wmav1",
    0x0161: "wmav2",
    0x0162: "wmapro",
    0x0163: "wmalossless",
    0x0200: "adpcm_ct",
    0x0270: "atrac3",
    0x1600: "aac",
    0x2000: "ac3",
    0x2001: "dts",
    0x704F: "opus",
    0xA109: "speex",
    0xF1AC: "flac",
}
_PCM_BITS: Final = (8, 16, 24, 32, 64)
_FLOAT_BITS: Final = (32, 64)


@dataclass(frozen=True, slots=True)
class WavFormat:
    """The fields of the format chunk."""

    tag: int
    channels: int
    rate: int
    byte_rate: int
    block: int  # bytes of one sample of each channel, or of a packet
    bits: int  # of one sample as stored
    order: Literal["little", "big"]

    @property
    def is_pcm(self) -> bool:
        """Return whether all samples have the same number of bits."""
        return self.tag in {_PCM, _FLOAT}

    @property
    def stored_bits(self) -> int:
        """The bits of a PCM sample in the file, in whole bytes: 12 bits take 16."""
        whole = -(-self.bits // 8) * 8
        # 24 bits may take 32; any other block size that disagrees is an error of the writer.
        return 32 if whole == 24 and self.block == 4 * self.channels else whole

    @property
    def codec(self) -> str:
        """The codec, as ffmpeg names it."""
        if not self.is_pcm:
            return _CODECS.get(self.tag, "unknown")
        bits = -(-self.bits // 8) * 8
        if bits not in (_PCM_BITS if self.tag == _PCM else _FLOAT_BITS):
            return "unknown"
        if bits == 8:
            return "pcm_u8"
        return f"pcm_{'s' if self.tag == _PCM else 'f'}{bits}{self.order[0]}e"

    def problem(self) -> str | None:
        """Return why the format cannot be played."""
        if not self.channels:
            return "its header gives 0 channels"
        if not self.rate:
            return "its header gives a sample rate of 0"
        if self.is_pcm and self.codec == "unknown":
            return f"its header gives {self.bits} bits per sample, which players do not support"
        if not self.is_pcm and not (self.block and self.byte_rate):
            return "its header gives an audio block of 0 bytes"
        return None

    def seconds(self, size: int, fact: int = 0) -> float:
        """Return the length of `size` bytes; the fact chunk's number of samples is a fallback.

        That number also accounts for the last block of ADPCM is, but players ignore it and
        play that block to its end.
        """
        samples = self._count_samples(size)
        if samples is None and not fact:
            return size / self.byte_rate
        return (fact if samples is None else samples) / self.rate

    def _count_samples(self, size: int) -> int | None:
        """Count the samples in `size` bytes; None: there is only a byte rate."""
        match self.codec:
            case "pcm_alaw" | "pcm_mulaw":
                return size // self.channels
            case "adpcm_yamaha":
                return size * 2 // self.channels
            case "adpcm_ms":  # a block begins with 7 bytes per channel, which hold 2 samples
                return self._in_blocks(size, head=7, first=2, bits=4)
            case "adpcm_ima_wav":
                return self._in_blocks(size, head=4, first=1, bits=self.bits or 4)
            case "gsm_ms":
                return size // 65 * 320
        return size // (self.channels * self.stored_bits // 8) if self.is_pcm else None

    def _in_blocks(self, size: int, *, head: int, first: int, bits: int) -> int:
        whole, rest = divmod(size, self.block)
        samples = 0
        for count, length in ((whole, self.block), (1, rest)):
            coded = length - head * self.channels
            samples += count * (first + coded * 8 // (bits * self.channels)) if coded >= 0 else 0
        return samples


def read_format(data: bytes, order: Literal["little", "big"]) -> WavFormat | None:
    """Read a format chunk; None: cut off. The oldest kind lacks the bits."""
    if len(data) < 14:
        return None

    def number(at: int, length: int = 2) -> int:
        return int.from_bytes(data[at : at + length], order)

    tag, bits = number(0), number(14) if len(data) >= 16 else 8
    if tag == _EXTENSIBLE and len(data) >= 40:
        bits = number(18) or bits  # of the container, the valid ones
        tag = number(24) if data[26:40] in _GUID_TAILS else tag
    return WavFormat(tag, number(2), number(4, 4), number(8, 4), number(12), bits, order)


_MAX_CHUNKS: Final = 10_000
_FORMAT_REACH: Final = 64  # bytes; what follows is for the codec

# Programs that stream a WAV do not know its size and write nearly the largest number (ffmpeg
# 0xFFFFFFFF, sox 0x7FFFF000, arecord almost 0x80000000): no error.
_STREAMED: Final = 0x7FFF0000
_TOLERANCE: Final = 0.02  # seconds


@dataclass(frozen=True, slots=True)
class _Chunk:
    name: bytes
    start: int
    size: int  # as claimed


@dataclass(slots=True)
class _Parts:
    """The chunks that describe the audio, as far as they are there."""

    format: WavFormat | None = None
    data: _Chunk | None = None
    samples: int = 0  # in the fact chunk
    long_size: int = 0  # of the data, in the ds64 chunk (EBU Tech 3306)


def read_wav(source: Source) -> PartialFacts:
    """Count the samples in the file; the size in the header is only compared."""
    parts = _parts(source)
    wave, data = parts.format, parts.data
    if wave is None:
        return unplayable(PartialFacts(kind="audio", format="wav"), "its format chunk is missing")
    facts = audio_facts("wav", wave.codec, wave.rate, wave.channels)
    if wave.is_pcm and wave.bits:
        facts["bit_depth"] = wave.bits
    if data is None:
        return unplayable(facts, "its data chunk is missing")
    there = min(data.size, source.size - data.start)
    if wave.codec in {"mp3", "mp2"}:
        return facts | _read_mpeg_frames(_Slice(source, data.start, there))
    if problem := wave.problem():
        return unplayable(facts, problem)
    whole = there == data.size
    duration = wave.seconds(there, parts.samples if whole else 0)
    problem = None if whole else length_mismatch(wave.seconds(data.size), duration, _TOLERANCE)
    if not duration:
        return unplayable(facts, problem or "it has no audio")
    return playable(facts, duration, problem)


def _parts(source: Source) -> _Parts:
    """Read the chunks up to the format and the data."""
    start = end_of_id3(source)
    order: Literal["little", "big"] = "big" if source.read_at(start, 4) == b"RIFX" else "little"
    parts = _Parts()
    for chunk in _chunks(source, start + 12, order):
        match chunk.name:
            case b"ds64":
                sizes = source.read_at(chunk.start, 16)
                parts.long_size = int.from_bytes(sizes[8:], order)
            case b"fmt " if not parts.format:
                length = min(chunk.size, _FORMAT_REACH)
                parts.format = read_format(source.read_at(chunk.start, length), order)
            case b"fact":
                parts.samples = int.from_bytes(source.read_at(chunk.start, 4), order)
            case b"data" if not parts.data:
                size = _data_size(source, chunk, parts.long_size)
                parts.data = _Chunk(chunk.name, chunk.start, size)
        if parts.format and parts.data:
            break
    return parts


def _chunks(source: Source, offset: int, order: Literal["little", "big"]) -> Iterator[_Chunk]:
    for _ in range(_MAX_CHUNKS):
        head = source.read_at(offset, 8)
        if len(head) < 8:
            return
        chunk = _Chunk(head[:4], offset + 8, int.from_bytes(head[4:], order))
        yield chunk
        offset = chunk.start + chunk.size + (chunk.size & 1)


def _data_size(source: Source, data: _Chunk, long_size: int) -> int:
    """Return the size of the data chunk by the header; where it has none, up to the end.

    A recording that was interrupted has size 0, and no chunks follow.
    """
    rest = source.size - data.start
    if 0 < long_size < 1 << 63:
        return long_size
    if data.size >= _STREAMED and rest < data.size:
        return rest
    following = source.read_at(data.start, 8)
    is_chunk = following[:4].isascii() and following[:4].decode("ascii").isprintable()
    if not data.size and not (is_chunk and int.from_bytes(following[4:], "little") <= rest - 8):
        return rest
    return data.size


def _read_mpeg_frames(part: _Slice) -> PartialFacts:
    """Read MP3 or MP2 frames in a WAV, whose own headers are more reliable."""
    from wanprep.media.audio.mp3 import read_mp3

    facts = read_mp3(part)
    facts["format"] = "wav"
    return facts


class _Slice:
    """A part of a source as a source."""

    def __init__(self, source: Source, start: int, size: int) -> None:
        self._source, self._start, self.size = source, start, size

    def read_at(self, offset: int, length: int) -> bytes:
        """Return `length` bytes from `offset` on, fewer only at the end."""
        length = min(length, self.size - offset)
        return self._source.read_at(self._start + offset, length) if offset >= 0 else b""
