"""Recognise sound without a signature: by frames that follow each other and agree.

For the sniffer, which asks it of every file that nothing else fits: neither text nor
pictures nor random bytes may pass. MPEG audio and ADTS share their first twelve bits, but
what is a layer there is always zero here, so that no file is taken for both.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from wanprep.probe.formats.sounds.framing import Frame, Framing, runs
from wanprep.probe.formats.sounds.mpeg_audio import MPEG_AUDIO, free_format
from wanprep.probe.source import Bytes

if TYPE_CHECKING:
    from collections.abc import Callable

_MANY: Final = 30
_SOME: Final = 4


_HEADER: Final = 7  # ISO/IEC 13818-7 section 6.2: the fixed and the variable header
_SAMPLES: Final = 1024  # of each raw data block
_RATES: Final = (
    96000, 88200, 64000, 48000, 44100, 32000, 24000, 22050, 16000, 12000, 11025, 8000, 7350,
)  # fmt: skip

# Sync, layer 0, and a sampling rate that exists.
_THIRD: Final = bytes(b for b in range(0x100) if b >> 2 & 15 < len(_RATES))
_MARK: Final = re.compile(b"\xff(?=[\xf0\xf1\xf8\xf9][%b])" % re.escape(_THIRD))


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


def looks_like_mp3(head: bytes) -> bool:
    """Tell whether the first bytes of a file are MPEG audio frames, or junk and then those."""
    return _looks_like(MPEG_AUDIO, head) or free_format(head) is not None


def looks_like_adts(head: bytes) -> bool:
    """Tell whether the first bytes of a file are AAC frames, or junk and then those."""
    return _looks_like(ADTS, head)


def _looks_like(framing: Framing, head: bytes) -> bool:
    """Ask for frames that fill what is seen, or that go on for long behind some junk.

    Three in a row, which are enough where frames are expected, are in one program out of ten.
    """
    content = len(head) - len(head.lstrip(b"\0"))  # where it begins
    return any(
        run.count >= _MANY
        or (run.count >= _SOME and 2 * (min(run.end, len(head)) - run.start) > len(head) - content)
        or (run.start == content and run.end >= len(head))
        for run in runs(Bytes(head), framing, 0)
    )
