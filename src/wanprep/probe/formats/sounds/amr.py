"""Read AMR, what phones record speech as: a row of frames of 20 ms (RFC 4867, 5)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from wanprep.probe.formats.films.windowed import Windowed
from wanprep.probe.formats.sounds.sound import playable, sound, unplayable

if TYPE_CHECKING:
    from wanprep.probe.facts import Found
    from wanprep.probe.source import Source

_FRAMES_A_SECOND: Final = 50
_MOST_FRAMES: Final = 2_000_000
_NARROW: Final = b"#!AMR\n"
_WIDE: Final = b"#!AMR-WB\n"
# The bytes of a frame by its type (3GPP TS 26.101 and 26.201), its head included; 0: there is
# no such type.
_NARROW_SIZES: Final = (13, 14, 16, 18, 20, 21, 27, 32, 6, 0, 0, 0, 0, 0, 0, 1)
_WIDE_SIZES: Final = (18, 24, 33, 37, 41, 47, 51, 59, 61, 6, 0, 0, 0, 0, 1, 1)


def read_amr(source: Source) -> Found:
    """Tell what an AMR file is."""
    magic = source.read_at(0, len(_WIDE))
    if magic == _WIDE:
        found, sizes, at = sound("amr", "amr_wb", 16_000, 1), _WIDE_SIZES, len(_WIDE)
    elif magic.startswith(_NARROW):
        found, sizes, at = sound("amr", "amr_nb", 8_000, 1), _NARROW_SIZES, len(_NARROW)
    else:
        return unplayable(sound("amr", "unknown", 0, None), "a kind of AMR that no player knows")
    frames = _frames(source, at, sizes)
    if not frames:
        return unplayable(found, "it holds no sound")
    return playable(found, frames / _FRAMES_A_SECOND)


def _frames(source: Source, at: int, sizes: tuple[int, ...]) -> int:
    """Count the frames; every head must be visited, for frames are of many sizes."""
    window = Windowed(source)
    for count in range(_MOST_FRAMES):
        head = window.read_at(at, 1)
        size = sizes[head[0] >> 3 & 0x0F] if head else 0
        if not size or at + size > source.size:
            return count
        at += size
    return _MOST_FRAMES
