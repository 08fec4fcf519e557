"""Tell how a film's tracks are coded: by libmediainfo, and by the container where it is silent."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from wanprep.probe.formats.films.excerpt import excerpt
from wanprep.probe.formats.films.sample_entries import SampleEntry
from wanprep.probe.mediainfo import AudioStream, VideoStream, describe

if TYPE_CHECKING:
    from collections.abc import Sequence

    from wanprep.probe.formats.films.tracks import Track
    from wanprep.probe.mediainfo import Streams
    from wanprep.probe.source import Source


def streams_of(source: Source, ftyp: bytes, tracks: Sequence[Track]) -> Streams:
    """Describe the tracks, in their order; how long they last, an excerpt cannot tell."""
    film = excerpt(source, ftyp, tracks)
    # Fed at one go, libmediainfo is content with the index and looks at no sample, and some
    # AAC says only in its samples that they double the rate.
    streams = describe(film, portion=film.size - 1)
    # Of streams packed into one track (DV brings its sound along), the first is the track's own.
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
