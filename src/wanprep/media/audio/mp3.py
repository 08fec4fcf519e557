"""Read MP3, MP2 and MP1 files, whose length is that of their frames; detect AAC (ADTS) frames.

ISO/IEC 11172-3 section 2.4.2.3: all layers, the half sampling rates of MPEG-2 (ISO/IEC 13818-3),
the quarter rates of "MPEG-2.5", and the free format, whose frames do not state their own size.
The first frame of many MP3 files holds no audio but the number of frames: the Xing frame, called
Info by LAME where the bit rate is constant and extended by the samples that a decoder must drop
for gapless playback, or the VBRI frame of Fraunhofer's encoder.
"""

from __future__ import annotations

import re
from functools import lru_cache
from itertools import islice
from typing import TYPE_CHECKING, Final

from wanprep.dataclass import dataclass
from wanprep.media.audio.frames import (
    REACH,
    Frame,
    Framing,
    Walk,
    claimed_seconds,
    end_of_id3,
    in_a_row,
    oversized_tag,
    runs,
    seconds,
)
from wanprep.media.facts import PartialFacts, audio_facts, length_mismatch, playable, unplayable
from wanprep.media.source import Bytes

if TYPE_CHECKING:
    from collections.abc import Callable

    from wanprep.media.audio.frames import Run
    from wanprep.media.source import Source


HEADER: Final = 4

_KBITS: Final = {  # by (half rate, layer): what the bitrate indexes 1 to 14 stand for
    (False, 1): (32, 64, 96, 128, 160, 192, 224, 256, 288, 320, 352, 384, 416, 448),
    (False, 2): (32, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384),
    (False, 3): (32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320),
    (True, 1): (32, 48, 56, 64, 80, 96, 112, 128, 144, 160, 176, 192, 224, 256),
    (True, 2): (8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
    (True, 3): (8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
}
_RATES: Final = (44100, 48000, 32000)
_SLOWER: Final = {0b11: 1, 0b10: 2, 0b00: 4}  # by version: MPEG-1, MPEG-2, MPEG-2.5
_FREE_REACH: Final = 4096  # more than the largest free-format frame
_FREE_PROOF: Final = 5
_MAX_GUESSES: Final = 4

# Sync, a version and a layer that exist, a bitrate that is neither 0 nor 15, a rate that is not 3.
_SECOND: Final = bytes(b for b in range(0xE0, 0x100) if b & 0x18 != 0x08 and b & 0x06)
_THIRD: Final = bytes(b for b in range(0x10, 0xF0) if b & 0x0C != 0x0C)
_MARK: Final = re.compile(b"\xff(?=[%b][%b])" % (re.escape(_SECOND), re.escape(_THIRD)))
_FREE_MARK: Final = re.compile(b"\xff[%b][\0-\x0b].." % re.escape(_SECOND), re.DOTALL)


def is_half_rate(second: int) -> bool:
    """Return whether the second byte of a header is one of MPEG-2 or 2.5."""
    return not second & 0x08


def _read(data: bytes, at: int) -> Frame | None:
    """Read the frame header where the mark matches."""
    if at + HEADER > len(data):
        return None
    return _frame(*data[at + 1 : at + HEADER])


def _frame(second: int, third: int, fourth: int, free: int = 0) -> Frame:
    half, layer = is_half_rate(second), 4 - (second >> 1 & 3)
    return Frame(
        codec=f"mp{layer}",
        rate=_RATES[third >> 2 & 3] // _SLOWER[second >> 3 & 3],
        channels=1 if fourth >> 6 == 3 else 2,
        samples=384 if layer == 1 else 576 if half and layer == 3 else 1152,
        size_at=_size_at(second | 1, third >> 2 & 3, free),
    )


@lru_cache(maxsize=64)
def _size_at(second: int, rate_index: int, free: int) -> Callable[[bytes, int], int]:
    """Return a function for `Frame.size_at`; whether frames have a CRC may change."""
    sizes = _sizes(second, rate_index, free)

    def size_at(data: bytes, at: int) -> int:
        if data[at] == 0xFF and data[at + 1] | 1 == second:
            return sizes[data[at + 2]]
        return 0

    return size_at


def _sizes(second: int, rate_index: int, free: int) -> tuple[int, ...]:
    """Return the frame size for each third byte, 0 for those of other streams."""
    half, layer = is_half_rate(second), 4 - (second >> 1 & 3)
    rate = _RATES[rate_index] // _SLOWER[second >> 3 & 3]
    slot = 4 if layer == 1 else 1
    eighths = 48 if layer == 1 else 72 if half and layer == 3 else 144
    sizes = [0] * 256
    for third in range(0xF0):
        kbits = (0, *_KBITS[half, layer])[third >> 4]
        unpadded = eighths * 1000 * kbits // rate // slot * slot if kbits else free
        if third >> 2 & 3 == rate_index and unpadded:
            sizes[third] = unpadded + (slot if third & 2 else 0)
    return tuple(sizes)


def free_format(head: bytes) -> Frame | None:
    """Read a free-format frame, whose size is the distance to the next header.

    Patterns also have headers at equal distances: several are required, the first at the
    very beginning.
    """
    if not _FREE_MARK.match(head):
        return None
    second, third, fourth = head[1:HEADER]
    padding = (4 if second & 6 == 6 else 1) if third & 2 else 0
    following = re.compile(re.escape(head[:2]) + b"[%b%b]" % _either_padding(third), re.DOTALL)
    for following_header in islice(following.finditer(head, 32, _FREE_REACH), _MAX_GUESSES):
        frame = _frame(second, third, fourth, following_header.start() - padding)
        if in_a_row(frame, head, 0, HEADER, _FREE_PROOF)[0] == _FREE_PROOF:
            return frame
    return None


def _either_padding(third: int) -> tuple[bytes, bytes]:
    return re.escape(bytes((third & 0x0C,))), re.escape(bytes((third & 0x0C | 2,)))


MPEG_AUDIO: Final = Framing(HEADER, _MARK, _read)


_MANY: Final = 30
_SOME: Final = 4


_ADTS_HEADER: Final = 7  # ISO/IEC 13818-7 section 6.2: the fixed and the variable header
_ADTS_SAMPLES: Final = 1024  # of each raw data block
_ADTS_RATES: Final = (
    96000, 88200, 64000, 48000, 44100, 32000, 24000, 22050, 16000, 12000, 11025, 8000, 7350,
)  # fmt: skip

# Sync, layer 0, and a sampling rate that exists.
_ADTS_THIRD: Final = bytes(b for b in range(0x100) if b >> 2 & 15 < len(_ADTS_RATES))
_ADTS_MARK: Final = re.compile(b"\xff(?=[\xf0\xf1\xf8\xf9][%b])" % re.escape(_ADTS_THIRD))


def _read_adts(data: bytes, at: int) -> Frame | None:
    """Read the frame header where the mark matches."""
    if at + _ADTS_HEADER > len(data):
        return None
    channels = (data[at + 2] & 1) << 2 | data[at + 3] >> 6
    return Frame(
        codec="aac",
        rate=_ADTS_RATES[data[at + 2] >> 2 & 15],
        channels=8 if channels == 7 else channels or None,  # 0: stated inside the frames
        samples=_ADTS_SAMPLES * ((data[at + 6] & 3) + 1),
        size_at=_adts_size_at(data[at : at + _ADTS_HEADER]),
    )


def _adts_size_at(alike: bytes) -> Callable[[bytes, int], int]:
    """Return a function for `Frame.size_at`: the same profile, rate and channels."""
    second, third, fourth, blocks = alike[1], alike[2] & 0xFD, alike[3] & 0xC0, alike[6] & 3

    def size_at(data: bytes, at: int) -> int:
        if (
            data[at] == 0xFF
            and data[at + 1] == second
            and data[at + 2] & 0xFD == third
            and data[at + 3] & 0xC0 == fourth
            and data[at + 6] & 3 == blocks
        ):
            size = (data[at + 3] & 3) << 11 | data[at + 4] << 3 | data[at + 5] >> 5
            return size if size > _ADTS_HEADER else 0
        return 0

    return size_at


ADTS: Final = Framing(_ADTS_HEADER, _ADTS_MARK, _read_adts)


def looks_like_mp3(head: bytes) -> bool:
    """Return whether a file begins with MPEG audio frames, possibly after junk."""
    return _looks_like(MPEG_AUDIO, head) or free_format(head) is not None


def looks_like_adts(head: bytes) -> bool:
    """Return whether a file begins with AAC frames, possibly after junk."""
    return _looks_like(ADTS, head)


def _looks_like(framing: Framing, head: bytes) -> bool:
    """Require frames that fill these bytes, or many of them after junk.

    Text, images and random bytes must not pass. Three frames in a row, enough where frames are
    expected, occur in one program out of ten. MPEG audio and ADTS share their first twelve bits,
    but the bits of the layer are never zero in the one and always in the other.
    """
    content = len(head) - len(head.lstrip(b"\0"))  # where it begins
    return any(
        run.count >= _MANY
        or (run.count >= _SOME and 2 * (min(run.end, len(head)) - run.start) > len(head) - content)
        or (run.start == content and run.end >= len(head))
        for run in runs(Bytes(head), framing, 0)
    )


LONGEST: Final = 4 + 2 + 32 + 8 + 4 + 4 + 100 + 4 + 24  # up to the end of the delays

_DECODER_DELAY: Final = 529  # samples that every MP3 decoder adds at the start
_GAPLESS: Final = (b"LAME", b"Lavf", b"Lavc")  # the encoders whose delays ffmpeg applies


@dataclass(frozen=True, slots=True)
class Claim:
    """The number of frames that should follow, the samples to drop, and the size with itself."""

    frames: int | None
    front: int = 0
    back: int = 0
    bytes: int | None = None


def read_claim(frame: bytes) -> Claim | None:
    """Read a first frame that describes the others; None: it is audio."""
    if frame[36:40] == b"VBRI":
        size = int.from_bytes(frame[46:50], "big")
        return Claim(int.from_bytes(frame[50:54], "big"), bytes=size)
    half, mono = is_half_rate(frame[1]), frame[3] >> 6 == 3
    side_info = (9 if mono else 17) if half else (17 if mono else 32)
    for at in (HEADER + side_info, HEADER + 2 + side_info):  # without and with a CRC
        if frame[at : at + 4] in {b"Xing", b"Info"}:
            return _xing(frame[at + 4 :])
    return None


def _xing(data: bytes) -> Claim:
    flags = int.from_bytes(data[:4], "big")
    frames = int.from_bytes(data[4:8], "big") if flags & 1 else None
    size = int.from_bytes(data[8:12], "big") if flags & 3 == 3 else None
    at = 4 + 4 * (flags & 1) + 4 * (flags >> 1 & 1) + 100 * (flags >> 2 & 1) + 4 * (flags >> 3 & 1)
    if data[at : at + 4] not in _GAPLESS or len(data) < at + 24:
        return Claim(frames, bytes=size)
    delays = int.from_bytes(data[at + 21 : at + 24], "big")
    back = max(0, (delays & 0xFFF) - _DECODER_DELAY)
    return Claim(frames, (delays >> 12) + _DECODER_DELAY, back, size)


def read_mp3(source: Source) -> PartialFacts:
    """Walk all frames; the lengths in a Xing header or a tag are only compared.

    Of a remote file the number of frames is taken from the header, if nothing contradicts it.
    """
    from wanprep.media.audio.mp3_estimate import estimate_run

    estimated = estimate_run(source)
    frames = [estimated] if estimated else _find_runs(source)
    if not frames:
        problem = oversized_tag(source) or "it has no two consecutive MP3 frames"
        return unplayable(PartialFacts(kind="audio", format="mp3"), problem)
    first = frames[0].first
    facts = audio_facts("mp3", first.codec, first.rate, first.channels)
    if estimated:
        facts["duration_estimated"] = True
    claim = _claim(source, frames[0])
    duration = seconds(frames) - (_silent_samples(frames, claim) / first.rate if claim else 0)
    if duration <= 0:
        return unplayable(facts, "it has no audio: its only frame is a Xing header")
    return playable(
        facts, duration, oversized_tag(source) or _length_problem(source, frames, claim, duration)
    )


def _find_runs(source: Source) -> list[Run]:
    """Find the frames after the tags, else anywhere, as a tag's size may be wrong."""
    start = end_of_id3(source)
    frames = list(runs(source, MPEG_AUDIO, start))
    if not frames and (free := free_format(source.read_at(start, REACH))):
        return [Walk(source, MPEG_AUDIO).follow(start, free)]
    return frames or list(runs(source, MPEG_AUDIO, 0))


def _claim(source: Source, run: Run) -> Claim | None:
    """Read the first frame; layers 1 and 2 have no descriptions."""
    return read_claim(source.read_at(run.start, LONGEST)) if run.first.codec == "mp3" else None


def _silent_samples(frames: list[Run], claim: Claim) -> int:
    """Count the samples that are not played: the first frame and the gapless cuts.

    Decoders make the cut at the back only where the described number of frames ends.
    """
    run = frames[0]
    own = run.first.samples
    at_end = len(frames) == 1 and run.count == (claim.frames or 0) + 1
    # Where the cuts exceed the audio, decoders make only the first one.
    fits = claim.front + claim.back < (run.count - 1) * own
    return own + claim.front + (claim.back if at_end and fits else 0)


def _length_problem(
    source: Source, frames: list[Run], claim: Claim | None, duration: float
) -> str | None:
    """Compare the lengths in the headers with the frames."""
    first = frames[0].first
    if claim and claim.frames:
        claimed = claim.frames * first.samples / first.rate
        real = seconds(frames) - first.samples / first.rate
    else:
        claimed, real = claimed_seconds(source) or duration, duration
    return length_mismatch(claimed, real, tolerance=max(0.1, 0.02 * claimed))
