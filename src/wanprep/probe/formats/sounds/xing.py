"""The first frame of many MP3 files holds no sound but a claim about the rest.

The Xing frame, which LAME calls Info where the bitrate is constant and extends with what a
decoder must cut off for gapless play, and the VBRI frame of Fraunhofer's encoder.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from wanprep.probe.formats.sounds.mpeg_audio import HEADER, is_half_rate

LONGEST: Final = 4 + 2 + 32 + 8 + 4 + 4 + 100 + 4 + 24  # up to the end of the delays

_DECODER_DELAY: Final = 529  # samples that every MP3 decoder adds in front
_GAPLESS: Final = (b"LAME", b"Lavf", b"Lavc")  # the writers whose delays ffmpeg believes


@dataclass(frozen=True, slots=True)
class Claim:
    """How many frames should follow, and how many samples of them to cut off."""

    frames: int | None
    front: int = 0
    back: int = 0


def read_claim(frame: bytes) -> Claim | None:
    """Read the claim in a first frame, None where the frame is sound like the others."""
    if frame[36:40] == b"VBRI":
        return Claim(int.from_bytes(frame[50:54], "big"))
    half, mono = is_half_rate(frame[1]), frame[3] >> 6 == 3
    side_info = (9 if mono else 17) if half else (17 if mono else 32)
    for at in (HEADER + side_info, HEADER + 2 + side_info):  # without and with a CRC
        if frame[at : at + 4] in {b"Xing", b"Info"}:
            return _xing(frame[at + 4 :])
    return None


def _xing(data: bytes) -> Claim:
    flags = int.from_bytes(data[:4], "big")
    frames = int.from_bytes(data[4:8], "big") if flags & 1 else None
    at = 4 + 4 * (flags & 1) + 4 * (flags >> 1 & 1) + 100 * (flags >> 2 & 1) + 4 * (flags >> 3 & 1)
    if data[at : at + 4] not in _GAPLESS or len(data) < at + 24:
        return Claim(frames)
    delays = int.from_bytes(data[at + 21 : at + 24], "big")
    back = max(0, (delays & 0xFFF) - _DECODER_DELAY)
    return Claim(frames, (delays >> 12) + _DECODER_DELAY, back)
