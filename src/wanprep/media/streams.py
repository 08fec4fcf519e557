"""Read all other containers with libmediainfo, such as transport streams and AC-3.

Its lengths are those between the time stamps at both ends of the file. Its numbers of frames
are mostly these lengths times the rate, so they are left out, or counted: muxers begin a new
PES packet for each frame (ISO/IEC 13818-1, 2.14.1 requires it for H.264), and the transport
packet where it begins has a flag, in the first two of its 188 bytes.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from wanprep.media.facts import NO_LENGTH
from wanprep.media.mediainfo import VideoStream, describe, stream_facts
from wanprep.media.source import blocks

if TYPE_CHECKING:
    from collections.abc import Sequence

    from wanprep.media.facts import PartialFacts
    from wanprep.media.mediainfo import Streams
    from wanprep.media.source import Source

# A packet's length, and where it begins behind the time stamp of M2TS.
_KINDS: Final = ((188, 0), (192, 4))
_SYNC: Final = 0x47
_PROOF: Final = 5  # packets
_BEGINS: Final = 0x40
_PRIORITY: Final = 0x20
_PACKETS: Final = 4096  # at a time


def count_frames(source: Source, pid: int) -> int | None:
    """Count the PES packets of a stream; None where there are no transport packets."""
    kind = next((kind for kind in _KINDS if _fits(source, *kind)), None)
    if kind is None:
        return None
    step, start = kind
    high, low = pid >> 8 | _BEGINS, pid & 0xFF
    heads = {(high, low), (high | _PRIORITY, low)}
    count = 0
    for _, data in blocks(source, start, step * _PACKETS):
        starts = zip(data[1::step], data[2::step], strict=False)
        count += sum(start_bytes in heads for start_bytes in starts)
    return count


def _fits(source: Source, step: int, start: int) -> bool:
    marks = source.read_at(start, step * _PROOF)[::step]
    return len(marks) == _PROOF and set(marks) == {_SYNC}


# Files up to this size are read in full where their headers lack something.
SMALL: Final = 16 << 20
# Here libmediainfo counts the frames when it reads all, but its length lacks some of them: a
# packet may hold several small frames with one time stamp (ISO/IEC 13818-1, 2.4.3.7).
_COUNTED: Final = frozenset({"MPEG-PS"})
_PACKETED: Final = frozenset({"BDAV", "MPEG-TS"})
_FRAME_TOLERANCE: Final = 0.1  # of the expected number
# Recordings of broadcasts may begin and end in the middle of a frame.
BROADCAST: Final = frozenset({"BDAV", "MPEG Video", "MPEG-PS", "MPEG-TS"})


def read_streams(source: Source) -> PartialFacts:
    """Read any container that libmediainfo knows."""
    streams = describe(source)
    is_counted = streams.container in _COUNTED and source.size <= SMALL
    if is_counted or (_lacks_timing(streams) and source.size <= SMALL):
        streams = describe(source, parse_speed=1)
    count = _with_counted_length if is_counted else _without_frames
    streams = replace(streams, videos=tuple(map(count, streams.videos)))
    facts = stream_facts(streams)
    if streams.container in _PACKETED and source.size <= SMALL:
        facts |= _frame_count_facts(source, streams.videos)
    # The container's length is mostly an estimate from the bit rate.
    lengths = [video.duration for video in streams.videos]
    lengths += [audio.duration for audio in streams.audios]
    if longest := max((length for length in lengths if length), default=None):
        facts["duration"] = longest
    if problem := _problem(streams, facts):
        facts |= {"readable": False, "problem": problem}
    return facts


def _without_frames(video: VideoStream) -> VideoStream:
    return replace(video, frames=None)


def _with_counted_length(video: VideoStream) -> VideoStream:
    if not video.frames or not video.fps:
        return video
    return replace(video, duration=max(video.duration or 0.0, video.frames / video.fps))


def _frame_count_facts(source: Source, videos: Sequence[VideoStream]) -> PartialFacts:
    """Return the number of frames, if it is consistent with their rate and length."""
    first = videos[0] if videos else VideoStream("")
    if not (first.track_id and first.fps and first.duration):
        return {}
    frames = count_frames(source, first.track_id) or 0
    expected = first.fps * first.duration
    return (
        {"frames": frames} if abs(frames - expected) <= max(3, expected * _FRAME_TOLERANCE) else {}
    )


def _lacks_timing(streams: Streams) -> bool:
    """Return whether there is a stream without a length or a rate."""
    unknown = [video for video in streams.videos if not video.fps or not video.duration]
    return bool(unknown) or any(not audio.duration for audio in streams.audios)


def _problem(streams: Streams, facts: PartialFacts) -> str | None:
    if not facts["readable"]:
        return None
    if not streams.videos and not streams.audios:
        return "it has neither a video nor an audio track"
    if streams.truncated and streams.container not in BROADCAST:
        return "cut off: its end is missing"
    if not facts.get("duration"):
        return NO_LENGTH
    return None
