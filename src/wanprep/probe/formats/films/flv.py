"""Read Flash video: libmediainfo names the codecs, the tags tell the lengths.

FLV is what live streams are recorded in: its header often knows no length, or one that was
right before the recording was cut. The sections are those of Adobe's specification 10.1.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final

from wanprep.probe.formats.films.lengths import Ending, lengths, verdict, with_length, with_times
from wanprep.probe.formats.films.stamps import Clock, Times, shown
from wanprep.probe.formats.films.windowed import Windowed
from wanprep.probe.mediainfo import as_found, describe
from wanprep.probe.source import Bytes

if TYPE_CHECKING:
    from wanprep.probe.facts import Found
    from wanprep.probe.mediainfo import AudioStream
    from wanprep.probe.source import Source

_AUDIO: Final = 8
_VIDEO: Final = 9
_SCRIPT: Final = 18
_KINDS: Final = frozenset({_AUDIO, _VIDEO, _SCRIPT})
_FILE_HEAD: Final = 9
_TAG_HEAD: Final = 11
_BACK_POINTER: Final = 4
_MOST_TAGS: Final = 2_000_000  # eight hours; what follows is not looked at
_DESCRIBED_TAGS: Final = 4  # a header, and some frames
_LARGEST_TAG: Final = 1 << 22
_LARGEST_SCRIPT: Final = 1 << 16
# The entry of onMetaData that matters (E.5): its name, the type "number", eight bytes.
_DURATION: Final = b"\0\x08duration\0"

# The first bytes of a frame (E.4.2.1, E.4.3.1): kind and codec in four bits each.
_COMMAND: Final = 5
_H264: Final = 7
_AAC: Final = 10
_AAC_LC: Final = 2
# Enhanced RTMP (version 1) names codecs by four letters, and counts kinds of packets anew.
_ENHANCED_VIDEO: Final = 0x80
_ENHANCED_AUDIO: Final = 9
_ENHANCED_FRAMES: Final = frozenset({1, 3})
_ENHANCED_SOUNDS: Final = {
    b".mp3": "mp3",
    b"Opus": "opus",
    b"ac-3": "ac3",
    b"ec-3": "eac3",
    b"fLaC": "flac",
    b"mp4a": "aac",
}


@dataclass(slots=True)
class Tags:
    """What the tags tell."""

    video: Times = field(default_factory=Times)
    audio: Times = field(default_factory=Times)
    excerpt: list[bytes] = field(default_factory=list)
    described: dict[int, int] = field(default_factory=dict)  # tags of a kind in the excerpt
    sound: bytes = b""  # how the first tag of sound begins
    claimed: float | None = None  # milliseconds
    cut: bool = False


def read_flv(source: Source) -> Found:
    """Tell what an FLV file is."""
    tags = _walk(source)
    clock = Clock(claimed=tags.claimed)
    # libmediainfo is not shown the script: counts in it can keep it busy for minutes.
    streams = describe(Bytes(b"".join(tags.excerpt)))
    video, audio = shown(tags.video, clock), shown(tags.audio, clock)
    streams = replace(
        streams,
        videos=tuple(with_times(stream, video) for stream in streams.videos),
        audios=tuple(with_length(_heard(s, tags.sound), audio) for s in streams.audios),
    )
    media = [track for track in (video, audio) if track]
    plays = lengths(media, max((track.end for track in media), default=0.0), clock)
    found = as_found(streams)
    if plays and plays.duration:
        found["duration"] = plays.duration
    return found | verdict(found, plays, Ending(source.size, None, tags.cut))


def _walk(source: Source) -> Tags:
    tags, source = Tags(), Windowed(source)
    head = source.read_at(0, _FILE_HEAD)
    tags.excerpt.append(head[:5] + _FILE_HEAD.to_bytes(4, "big") + bytes(_BACK_POINTER))
    at = int.from_bytes(head[5:], "big") + _BACK_POINTER
    for _ in range(_MOST_TAGS):
        head = source.read_at(at, _TAG_HEAD)
        if len(head) < _TAG_HEAD or head[0] not in _KINDS:
            return tags
        body = at + _TAG_HEAD
        at = body + int.from_bytes(head[1:4], "big")
        if at > source.size:
            tags.cut = True
            return tags
        _take(tags, source, head, body)
        at += _BACK_POINTER
    tags.claimed = None  # there is more than was looked at: nothing to compare it with
    return tags


def _take(tags: Tags, source: Source, head: bytes, body: int) -> None:
    kind, size = head[0], int.from_bytes(head[1:4], "big")
    # The highest byte of the time stamp was added later, behind the others (E.4.1).
    stamp = int.from_bytes(head[7:8] + head[4:7], "big", signed=True)
    if kind == _SCRIPT:
        if tags.claimed is None:
            tags.claimed = _claimed(source.read_at(body, min(size, _LARGEST_SCRIPT)))
        return
    first = source.read_at(body, min(size, 8))
    if kind == _VIDEO and _is_picture(first):
        tags.video.stamps.append(stamp + _delay(first))
    elif kind == _AUDIO:
        tags.sound = tags.sound or first
        if _is_sound(first):
            tags.audio.stamps.append(stamp)
    if tags.described.setdefault(kind, 0) < _DESCRIBED_TAGS and size < _LARGEST_TAG:
        tags.described[kind] += 1
        tags.excerpt.append(source.read_at(body - _TAG_HEAD, _TAG_HEAD + size + _BACK_POINTER))


def _is_picture(first: bytes) -> bool:
    if len(first) < 2 or first[0] >> 4 & 7 == _COMMAND:
        return False
    if first[0] & _ENHANCED_VIDEO:
        return first[0] & 0x0F in _ENHANCED_FRAMES
    return first[0] & 0x0F != _H264 or first[1] == 1  # 0 is its header, 2 its end


def _delay(first: bytes) -> int:
    """Tell by how much a frame is shown later than it is decoded: H.264 shuffles frames."""
    if first[0] & _ENHANCED_VIDEO:
        has_delay = first[0] & 0x0F == 1 and first[1:5] in {b"avc1", b"hvc1"}
        return int.from_bytes(first[5:8], "big", signed=True) if has_delay else 0
    if first[0] & 0x0F == _H264:
        return int.from_bytes(first[2:5], "big", signed=True)
    return 0


def _is_sound(first: bytes) -> bool:
    if len(first) < 2:
        return False
    if first[0] >> 4 == _ENHANCED_AUDIO:
        return first[0] & 0x0F in _ENHANCED_FRAMES
    return first[0] >> 4 != _AAC or first[1] == 1


def _heard(stream: AudioStream, first: bytes) -> AudioStream:
    """Mend what libmediainfo takes from bits that mean nothing in newer kinds of sound."""
    if first and first[0] >> 4 == _ENHANCED_AUDIO:
        codec = _ENHANCED_SOUNDS.get(first[1:5], "unknown")
        return replace(stream, codec=codec, sample_rate=None, channels=None, bit_depth=None)
    # Flash calls all AAC stereo; AudioSpecificConfig (ISO/IEC 14496-3, 1.6.2.1) knows.
    if len(first) >= 4 and first[0] >> 4 == _AAC and first[1] == 0 and first[2] >> 3 == _AAC_LC:
        return replace(stream, channels=(first[3] >> 3 & 0x0F) or stream.channels)
    return stream


def _claimed(script: bytes) -> float | None:
    at = script.find(_DURATION) + len(_DURATION)
    if at < len(_DURATION) or at + 8 > len(script):
        return None
    (seconds,) = struct.unpack_from(">d", script, at)
    return seconds * 1000 if 0 < seconds < 1e9 else None
