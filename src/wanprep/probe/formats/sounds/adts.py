"""Raw AAC: ADTS frames and nothing else, so its length is the number of its frames."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from wanprep.probe.facts import Found
from wanprep.probe.formats.sounds.framing import Frame, Framing, runs, seconds
from wanprep.probe.formats.sounds.id3 import end_of_id3
from wanprep.probe.formats.sounds.sound import playable, sound, unplayable

if TYPE_CHECKING:
    from collections.abc import Callable

    from wanprep.probe.source import Source

_HEADER: Final = 7  # ISO/IEC 13818-7 section 6.2: the fixed and the variable header
_SAMPLES: Final = 1024  # of each raw data block
_RATES: Final = (
    96000, 88200, 64000, 48000, 44100, 32000, 24000, 22050, 16000, 12000, 11025, 8000, 7350,
)  # fmt: skip

# Sync, layer 0, and a sampling rate that exists.
_THIRD: Final = bytes(b for b in range(0x100) if b >> 2 & 15 < len(_RATES))
_MARK: Final = re.compile(b"\xff(?=[\xf0\xf1\xf8\xf9][%b])" % re.escape(_THIRD))


def read_adts(source: Source) -> Found:
    """Walk every frame.

    The rate is the header's: HE-AAC, which doubles it, is not to be told from the headers.
    """
    pieces = list(runs(source, ADTS, end_of_id3(source))) or list(runs(source, ADTS, 0))
    if not pieces:
        nothing = "no two AAC frames follow each other in it"
        return unplayable(Found(kind="audio", format="aac"), nothing)
    first = pieces[0].first
    return playable(sound("aac", "aac", first.rate, first.channels), seconds(pieces))


def _read(data: bytes, at: int) -> Frame | None:
    """Read the frame header that the mark has found."""
    if at + _HEADER > len(data):
        return None
    channels = (data[at + 2] & 1) << 2 | data[at + 3] >> 6
    return Frame(
        codec="aac",
        rate=_RATES[data[at + 2] >> 2 & 15],
        channels=8 if channels == 7 else channels or None,  # 0: told inside the frames
        samples=_SAMPLES * ((data[at + 6] & 3) + 1),
        size_at=_size_at(data[at : at + _HEADER]),
    )


def _size_at(alike: bytes) -> Callable[[bytes, int], int]:
    """Return a quick way to recognise frames of the same profile, rate and channels."""
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
            return size if size > _HEADER else 0
        return 0

    return size_at


ADTS: Final = Framing(_HEADER, _MARK, _read)
