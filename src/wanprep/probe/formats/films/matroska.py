"""Read Matroska and WebM: libmediainfo names the codecs, the frames tell the lengths.

The header of a recording made in a browser has no length at all, and any header may claim
what it likes; so the blocks are asked (see matroska_blocks.py).
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from wanprep.probe.formats.films.lengths import Ending, lengths, verdict, with_length, with_times
from wanprep.probe.formats.films.matroska_blocks import Walk
from wanprep.probe.formats.films.matroska_excerpt import excerpt
from wanprep.probe.formats.films.matroska_tracks import AUDIO, VIDEO
from wanprep.probe.formats.films.stamps import Clock, Shown, shown
from wanprep.probe.mediainfo import as_found, describe

if TYPE_CHECKING:
    from wanprep.probe.facts import Found
    from wanprep.probe.formats.films.matroska_tracks import Track
    from wanprep.probe.mediainfo import AudioStream, Streams, VideoStream
    from wanprep.probe.source import Source


def read_matroska(source: Source) -> Found:
    """Tell what an MKV or WebM file is."""
    walk = Walk(source)
    walk.run()
    tracks, clock = walk.tracks or {}, walk.clock or Clock()
    times = {
        n: shown(walk.times[n], clock, _step(track, clock), is_sound=track.kind == AUDIO)
        for n, track in tracks.items()
    }
    met = {n: track for n, track in times.items() if track} if walk.whole else {}
    streams = describe(excerpt(source, walk.described, walk.first))
    found = as_found(_mended(streams, tracks, met))
    found["format"] = "webm" if walk.doc_type == b"webm" else "mkv"
    media = [met[n] for n in met if tracks[n].kind in {VIDEO, AUDIO}]
    # Subtitles, too, are claimed as time.
    plays = lengths(media, max((track.end for track in met.values()), default=0.0), clock)
    if plays and plays.duration:
        found["duration"] = plays.duration
    elif clock.claimed and not (walk.whole and _is_cut(walk)):
        # Too much to look at, or a single frame that does not say how long it is shown.
        found["duration"] = clock.claimed / clock.rate
    return found | verdict(found, plays, Ending(source.size, walk.end, walk.cut, walk.whole))


def _is_cut(walk: Walk) -> bool:
    return walk.cut or (walk.end or 0) > walk.source.size


def _step(track: Track, clock: Clock) -> float | None:
    return track.step * clock.rate / 1e9 if track.step else None


def _mended(streams: Streams, tracks: dict[int, Track], met: dict[int, Shown]) -> Streams:
    """Put what the walk saw in place of what libmediainfo took from the header."""
    videos = [_video(video, tracks, met) for video in streams.videos]
    audios = [_audio(audio, tracks, met) for audio in streams.audios]
    # A track without frames is no track, as long as there is another.
    return replace(
        streams,
        videos=tuple([video for video in videos if video.frames != 0] or videos),
        audios=tuple(audios),
    )


def _video(video: VideoStream, tracks: dict[int, Track], met: dict[int, Shown]) -> VideoStream:
    if track := tracks.get(video.track_id or 0):
        video = replace(
            video,
            alpha=video.alpha or track.alpha,
            rotation=track.rotation,
            encrypted=video.encrypted or track.encrypted,
        )
    if not met or video.track_id is None:
        return replace(video, frames=None)  # a number that libmediainfo made up
    return with_times(video, met.get(video.track_id))


def _audio(audio: AudioStream, tracks: dict[int, Track], met: dict[int, Shown]) -> AudioStream:
    if track := tracks.get(audio.track_id or 0):
        audio = replace(audio, encrypted=audio.encrypted or track.encrypted)
    if not met or audio.track_id is None:
        return audio
    return with_length(audio, met.get(audio.track_id))
