"""Read formats that have no reader here: libmediainfo for the streams, ffmpeg for the packets.

libmediainfo takes lengths from headers, or estimates them from bit rates. ffmpeg lists the packets
that are in the file, without decoding them, unless their times are unknown, too.
"""

from __future__ import annotations

import re
from dataclasses import replace
from itertools import zip_longest
from typing import TYPE_CHECKING, Final, TypeGuard

from wanprep.media.facts import NOT_READ, PartialFacts
from wanprep.media.ffmpeg import DEMUXERS
from wanprep.media.mediainfo import AudioStream, Streams, VideoStream, describe, stream_facts
from wanprep.media.packet_list import MAX_SECONDS, list_packets
from wanprep.media.sniff import sniff
from wanprep.media.source import LocalFile, PartialFile
from wanprep.media.streams import BROADCAST, SMALL, read_streams
from wanprep.media.video.frame_times import (
    Clock,
    FileEnd,
    file_length,
    readability,
    with_duration,
    with_timing,
)

if TYPE_CHECKING:
    from wanprep.media.packet_list import PacketList, Track
    from wanprep.media.source import Source

_ELEMENTARY_STREAM: Final = b"\0\0\x01\xb3"  # MPEG video without a container
# ffmpeg scales the length of these to the bytes that are there; libmediainfo gives the header's.
_SCALED: Final = frozenset({"AVI", "Windows Media"})
_PCM: Final = re.compile(r"pcm_(?:[suf](\d+)|[am])")
_TOO_LONG: Final = f"{NOT_READ}: measuring its length took longer than {MAX_SECONDS:g} s"
_NO_MEMORY: Final = f"{NOT_READ}: measuring its length would need too much memory"
_NO_FFMPEG: Final = f"{NOT_READ}: ffmpeg cannot be started, see `wanprep doctor`"


def read_packets(source: Source) -> PartialFacts:
    """Describe the streams, and measure them where ffmpeg can reach the file."""
    if not _is_whole(source):
        return read_streams(source)
    try:
        packets = list_packets(source.path, _demuxer(source))
    except OSError:
        return {"readable": False, "problem": _NO_FFMPEG}
    streams = describe(source)
    if packets.is_late:
        return _without_lengths(streams)
    return _measured_facts(source, streams, packets)


def _is_whole(source: Source) -> TypeGuard[LocalFile]:
    """Whether ffmpeg can read a source: a local file, and not parts of a remote one."""
    return isinstance(source, LocalFile) and not isinstance(source, PartialFile)


def read_broadcast(source: Source) -> PartialFacts:
    """Read a transport or program stream, whose lengths are those between its time stamps.

    libmediainfo takes them from the frames that are last in the file, not the last that are shown.
    """
    if source.size > SMALL or not _is_whole(source):
        return read_streams(source)
    facts = read_packets(source)
    return facts if facts.get("duration") else read_streams(source)


def measure(source: Source, stated: PartialFacts) -> PartialFacts:
    """Add the length that no header states: that of the packets, or else of what is decoded."""
    if not _is_whole(source):
        return stated
    streams = describe(source)
    for decode in (False, True):
        try:
            packets = list_packets(source.path, _demuxer(source), decode=decode)
        except OSError:
            return stated | {"readable": False, "problem": _NO_FFMPEG}
        if packets.is_late:
            return stated | {"readable": False, "problem": _TOO_LONG}
        measured = _measured_facts(source, streams, packets)
        if measured.get("duration"):
            return measured | stated | _verdict(measured)
    if packets.is_out_of_memory:
        return stated | {"readable": False, "problem": _NO_MEMORY}
    return stated


def _verdict(facts: PartialFacts) -> PartialFacts:
    """Return whether a file can be used, and any problem."""
    verdict = PartialFacts(readable=facts["readable"])
    if "problem" in facts:
        verdict["problem"] = facts["problem"]
    return verdict


def _demuxer(source: Source) -> str:
    """Name a format as ffmpeg does, so that it tries no other."""
    name = sniff(source).format
    if name == "mpg" and source.read_at(0, 4) == _ELEMENTARY_STREAM:
        return "mpegvideo"
    if name == "musepack" and source.read_at(0, 4) == b"MPCK":
        return "mpc8"
    return DEMUXERS.get(name, name).partition(",")[0]


def _without_lengths(streams: Streams) -> PartialFacts:
    """Keep what does not depend on reading the whole file; a part of it proves no length."""
    videos = (
        replace(video, duration=None, fps=None, vfr=None, frames=None) for video in streams.videos
    )
    audios = (replace(audio, duration=None) for audio in streams.audios)
    facts = stream_facts(Streams(streams.container, None, tuple(videos), tuple(audios)))
    if not facts["readable"]:  # encrypted
        return facts
    return facts | {"readable": False, "problem": _TOO_LONG}


def _measured_facts(source: Source, described: Streams, packets: PacketList) -> PartialFacts:
    streams = _with_packet_timing(described, packets) if packets.tracks else described
    facts = stream_facts(replace(streams, duration=None))
    if not facts["readable"]:  # encrypted
        return facts
    timings = [track.timing for track in packets.tracks if track.timing]
    if not timings and packets.error:
        return facts | {"readable": False, "problem": f"damaged: {packets.error}"}
    is_scaled = described.container in _SCALED
    claimed = described.duration if is_scaled else packets.header_seconds
    clock = Clock(1, None if described.container in {"Ogg", *BROADCAST} else claimed)
    length = file_length(timings, max((timing.end for timing in timings), default=0.0), clock)
    if length and length.duration:
        facts["duration"] = length.duration
    is_short = length is not None and length.mismatch() is not None
    is_cut = any(track.is_corrupt for track in packets.tracks) or (described.truncated and is_short)
    # Audio that was cut off plays up to there; with video, players differ.
    is_cut &= bool(streams.videos) and described.container not in BROADCAST
    end = FileEnd(source.size, None, is_cut)
    return facts | readability(facts, length, end)


def _with_packet_timing(streams: Streams, packets: PacketList) -> Streams:
    """Replace what libmediainfo took from headers by what ffmpeg read."""
    videos, audios = packets.of_kind("video"), packets.of_kind("audio")
    has_rate = streams.container == "AVI"
    return replace(
        streams,
        videos=tuple(
            _video(stream or VideoStream("unknown"), track, has_rate=has_rate)
            for stream, track in zip_longest(streams.videos[: len(videos)], videos)
        ),
        audios=tuple(
            _audio(stream or AudioStream("unknown"), track)
            for stream, track in zip_longest(streams.audios[: len(audios)], audios)
        ),
    )


def _video(stream: VideoStream, track: Track, *, has_rate: bool) -> VideoStream:
    width, _, height = track.header.get("dimensions", "").partition("x")
    video = with_timing(stream, track.timing)
    if _has_fields(stream, video):
        video = replace(video, fps=(video.fps or 0) / 2, frames=(video.frames or 0) // 2)
    return replace(
        video,
        codec=track.codec or stream.codec,
        width=stream.width or int(width or 0) or None,
        height=stream.height or int(height or 0) or None,
        # AVI knows a rate and no times: a frame left out does not change the rate.
        fps=stream.fps if has_rate else video.fps,
    )


def _has_fields(described: VideoStream, listed: VideoStream) -> bool:
    """Whether each packet is a field, half of the lines of a frame, of interlaced video."""
    return bool(described.fps) and 1.8 < (listed.fps or 0.0) / (described.fps or 1.0) < 2.2


def _audio(stream: AudioStream, track: Track) -> AudioStream:
    codec = track.codec or stream.codec
    pcm = _PCM.match(codec)
    bits = int(pcm[1] or 8) if pcm else 1 if codec.startswith("dsd") else stream.bit_depth
    return replace(
        with_duration(stream, track.timing),
        codec=codec,
        sample_rate=int(track.header.get("sample_rate", 0)) or stream.sample_rate,
        channels=_channels(track.header.get("channel_layout_name", "")) or stream.channels,
        bit_depth=bits,
    )


def _channels(layout: str) -> int | None:
    """Count the channels of a layout's name: "stereo", "5.1(side)", "3 channels (FL+FR+LFE)"."""
    if layout in {"mono", "stereo"}:
        return 1 if layout == "mono" else 2
    numbers = re.match(r"(\d+)(?: channels|\.(\d+)(?:\.(\d+))?)", layout)
    return sum(int(number or 0) for number in numbers.groups()) if numbers else None
