"""WAV files: RIFF, RIFX, RF64 and BW64, with their chunks in any order.

Format tags and layouts are those of Microsoft's mmreg.h; the codec names are ffmpeg's.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from wanprep.media.audio.frames import end_of_id3
from wanprep.media.audio.mp3 import read_mp3
from wanprep.media.facts import Found, audio_facts, disagreement, playable, unplayable

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Literal

    from wanprep.media.source import Source

_PCM: Final = 0x0001
_FLOAT: Final = 0x0003
_EXTENSIBLE: Final = 0xFFFE
# Behind the tag, the GUIDs of EXTENSIBLE always end like this (or like Ambisonic B-Format).
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
    """A format chunk, read."""

    tag: int
    channels: int
    rate: int
    byte_rate: int
    block: int  # bytes that belong together: one sample of each channel, or a packet
    bits: int  # of one sample as stored
    order: Literal["little", "big"]

    @property
    def is_pcm(self) -> bool:
        """Return whether every sample has the same number of bits."""
        return self.tag in {_PCM, _FLOAT}

    @property
    def stored_bits(self) -> int:
        """Return how many bits a PCM sample takes, in whole bytes: 12 bits take 16."""
        whole = -(-self.bits // 8) * 8
        # 24 bits may lie in 32; any other block size that disagrees is a slip of the writer.
        return 32 if whole == 24 and self.block == 4 * self.channels else whole

    @property
    def codec(self) -> str:
        """Name the codec as ffmpeg does."""
        if not self.is_pcm:
            return _CODECS.get(self.tag, "unknown")
        bits = -(-self.bits // 8) * 8
        if bits not in (_PCM_BITS if self.tag == _PCM else _FLOAT_BITS):
            return "unknown"
        if bits == 8:
            return "pcm_u8"
        return f"pcm_{'s' if self.tag == _PCM else 'f'}{bits}{self.order[0]}e"

    def wrong(self) -> str | None:
        """Say what makes the format impossible to play."""
        if not self.channels:
            return "its header says 0 channels"
        if not self.rate:
            return "its header says 0 samples a second"
        if self.is_pcm and self.codec == "unknown":
            return f"its header says {self.bits} bits a sample, which no player knows"
        if not self.is_pcm and not (self.block and self.byte_rate):
            return "its header says that its audio takes up 0 bytes"
        return None

    def seconds(self, size: int, fact: int = 0) -> float:
        """Return how long so many bytes play; the fact chunk's count is a fallback.

        It also gives how far the last block of ADPCM is filled up, but players do not
        look and play that block to its end.
        """
        samples = self._samples(size)
        if samples is None and not fact:
            return size / self.byte_rate
        return (fact if samples is None else samples) / self.rate

    def _samples(self, size: int) -> int | None:
        """Count the samples in so many bytes, None where only the byte rate helps."""
        match self.codec:
            case "pcm_alaw" | "pcm_mulaw":
                return size // self.channels
            case "adpcm_yamaha":
                return size * 2 // self.channels
            case "adpcm_ms":  # each block begins with 7 bytes a channel that hold 2 samples
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
    """Read a format chunk, None where it is cut off; the oldest kind does not give the bits."""
    if len(data) < 14:
        return None

    def number(at: int, length: int = 2) -> int:
        return int.from_bytes(data[at : at + length], order)

    tag, bits = number(0), number(14) if len(data) >= 16 else 8
    if tag == _EXTENSIBLE and len(data) >= 40:
        bits = number(18) or bits  # those of them that count
        tag = number(24) if data[26:40] in _GUID_TAILS else tag
    return WavFormat(tag, number(2), number(4, 4), number(8, 4), number(12), bits, order)


_MOST_CHUNKS: Final = 10_000
_FORMAT_REACH: Final = 64  # of a longer format chunk the rest is its codec's business

# Programs that stream a WAV do not know its size beforehand and write about the largest there is
# (ffmpeg 0xFFFFFFFF, sox 0x7FFFF000, arecord nearly 0x80000000): not reported as an error.
_STREAMED: Final = 0x7FFF0000
_SLACK: Final = 0.02  # seconds: a few bytes too many or too few are no news


@dataclass(frozen=True, slots=True)
class _Chunk:
    name: bytes
    start: int
    size: int  # as claimed


@dataclass(slots=True)
class _Parts:
    """The chunks that describe the audio, as far as they were found."""

    form: WavFormat | None = None
    data: _Chunk | None = None
    samples: int = 0  # in the fact chunk
    long_size: int = 0  # of the data, in the ds64 chunk (EBU Tech 3306)


def read_wav(source: Source) -> Found:
    """Count the samples that are there; the size that the header claims is only compared."""
    parts = _parts(source)
    form, data = parts.form, parts.data
    if form is None:
        return unplayable(Found(kind="audio", format="wav"), "its format chunk is missing")
    found = audio_facts("wav", form.codec, form.rate, form.channels)
    if form.is_pcm and form.bits:
        found["bit_depth"] = form.bits
    if data is None:
        return unplayable(found, "its data chunk is missing")
    there = min(data.size, source.size - data.start)
    if form.codec in {"mp3", "mp2"}:
        return found | _walked(_Part(source, data.start, there))
    if wrong := form.wrong():
        return unplayable(found, wrong)
    whole = there == data.size
    plays = form.seconds(there, parts.samples if whole else 0)
    problem = None if whole else disagreement(form.seconds(data.size), plays, _SLACK)
    if not plays:
        return unplayable(found, problem or "it holds no audio")
    return playable(found, plays, problem)


def _parts(source: Source) -> _Parts:
    """Collect the chunks that matter; what stands behind them does not."""
    start = end_of_id3(source)
    order: Literal["little", "big"] = "big" if source.read_at(start, 4) == b"RIFX" else "little"
    parts = _Parts()
    for chunk in _chunks(source, start + 12, order):
        match chunk.name:
            case b"ds64":
                sizes = source.read_at(chunk.start, 16)
                parts.long_size = int.from_bytes(sizes[8:], order)
            case b"fmt " if not parts.form:
                length = min(chunk.size, _FORMAT_REACH)
                parts.form = read_format(source.read_at(chunk.start, length), order)
            case b"fact":
                parts.samples = int.from_bytes(source.read_at(chunk.start, 4), order)
            case b"data" if not parts.data:
                size = _data_size(source, chunk, parts.long_size)
                parts.data = _Chunk(chunk.name, chunk.start, size)
        if parts.form and parts.data:
            break
    return parts


def _chunks(source: Source, offset: int, order: Literal["little", "big"]) -> Iterator[_Chunk]:
    for _ in range(_MOST_CHUNKS):
        head = source.read_at(offset, 8)
        if len(head) < 8:
            return
        chunk = _Chunk(head[:4], offset + 8, int.from_bytes(head[4:], order))
        yield chunk
        offset = chunk.start + chunk.size + (chunk.size & 1)


def _data_size(source: Source, data: _Chunk, long_size: int) -> int:
    """Return how large the data claims to be; where it makes no claim, all that follows is it.

    Size 0 is what a broken-off recording leaves behind, unless other chunks follow.
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


def _walked(part: _Part) -> Found:
    """Read MP3 or MP2 frames that a WAV wraps: their own headers know best."""
    found = read_mp3(part)
    found["format"] = "wav"
    return found


class _Part:
    """A piece of a source, as a source of its own."""

    def __init__(self, source: Source, start: int, size: int) -> None:
        self._source, self._start, self.size = source, start, size

    def read_at(self, offset: int, length: int) -> bytes:
        """Return `length` bytes from `offset` on, fewer only where the piece ends."""
        length = min(length, self.size - offset)
        return self._source.read_at(self._start + offset, length) if offset >= 0 else b""
