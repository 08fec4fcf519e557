"""Describe the tracks of an ISO media file by giving libmediainfo a small excerpt of it.

libmediainfo follows tables wherever they lead: three flipped bytes in one keep it busy for
minutes. So it gets how each track is described, a handful of samples, and tables made here.
That also makes a video of hours as quick to describe as one of seconds, and leaves most of a
remote file unread.
"""

from __future__ import annotations

import struct
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from wanprep.media.mediainfo import AudioStream, VideoStream, describe
from wanprep.media.source import Bytes
from wanprep.media.video.headers import UPRIGHT
from wanprep.media.video.tracks import SampleEntry

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from wanprep.media.mediainfo import Streams
    from wanprep.media.source import Source
    from wanprep.media.video.tracks import Track

_MOST_DATA: Final = 128 * 1024  # of one track
_SCALE: Final = 1000


def excerpt(source: Source, ftyp: bytes, tracks: Sequence[Track]) -> Bytes:
    """Return a video of the beginnings of these tracks, which are numbered from 1 on."""
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


def streams_of(source: Source, ftyp: bytes, tracks: Sequence[Track]) -> Streams:
    """Describe the tracks, in their order; without lengths, which an excerpt does not show."""
    small = excerpt(source, ftyp, tracks)
    # Fed at one go, libmediainfo is content with the index and looks at no sample, and some
    # AAC shows only in its samples that they double the rate.
    streams = describe(small, portion=small.size - 1)
    # Of streams packed into one track (DV brings its audio along), the first is the track's own.
    videos = {stream.track_id: stream for stream in reversed(streams.videos)}
    audios = {stream.track_id: stream for stream in reversed(streams.audios)}
    numbered = list(enumerate(tracks, 1))  # as the excerpt numbers them
    return replace(
        streams,
        duration=None,
        videos=tuple(
            _sized(videos.get(number, VideoStream("unknown")), track)
            for number, track in numbered
            if track.handler == "vide"
        ),
        audios=tuple(
            _tuned(audios.get(number, AudioStream("unknown")), track)
            for number, track in numbered
            if track.handler == "soun"
        ),
    )


def _sized(stream: VideoStream, track: Track) -> VideoStream:
    entry = _entry(track)
    return replace(
        stream,
        width=stream.width or entry.width or None,
        height=stream.height or entry.height or None,
        duration=None,
        fps=None,
        frames=None,
    )


def _tuned(stream: AudioStream, track: Track) -> AudioStream:
    entry = _entry(track)
    return replace(
        stream,
        channels=stream.channels or entry.channels or None,
        sample_rate=stream.sample_rate or entry.sample_rate or None,
        duration=None,
    )


def _entry(track: Track) -> SampleEntry:
    return track.entries[0] if track.entries else SampleEntry(b"", encrypted=False)
