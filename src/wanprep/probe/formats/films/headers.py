"""Read the headers of a film, a track and its media: time scales, claimed lengths, turns.

ISO/IEC 14496-12 8.2.2, 8.3.2 and 8.4.2. Each comes with 32-bit or with 64-bit times.
"""

from __future__ import annotations

import math
import struct
from dataclasses import dataclass
from typing import Final

_ENABLED: Final = 0x1
_MATRIX: Final = struct.Struct(">9i")
UPRIGHT: Final = (0x10000, 0, 0, 0, 0x10000, 0, 0, 0, 0x40000000)


@dataclass(frozen=True, slots=True)
class Clock:
    """Ticks per second, and a claimed length in ticks (None where it is "not known")."""

    scale: int
    duration: int | None


@dataclass(frozen=True, slots=True)
class TrackHeader:
    """What a track header says."""

    id: int
    enabled: bool
    duration: int | None  # in the film's ticks
    matrix: tuple[int, ...]
    display_size: bytes  # two numbers of 16.16 bits


def read_clock(header: bytes) -> Clock:
    """Read the clock of a film (mvhd) or of a track's media (mdhd)."""
    if len(header) < 20:
        return Clock(0, None)
    if header[0]:
        scale, duration = struct.unpack_from(">IQ", header, 20)
        return Clock(scale, _known(duration, 64))
    scale, duration = struct.unpack_from(">II", header, 12)
    return Clock(scale, _known(duration, 32))


def read_film_matrix(mvhd: bytes) -> tuple[int, ...]:
    """Return the matrix that turns the whole film."""
    if len(mvhd) < 84:
        return UPRIGHT
    return _MATRIX.unpack_from(mvhd, 48 if mvhd[0] else 36)


def read_track_header(tkhd: bytes) -> TrackHeader:
    """Read a track header."""
    wide = tkhd[0]
    track, duration = struct.unpack_from(">I4xQ" if wide else ">I4xI", tkhd, 20 if wide else 12)
    return TrackHeader(
        id=track,
        enabled=bool(tkhd[3] & _ENABLED),
        duration=_known(duration, 64 if wide else 32),
        matrix=_MATRIX.unpack_from(tkhd, 52 if wide else 40),
        display_size=tkhd[88:96] if wide else tkhd[76:84],
    )


def rotation(track: tuple[int, ...], film: tuple[int, ...]) -> int:
    """Tell by how many degrees clockwise, in steps of 90, the matrices turn a picture.

    A mirrored picture counts as ffmpeg has it: by where its upper edge ends up.
    """
    a, b, c, d = film[0], film[1], film[3], film[4]
    across, down = track[0] * a + track[1] * c, track[0] * b + track[1] * d
    return round(math.degrees(math.atan2(down, across)) / 90) * 90 % 360


def _known(duration: int, bits: int) -> int | None:
    """Take all bits set for what it means: a length that is not known."""
    return None if duration == (1 << bits) - 1 else duration
