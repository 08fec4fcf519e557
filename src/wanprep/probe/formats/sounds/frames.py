"""Recognise sound without a signature: by frames that follow each other and agree.

For the sniffer, which asks it of every file that nothing else fits: neither text nor
pictures nor random bytes may pass. MPEG audio and ADTS share their first twelve bits, but
what is a layer there is always zero here, so that no file is taken for both.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from wanprep.probe.formats.sounds.adts import ADTS
from wanprep.probe.formats.sounds.framing import runs
from wanprep.probe.formats.sounds.mpeg_audio import MPEG_AUDIO, free_format
from wanprep.probe.source import Bytes

if TYPE_CHECKING:
    from wanprep.probe.formats.sounds.framing import Framing


_MANY: Final = 30
_SOME: Final = 4


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
