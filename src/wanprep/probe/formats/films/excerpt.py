"""Make a tiny film out of any film: the same tracks, with their first few samples.

libmediainfo tells well how streams are coded, but follows tables wherever they lead: three
flipped bytes in one keep it busy for minutes. So it is shown how each track is described, a
handful of samples, and tables of our own. That also makes a film of hours as quick to
describe as one of seconds, and leaves most of a remote file where it is.
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Final

from wanprep.probe.formats.films.headers import UPRIGHT
from wanprep.probe.source import Bytes

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from wanprep.probe.formats.films.tracks import Track
    from wanprep.probe.source import Source

_MOST_DATA: Final = 128 * 1024  # of one track
_SCALE: Final = 1000


def excerpt(source: Source, ftyp: bytes, tracks: Sequence[Track]) -> Bytes:
    """Return a film of the beginnings of these tracks, which are numbered from 1 on."""
    data = [_beginning(source, track.beginning) for track in tracks]
    head = _box(b"ftyp", ftyp) if ftyp else b""
    start = len(head) + len(_moov(tracks, data, 0)) + 8
    media = (sample for samples in data for sample in samples)
    return Bytes(head + _moov(tracks, data, start) + _box(b"mdat", *media))


def _beginning(source: Source, places: Iterable[tuple[int, int]]) -> list[bytes]:
    """Read the first samples, one at least, and not too much of it."""
    samples: list[bytes] = []
    left = _MOST_DATA
    for offset, length in places:
        if samples and length > left:
            break
        samples.append(source.read_at(offset, min(length, left)))
        left -= len(samples[-1])
    return samples


def _moov(tracks: Sequence[Track], data: Sequence[Sequence[bytes]], start: int) -> bytes:
    traks = []
    for number, (track, samples) in enumerate(zip(tracks, data, strict=True), 1):
        traks.append(_trak(number, track, samples, start))
        start += sum(map(len, samples))
    mvhd = struct.pack(">8xIIIH10x9i28x", _SCALE, _SCALE, 0x10000, 0x100, *UPRIGHT)
    return _box(b"moov", _full(b"mvhd", mvhd), *traks)


def _trak(number: int, track: Track, samples: Sequence[bytes], start: int) -> bytes:
    count = len(samples)
    tkhd = struct.pack(">8xI4xI16x9i", number, _SCALE, *UPRIGHT)
    mdhd = struct.pack(">8xIII", _SCALE, count * _SCALE, 0)
    hdlr = struct.pack(">4x4s13x", track.handler.encode("latin-1"))
    sizes = (len(sample) for sample in samples)
    stbl = _box(
        b"stbl",
        _box(b"stsd", track.stsd),
        _table(b"stts", 1, count, _SCALE),
        _table(b"stsc", 1, 1, count, 1),
        _table(b"stsz", 0, count, *sizes),
        _table(b"stco", 1, start),
    )
    mdia = _box(b"mdia", _full(b"mdhd", mdhd), _full(b"hdlr", hdlr), _box(b"minf", stbl))
    return _box(b"trak", _full(b"tkhd", tkhd + track.display_size, flags=7), mdia)


def _box(kind: bytes, *parts: bytes) -> bytes:
    data = b"".join(parts)
    return struct.pack(">I4s", 8 + len(data), kind) + data


def _full(kind: bytes, data: bytes, flags: int = 0) -> bytes:
    return _box(kind, struct.pack(">I", flags), data)


def _table(kind: bytes, *numbers: int) -> bytes:
    return _full(kind, struct.pack(f">{len(numbers)}I", *numbers))
