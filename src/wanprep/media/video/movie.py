"""Read ISO media files: MP4, MOV, M4A, 3GP.

Headers are wrong in files that were cut, joined or streamed. Lengths, frame rates and frame
counts come from the sample tables, as in players, which also show whether all samples are in the
file. libmediainfo names the codecs. In damaged tables it gets lost for minutes, so it reads an
excerpt: the sample descriptions, a few samples, and new tables. So a video of hours takes no longer
than one of seconds, and most of a remote file is not downloaded.
"""

from __future__ import annotations

import struct
import zlib
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from wanprep.dataclass import dataclass
from wanprep.media.facts import cut_off
from wanprep.media.mediainfo import (
    AudioStream,
    VideoStream,
    describe,
    display_size_facts,
    stream_facts,
)
from wanprep.media.source import Bytes, at_hand
from wanprep.media.video.boxes import Box, boxes, brand_format, payload
from wanprep.media.video.samples import SampleEntry
from wanprep.media.video.timeline import Timeline, read_timeline
from wanprep.media.video.tracks import UPRIGHT, Track

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from wanprep.media.facts import PartialFacts
    from wanprep.media.mediainfo import Streams
    from wanprep.media.source import Source


_MAX_DATA: Final = 128 * 1024  # of one track
_SCALE: Final = 1000


def excerpt(source: Source, ftyp: bytes, tracks: Sequence[Track]) -> Bytes:
    """Return a video of the first samples of these tracks, which are numbered from 1."""
    data = [_first_locations(source, track.first_locations) for track in tracks]
    head = _box(b"ftyp", ftyp) if ftyp else b""
    start = len(head) + len(_moov(tracks, data, 0)) + 8
    media = (sample for samples in data for sample in samples)
    return Bytes(head + _moov(tracks, data, start) + _box(b"mdat", *media))


def _first_locations(source: Source, chunk_table: Iterable[tuple[int, int]]) -> list[bytes]:
    """Read the first samples, at least one if it is here, up to a number of bytes."""
    samples: list[bytes] = []
    for offset, length in chunk_table:
        most = min(_MAX_DATA - sum(map(len, samples)), at_hand(source, offset))
        if most == 0 or (samples and length > most):
            break
        samples.append(source.read_at(offset, min(length, most)))
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


def describe_tracks(source: Source, ftyp: bytes, tracks: Sequence[Track]) -> Streams:
    """Describe the tracks in their order, without lengths, which an excerpt lacks."""
    small = excerpt(source, ftyp, tracks)
    # In one portion libmediainfo would read no samples, and some AAC shows only in them that it
    # doubles the rate.
    streams = describe(small, portion=small.size - 1)
    # Of several streams in one track (DV with audio), the first is the track's own.
    videos = {stream.track_id: stream for stream in reversed(streams.videos)}
    audios = {stream.track_id: stream for stream in reversed(streams.audios)}
    numbered = list(enumerate(tracks, 1))  # as in the excerpt
    return replace(
        streams,
        duration=None,
        videos=tuple(
            _described_video(videos.get(number, VideoStream("unknown")), track)
            for number, track in numbered
            if track.handler == "vide"
        ),
        audios=tuple(
            _described_audio(audios.get(number, AudioStream("unknown")), track)
            for number, track in numbered
            if track.handler == "soun"
        ),
    )


def _described_video(stream: VideoStream, track: Track) -> VideoStream:
    entry = _entry(track)
    return replace(
        stream,
        width=stream.width or entry.width or None,
        height=stream.height or entry.height or None,
        duration=None,
        fps=None,
        frames=None,
    )


def _described_audio(stream: AudioStream, track: Track) -> AudioStream:
    entry = _entry(track)
    return replace(
        stream,
        channels=stream.channels or entry.channels or None,
        sample_rate=stream.sample_rate or entry.sample_rate or None,
        duration=None,
    )


def _entry(track: Track) -> SampleEntry:
    return track.entries[0] if track.entries else SampleEntry(b"", encrypted=False)


# Containers may give the size in whole blocks, to which decoders do not round.
_BLOCK: Final = 16  # pixels


@dataclass(frozen=True, slots=True)
class _Layout:
    """The boxes at the top level of a file."""

    ftyp: bytes
    moov: Box | None
    moofs: tuple[Box, ...]  # those that are complete
    needed: int  # size of the file, if one of them is cut off


def read_movie(source: Source) -> PartialFacts:
    """Read the tracks, and check that all samples are there."""
    layout = _layout(source)
    name = brand_format(layout.ftyp)
    facts: PartialFacts = {"kind": "audio" if name == "m4a" else "video"}
    problem = _index_problem(source, layout.moov)
    if layout.moov is not None and problem is None:
        try:
            timeline = read_timeline(source, layout.moov, layout.moofs)
        except (ArithmeticError, LookupError, ValueError, struct.error, zlib.error):
            problem = "damaged: the tables of its index are invalid"
        else:
            facts = _facts(source, layout, timeline)
    facts["format"] = name
    return facts if problem is None else facts | {"readable": False, "problem": problem}


def _facts(source: Source, layout: _Layout, timeline: Timeline) -> PartialFacts:
    tracks = timeline.of("vide", "soun")
    streams = describe_tracks(source, layout.ftyp, tracks)
    facts = stream_facts(streams) | _table_facts(streams, tracks)
    facts["gps"] = timeline.gps
    problem = _unusable(source, layout, tracks)
    facts["readable"] = problem is None
    if problem and "frames" in facts:
        facts["frames"] = _count_playable(source, tracks[0])
    problem = problem or size_disagreement(streams, tracks) or timeline.mismatch()
    return facts if problem is None else facts | {"problem": problem}


def _index_problem(source: Source, moov: Box | None) -> str | None:
    if moov is None:
        return "cut off or unfinished: its index (moov) is missing"
    return cut_off(source.size, moov.end + moov.missing) if moov.missing else None


def _layout(source: Source) -> _Layout:
    ftyp, moofs, needed = b"", [], 0
    moov: Box | None = None
    for box in boxes(source):
        if box.kind in {b"ftyp", b"styp"} and not ftyp:  # a single segment has only the latter
            ftyp = payload(source, box)
        elif box.kind == b"moov" and moov is None:
            moov = box
        elif box.kind == b"moof" and not box.missing:
            moofs.append(box)
        elif box.kind == b"moof":
            needed = box.end + box.missing
    return _Layout(ftyp, moov, tuple(moofs), needed)


def _table_facts(streams: Streams, tracks: Sequence[Track]) -> PartialFacts:
    """Return the facts that the sample tables give more reliably than headers."""
    facts: PartialFacts = {}
    presented = [track for track in tracks if track.enabled] or tracks
    if presented:
        facts["duration"] = round(max(track.end for track in presented), 6)
    if audios := [track for track in tracks if track.handler == "soun"]:
        facts["audio_duration"] = round(audios[0].duration, 6)
    if streams.videos:
        facts |= _video_table_facts(streams.videos[0], tracks[0])
    return facts


def _video_table_facts(stream: VideoStream, track: Track) -> PartialFacts:
    facts: PartialFacts = {
        "frames": track.frames,
        "vfr": track.vfr,
        "video_duration": round(track.duration, 6),
        "rotation": track.rotation,
        "hdr": stream.hdr or any(entry.hdr for entry in track.entries),
        "alpha": stream.alpha or any(entry.alpha for entry in track.entries),
    }
    if track.fps:
        facts["fps"] = round(track.fps, 6)
    sar = next((entry.sar for entry in track.entries if entry.sar), stream.sar)
    if stream.width and stream.height:
        facts |= display_size_facts(stream.width, stream.height, track.rotation, sar)
    return facts


def _unusable(source: Source, layout: _Layout, tracks: Sequence[Track]) -> str | None:
    if not tracks:
        return "it has neither a video nor an audio track"
    if any(track.encrypted for track in tracks):
        return "encrypted: it cannot be played without a key"
    end_of_data = max(layout.needed, *(track.end_of_data for track in tracks))
    if end_of_data > source.size:
        return cut_off(source.size, end_of_data)
    if not any(track.samples for track in tracks):
        return "empty: its index lists no frames and no audio"
    return None


def _count_playable(source: Source, track: Track) -> int:
    """Count the playable frames of a video that is encrypted or cut off."""
    return (
        0 if track.encrypted else min(track.frames, track.chunk_table.count_complete(source.size))
    )


def size_disagreement(streams: Streams, tracks: Sequence[Track]) -> str | None:
    """Describe a container whose size is not that of the stream."""
    if not streams.videos or len(tracks[0].entries) != 1:
        return None
    entry, stream = tracks[0].entries[0], streams.videos[0]
    if stream.width is None or stream.height is None:
        return None
    header, real = (entry.width, entry.height), (stream.width, stream.height)
    if all(abs(a - b) < _BLOCK for a, b in zip(header, real, strict=True)):
        return None
    return f"its header gives {header[0]} x {header[1]} pixels, its frames {real[0]} x {real[1]}"
