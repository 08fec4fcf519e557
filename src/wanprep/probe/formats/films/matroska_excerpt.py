"""Make a tiny Matroska file out of any: the same tracks, with their first few frames.

libmediainfo tells well how tracks are coded, but in damaged files it seeks back and forth for
ever. So it is shown the description of the tracks and a handful of frames, and no more. That
also makes an hour as quick to describe as a second, and leaves most of a remote file where
it is.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from wanprep.probe.source import Bytes

if TYPE_CHECKING:
    from collections.abc import Sequence

    from wanprep.probe.source import Source

# DocType, and the version of Matroska that is needed to read it.
_HEADER: Final = b"\x42\x82\x88matroska" + b"\x42\x87\x81\x04" + b"\x42\x85\x81\x02"
_MOST_DATA: Final = 1 << 20


def excerpt(source: Source, tracks: bytes, blocks: Sequence[tuple[int, int]]) -> Bytes:
    """Return a file with this Tracks element and these blocks."""
    frames, left = [_element(b"\xe7", b"\0")], _MOST_DATA  # the cluster's time
    for offset, length in blocks:
        data = source.read_at(offset, min(length, left))
        frames.append(_element(b"\xa3", data))
        left -= len(data)
    cluster = _element(b"\x1f\x43\xb6\x75", b"".join(frames))
    segment = _element(b"\x18\x53\x80\x67", _element(b"\x16\x54\xae\x6b", tracks) + cluster)
    return Bytes(_element(b"\x1a\x45\xdf\xa3", _HEADER) + segment)


def _element(number: bytes, body: bytes) -> bytes:
    return number + b"\x08" + len(body).to_bytes(4, "big") + body
