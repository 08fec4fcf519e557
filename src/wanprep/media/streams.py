"""Read what libmediainfo alone knows: transport and program streams, AC-3, and rarer ones.

Its lengths are those between the time stamps at both ends of the file. Its numbers of frames
are mostly these lengths times the rate, so they are left out, or counted: muxers begin a new
PES packet for each frame (ISO/IEC 13818-1, 2.14.1 demands it of H.264), and the packet of the
transport stream where it begins has a flag, in the first two of every 188 bytes.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from wanprep.media.mediainfo import VideoStream, as_found, describe
from wanprep.media.source import blocks

if TYPE_CHECKING:
    from collections.abc import Sequence

    from wanprep.media.facts import Found
    from wanprep.media.mediainfo import Streams
    from wanprep.media.source import Source

# A packet's length, and how much of a time stamp M2TS puts in front of each.
_KINDS: Final = ((188, 0), (192, 4))
_SYNC: Final = 0x47
_PROOF: Final = 5  # packets
_BEGINS: Final = 0x40
_PRIORITY: Final = 0x20
_PACKETS: Final = 4096  # at a time


def count_frames(source: Source, pid: int) -> int | None:
    """Count the PES packets of a stream; None where its packets cannot be distinguished."""
    kind = next((kind for kind in _KINDS if _fits(source, *kind)), None)
    if kind is None:
        return None
    step, start = kind
    high, low = pid >> 8 | _BEGINS, pid & 0xFF
    heads = {(high, low), (high | _PRIORITY, low)}
    count = 0
    for _, data in blocks(source, start, step * _PACKETS):
        marks = zip(data[1::step], data[2::step], strict=False)
        count += sum(head in heads for head in marks)
    return count


def _fits(source: Source, step: int, start: int) -> bool:
    marks = source.read_at(start, step * _PROOF)[::step]
    return len(marks) == _PROOF and set(marks) == {_SYNC}


# Files up to this size are read in whole where their headers leave something open.
_SMALL: Final = 16 << 20
# In these it really counts frames when it reads all, and misses some of them in the length:
# a packet holds several small frames, and has one time stamp (ISO/IEC 13818-1, 2.4.3.7).
_COUNTED: Final = frozenset({"MPEG-PS"})
_PACKETED: Final = frozenset({"BDAV", "MPEG-TS"})
_ODD: Final = 0.1  # a part of the frames
# Recordings of broadcasts begin and end anywhere: in the middle of a frame, too.
_BROADCAST: Final = frozenset({"BDAV", "MPEG Video", "MPEG-PS", "MPEG-TS"})


def read_streams(source: Source) -> Found:
    """Read any container that libmediainfo knows."""
    streams = describe(source)
    is_counted = streams.container in _COUNTED and source.size <= _SMALL
    if is_counted or (_is_open(streams) and source.size <= _SMALL):
        streams = describe(source, parse_speed=1)
    count = _counted if is_counted else _uncounted
    streams = replace(streams, videos=tuple(map(count, streams.videos)))
    found = as_found(streams)
    if streams.container in _PACKETED and source.size <= _SMALL:
        found |= _counted_frames(source, streams.videos)
    # The length of the whole is mostly a guess from the bit rate.
    lengths = [video.duration for video in streams.videos]
    lengths += [audio.duration for audio in streams.audios]
    if longest := max((length for length in lengths if length), default=None):
        found["duration"] = longest
    if problem := _problem(streams, found):
        found |= {"readable": False, "problem": problem}
    return found


def _uncounted(video: VideoStream) -> VideoStream:
    return replace(video, frames=None)


def _counted(video: VideoStream) -> VideoStream:
    if not video.frames or not video.fps:
        return video
    return replace(video, duration=max(video.duration or 0.0, video.frames / video.fps))


def _counted_frames(source: Source, videos: Sequence[VideoStream]) -> Found:
    """Return the number of frames, where it goes together with their rate and length."""
    first = videos[0] if videos else VideoStream("")
    if not (first.track_id and first.fps and first.duration):
        return {}
    frames = count_frames(source, first.track_id) or 0
    expected = first.fps * first.duration
    return {"frames": frames} if abs(frames - expected) <= max(3, expected * _ODD) else {}


def _is_open(streams: Streams) -> bool:
    """Return whether there are streams, but no word of how long or how fast they are."""
    unknown = [video for video in streams.videos if not video.fps or not video.duration]
    return bool(unknown) or any(not audio.duration for audio in streams.audios)


def _problem(streams: Streams, found: Found) -> str | None:
    if not found["readable"]:
        return None
    if not streams.videos and not streams.audios:
        return "it has neither video nor audio that could be found"
    if streams.truncated and streams.container not in _BROADCAST:
        return "cut off: its end is missing"
    if not found.get("duration"):
        return "it does not say how long it is"
    return None
