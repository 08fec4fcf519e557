"""Read AVI: libmediainfo names the codecs, the chunks tell how many frames are really there.

A chunk without bytes repeats the frame before it: it takes up time, but there is no frame in
it. So a clip with such gaps lasts as long as its header says, with fewer frames, unevenly.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from wanprep.probe.formats.films.avi_chunks import count, read_layout
from wanprep.probe.formats.films.lengths import Ending, Lengths, slack, verdict
from wanprep.probe.formats.films.pacing import varies
from wanprep.probe.mediainfo import as_found, describe

if TYPE_CHECKING:
    from wanprep.probe.facts import Found
    from wanprep.probe.formats.films.avi_chunks import Layout, Stream, Tally
    from wanprep.probe.mediainfo import AudioStream, Streams, VideoStream
    from wanprep.probe.source import Source

_PICTURES: Final = frozenset({b"vids", b"iavs"})


@dataclass(frozen=True, slots=True)
class Played:
    """What plays of a stream, in seconds: as long as it takes up time, and without its gaps."""

    duration: float
    filled: float
    frames: int
    fps: float
    varies: bool
    claimed: float


def read_avi(source: Source) -> Found:
    """Tell what an AVI file is."""
    layout = read_layout(source)
    contents = count(source, layout)
    played: dict[int, Played] = {}
    if contents.whole:
        pairs = zip(layout.streams, contents.tallies, strict=True)
        played = {number: _played(stream, tally) for number, (stream, tally) in enumerate(pairs)}
    found = as_found(_mended(describe(source), played))
    found["format"] = "avi"
    if duration := max((stream.duration for stream in played.values()), default=0.0):
        found["duration"] = duration
    ending = Ending(source.size, layout.end, contents.cut, contents.whole)
    return found | verdict(found, _lengths(layout, played), ending)


def _played(stream: Stream, tally: Tally) -> Played:
    frames, tick = len(tally.filled), stream.tick
    duration, filled = tally.places * tick, frames * tick
    if stream.byte_rate:
        duration = filled = tally.size / stream.byte_rate
    elif stream.sample_size:
        duration = filled = tally.size / stream.sample_size * tick
    fps = 1 / tick if tick else 0.0
    uneven = varies(tally.filled, max(1, round(fps)))
    return Played(duration, filled, frames, fps, uneven, stream.length * tick)


def _mended(streams: Streams, played: dict[int, Played]) -> Streams:
    """Put what was counted in place of what libmediainfo took from the header."""
    return replace(
        streams,
        videos=tuple(_video(video, played.get(video.track_id or 0)) for video in streams.videos),
        audios=tuple(_audio(audio, played.get(audio.track_id or 0)) for audio in streams.audios),
    )


def _video(video: VideoStream, played: Played | None) -> VideoStream:
    if played is None:
        return replace(video, frames=None)  # a number that nobody counted
    return replace(
        video,
        duration=played.duration or None,
        fps=played.fps or video.fps,
        vfr=played.varies,
        frames=played.frames,
    )


def _audio(audio: AudioStream, played: Played | None) -> AudioStream:
    return replace(audio, duration=played.filled or None) if played else audio


def _lengths(layout: Layout, played: dict[int, Played]) -> Lengths | None:
    """Compare claim and frames of the first picture track, or of whatever comes first."""
    if not any(stream.frames for stream in played.values()):
        return None
    pictures = [n for n in played if layout.streams[n].kind in _PICTURES]
    main = played[pictures[0] if pictures else 0]
    # Writers that cannot go back leave a placeholder here as well as for the file's size.
    claimed = main.claimed if layout.end else None
    return Lengths(0.0, main.duration, claimed or None, slack(main.claimed, main.fps))
