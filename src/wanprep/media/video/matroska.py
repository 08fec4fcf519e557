"""Read Matroska and WebM files.

The time stamps of the frames give the lengths: recordings of browsers have none in the header, and
any header may be wrong. libmediainfo names the codecs. In damaged files it seeks back and forth
endlessly, so it reads an excerpt: the description of the tracks and a few frames. So an hour takes
no longer than a second. Of a remote file only the beginning is read, if its header has a length.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from wanprep.media.mediainfo import describe, stream_facts
from wanprep.media.source import Bytes, at_hand
from wanprep.media.video.frame_times import (
    Clock,
    FileEnd,
    TrackTiming,
    file_length,
    readability,
    track_timing,
    with_duration,
    with_timing,
)
from wanprep.media.video.matroska_elements import AUDIO, VIDEO, Walk

if TYPE_CHECKING:
    from collections.abc import Sequence

    from wanprep.media.facts import PartialFacts
    from wanprep.media.mediainfo import AudioStream, Streams, VideoStream
    from wanprep.media.source import Source
    from wanprep.media.video.matroska_elements import Track

# DocType, and the version of Matroska that is needed to read it.
_HEADER: Final = b"\x42\x82\x88matroska" + b"\x42\x87\x81\x04" + b"\x42\x85\x81\x02"
_Timings = dict[int, TrackTiming]
_MAX_DATA: Final = 1 << 20


def excerpt(source: Source, tracks: bytes, blocks: Sequence[tuple[int, int]]) -> Bytes:
    """Return a file with this Tracks element and these blocks."""
    frames, left = [_element(b"\xe7", b"\0")], _MAX_DATA  # the cluster's time
    for offset, length in blocks:
        data = source.read_at(offset, min(length, left, at_hand(source, offset)))
        frames.append(_element(b"\xa3", data))
        left -= len(data)
    cluster = _element(b"\x1f\x43\xb6\x75", b"".join(frames))
    segment = _element(b"\x18\x53\x80\x67", _element(b"\x16\x54\xae\x6b", tracks) + cluster)
    return Bytes(_element(b"\x1a\x45\xdf\xa3", _HEADER) + segment)


def _element(number: bytes, body: bytes) -> bytes:
    return number + b"\x08" + len(body).to_bytes(4, "big") + body


def read_matroska(source: Source) -> PartialFacts:
    """Walk all blocks, and let libmediainfo describe the tracks."""
    walk = Walk(source)
    walk.run()
    tracks, clock = walk.tracks or {}, walk.clock or Clock()
    times = {
        n: track_timing(walk.times[n], clock, _step(track, clock), is_audio=track.kind == AUDIO)
        for n, track in tracks.items()
    }
    timings = {n: track for n, track in times.items() if track} if walk.complete else {}
    streams = describe(excerpt(source, walk.tracks_element, walk.first_blocks))
    facts = stream_facts(_with_timings(streams, tracks, timings))
    facts["format"] = "webm" if walk.doc_type == b"webm" else "mkv"
    media = [timings[n] for n in timings if tracks[n].kind in {VIDEO, AUDIO}]
    # The length in the header includes subtitles.
    length = file_length(media, max((track.end for track in timings.values()), default=0.0), clock)
    if length and length.duration:
        facts["duration"] = length.duration
    elif clock.claimed and not (walk.complete and _is_cut(walk)):
        # Too much to read all of it, or a single frame without a duration.
        facts["duration"] = clock.claimed / clock.rate
        if not walk.complete:
            facts["duration_estimated"] = True
    return facts | readability(
        facts, length, FileEnd(source.size, walk.end, walk.truncated, walk.complete)
    )


def _is_cut(walk: Walk) -> bool:
    return walk.truncated or (walk.end or 0) > walk.source.size


def _step(track: Track, clock: Clock) -> float | None:
    return track.step * clock.rate / 1e9 if track.step else None


def _with_timings(
    streams: Streams, tracks: dict[int, Track], timings: dict[int, TrackTiming]
) -> Streams:
    """Replace what libmediainfo took from the header by what was measured."""
    videos = [_video(video, tracks, timings) for video in streams.videos]
    audios = [_audio(audio, tracks, timings) for audio in streams.audios]
    # A track without frames counts only if there is no other.
    return replace(
        streams,
        videos=tuple([video for video in videos if video.frames != 0] or videos),
        audios=tuple(audios),
    )


def _video(
    video: VideoStream, tracks: dict[int, Track], timings: dict[int, TrackTiming]
) -> VideoStream:
    if track := tracks.get(video.track_id or 0):
        video = replace(
            video,
            alpha=video.alpha or track.alpha,
            rotation=track.rotation,
            encrypted=video.encrypted or track.encrypted,
        )
    if not timings or video.track_id is None:
        return replace(video, frames=None)  # libmediainfo computes it from the header
    return with_timing(video, timings.get(video.track_id))


def _audio(
    audio: AudioStream, tracks: dict[int, Track], timings: dict[int, TrackTiming]
) -> AudioStream:
    if track := tracks.get(audio.track_id or 0):
        audio = replace(audio, encrypted=audio.encrypted or track.encrypted)
    if not timings or audio.track_id is None:
        return audio
    return with_duration(audio, timings.get(audio.track_id))
