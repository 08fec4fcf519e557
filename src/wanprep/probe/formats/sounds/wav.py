"""WAV in all its dress: RIFF, RIFX, RF64 and BW64, in whatever order their chunks come."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from wanprep.probe.facts import Found
from wanprep.probe.formats.sounds.id3 import end_of_id3
from wanprep.probe.formats.sounds.mp3 import read_mp3
from wanprep.probe.formats.sounds.sound import disagreement, playable, sound, unplayable
from wanprep.probe.formats.sounds.wav_format import WavFormat, read_format

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Literal

    from wanprep.probe.source import Source

_MOST_CHUNKS: Final = 10_000
_FORMAT_REACH: Final = 64  # of a longer format chunk the rest is its codec's business

# Who streams a WAV cannot know its size beforehand and writes about the largest there is
# (ffmpeg 0xFFFFFFFF, sox 0x7FFFF000, arecord nearly 0x80000000): no lie to tell of.
_STREAMED: Final = 0x7FFF0000
_SLACK: Final = 0.02  # seconds: a few bytes too many or too few are no news


@dataclass(frozen=True, slots=True)
class _Chunk:
    name: bytes
    start: int
    size: int  # as claimed


@dataclass(slots=True)
class _Parts:
    """The chunks that tell of the sound, as far as they were found."""

    form: WavFormat | None = None
    data: _Chunk | None = None
    samples: int = 0  # says the fact chunk
    long_size: int = 0  # of the data, says the ds64 chunk (EBU Tech 3306)


def read_wav(source: Source) -> Found:
    """Count the samples that are there; the size that the header claims is only compared."""
    parts = _parts(source)
    form, data = parts.form, parts.data
    if form is None:
        return unplayable(Found(kind="audio", format="wav"), "its format chunk is missing")
    found = sound("wav", form.codec, form.rate, form.channels)
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
        return unplayable(found, problem or "it holds no sound")
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
    """Tell how large the data claims to be; where it makes no claim, all that follows is it.

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
