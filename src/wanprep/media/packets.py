"""Read formats that have no reader here: libmediainfo for the streams, ffmpeg for the packets.

libmediainfo takes lengths from headers, or estimates them from bit rates. ffmpeg lists the packets
that are in the file, without decoding them.
"""

from __future__ import annotations

import re
import subprocess
import tempfile
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import zip_longest
from threading import Timer
from typing import TYPE_CHECKING, Final

from wanprep.media.facts import NOT_READ
from wanprep.media.ffmpeg import command_line, file_url, start
from wanprep.media.mediainfo import AudioStream, Streams, VideoStream, describe, stream_facts
from wanprep.media.sniff import sniff
from wanprep.media.source import LocalFile, PartialFile
from wanprep.media.streams import read_streams
from wanprep.media.video.frame_times import (
    Clock,
    FileEnd,
    Timestamps,
    TrackTiming,
    file_length,
    readability,
    track_timing,
    with_duration,
    with_timing,
)

if TYPE_CHECKING:
    from collections.abc import Iterable
    from subprocess import Popen
    from typing import IO

    from wanprep.media.facts import PartialFacts
    from wanprep.media.source import Source

_DEMUXERS: Final = {"wavpack": "wv"}  # the other formats have the same name in ffmpeg
_SECONDS: Final = 8.0
_MESSAGES: Final = 1 << 16  # bytes
_NO_TIME: Final = -(1 << 63)
_CORRUPT: Final = 2  # a packet's flag: AV_PKT_FLAG_CORRUPT
_DURATION_LINE: Final = re.compile(r"^\[info\]   Duration: (\d+):(\d+):([\d.]+)", re.MULTILINE)
# ffmpeg scales the length of these to the bytes that are there; libmediainfo gives the header's.
_SCALED: Final = frozenset({"AVI", "Windows Media"})
_GUESSED: Final = "Estimating duration from bitrate"
_ERROR: Final = re.compile(r"^(?:\[[^\]]*\] ?)*\[(?:error|fatal)\] (.+)", re.MULTILINE)
_PCM: Final = re.compile(r"pcm_(?:[suf](\d+)|[am])")


@dataclass
class _Track:
    """One stream as ffmpeg's framecrc muxer lists it."""

    header: dict[str, str] = field(default_factory=dict)
    decoding: Timestamps = field(default_factory=Timestamps)
    presentation: Timestamps = field(default_factory=Timestamps)
    has_presentation_times: bool = True
    is_corrupt: bool = False

    def add(self, dts: int, pts: int, duration: int) -> None:
        self.has_presentation_times &= pts != _NO_TIME
        for stamps, ticks in ((self.decoding, dts), (self.presentation, pts)):
            stamps.ticks.append(ticks)
            stamps.end = max(stamps.end, ticks + duration if duration else 0)

    @cached_property
    def timing(self) -> TrackTiming | None:
        """When the packets play; those before zero are for the decoder only."""
        ticks, _, rate = self.header["tb"].partition("/")
        clock = Clock(int(rate) / int(ticks))
        if not self.has_presentation_times:
            return track_timing(self.decoding, clock)
        timing = track_timing(self.presentation, clock)
        return replace(timing, start=max(timing.start, 0.0)) if timing else None

    @property
    def codec(self) -> str | None:
        name = self.header.get("codec_id", "none")
        return None if name in {"none", "unknown"} else name


@dataclass(slots=True)
class _PacketList:
    """The streams that ffmpeg found in a file, and its messages."""

    tracks: list[_Track] = field(default_factory=list)
    messages: str = ""
    is_late: bool = False

    def of_kind(self, kind: str) -> list[_Track]:
        return [track for track in self.tracks if track.header.get("media_type") == kind]

    @property
    def header_seconds(self) -> float | None:
        """The length that ffmpeg read from the header."""
        match = _DURATION_LINE.search(self.messages)
        if match is None or _GUESSED in self.messages:
            return None
        return int(match[1]) * 3600 + int(match[2]) * 60 + float(match[3])


def read_packets(source: Source) -> PartialFacts:
    """Describe the streams, and measure them where ffmpeg can reach the file."""
    if not isinstance(source, LocalFile) or isinstance(source, PartialFile):
        return read_streams(source)
    name = sniff(source).format
    try:
        packets = _list_packets(source.path, _DEMUXERS.get(name, name))
    except OSError:
        problem = f"{NOT_READ}: ffmpeg cannot be started, see `wanprep doctor`"
        return {"readable": False, "problem": problem}
    streams = describe(source)
    if packets.is_late:
        return _without_lengths(streams)
    return _measured_facts(source, streams, packets)


def _without_lengths(streams: Streams) -> PartialFacts:
    """Keep what does not depend on reading the whole file; a part of it proves no length."""
    videos = (
        replace(video, duration=None, fps=None, vfr=None, frames=None) for video in streams.videos
    )
    audios = (replace(audio, duration=None) for audio in streams.audios)
    facts = stream_facts(Streams(streams.container, None, tuple(videos), tuple(audios)))
    if not facts["readable"]:  # encrypted
        return facts
    problem = f"{NOT_READ}: measuring its length took longer than {_SECONDS:g} s"
    return facts | {"readable": False, "problem": problem}


def _measured_facts(source: Source, described: Streams, packets: _PacketList) -> PartialFacts:
    streams = _with_packet_timing(described, packets) if packets.tracks else described
    facts = stream_facts(replace(streams, duration=None))
    if not facts["readable"]:  # encrypted
        return facts
    timings = [track.timing for track in packets.tracks if track.timing]
    if not timings and (error := _ERROR.search(packets.messages)):
        return facts | {"readable": False, "problem": f"damaged: {error[1]}"}
    is_scaled = described.container in _SCALED
    claimed = described.duration if is_scaled else packets.header_seconds
    clock = Clock(1, None if described.container == "Ogg" else claimed)
    length = file_length(timings, max((timing.end for timing in timings), default=0.0), clock)
    if length and length.duration:
        facts["duration"] = length.duration
    is_short = length is not None and length.mismatch() is not None
    is_cut = any(track.is_corrupt for track in packets.tracks) or (described.truncated and is_short)
    # Audio that was cut off plays up to there; with video, players differ.
    end = FileEnd(source.size, None, is_cut and bool(streams.videos))
    return facts | readability(facts, length, end)


def _with_packet_timing(streams: Streams, packets: _PacketList) -> Streams:
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


def _video(stream: VideoStream, track: _Track, *, has_rate: bool) -> VideoStream:
    width, _, height = track.header.get("dimensions", "").partition("x")
    video = with_timing(stream, track.timing)
    return replace(
        video,
        codec=track.codec or stream.codec,
        width=stream.width or int(width or 0) or None,
        height=stream.height or int(height or 0) or None,
        # AVI knows a rate and no times: a frame left out does not change the rate.
        fps=stream.fps if has_rate else video.fps,
    )


def _audio(stream: AudioStream, track: _Track) -> AudioStream:
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


def _list_packets(path: str, demuxer: str) -> _PacketList:
    command = command_line(
        *("-v", "level+info", "-f", demuxer, "-i", file_url(path)),
        *("-map", "0:V?", "-map", "0:a?", "-c", "copy", "-f", "framecrc", "-"),
    )
    packets = _PacketList()
    with (
        tempfile.TemporaryFile() as messages,
        start(command, stdout=subprocess.PIPE, stderr=messages) as process,
    ):
        timer = Timer(_SECONDS, _stop, (process, packets))
        timer.start()
        try:
            packets.tracks = _tracks(process.stdout or ())
        finally:
            timer.cancel()
            process.kill()
        messages.seek(0)
        packets.messages = messages.read(_MESSAGES).decode("utf-8", "replace")
    return packets


def _stop(process: Popen[bytes], packets: _PacketList) -> None:
    packets.is_late = True
    process.kill()


def _tracks(lines: IO[bytes] | Iterable[bytes]) -> list[_Track]:
    """Parse `#name stream: value`, then `stream, dts, pts, duration, size, checksum, F=flags`."""
    tracks: dict[int, _Track] = {}
    for line in lines:
        if line.startswith(b"#"):
            name, _, value = line[1:].decode("utf-8", "replace").partition(": ")
            name, _, number = name.partition(" ")
            if number.isdecimal():
                tracks.setdefault(int(number), _Track()).header[name] = value.strip()
            continue
        if not line.endswith(b"\n"):  # ffmpeg was stopped while it wrote this
            break
        stream, dts, pts, duration, _, _, *rest = line.split(b",")
        flags = int(rest[0].replace(b"F=", b""), 16) if rest and rest[0].startswith(b" F=") else 0
        if flags & _CORRUPT:
            tracks[int(stream)].is_corrupt = True
        else:
            tracks[int(stream)].add(int(dts), int(pts), int(duration))
    return list(tracks.values())
