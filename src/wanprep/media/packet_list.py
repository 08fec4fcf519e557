"""List the packets of a file, or its decoded frames, with ffmpeg's framecrc muxer."""

from __future__ import annotations

import re
import subprocess
import tempfile
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Final

from wanprep.media.ffmpeg import command_line, file_url, killed_after, start
from wanprep.media.video.frame_times import Clock, Timestamps, TrackTiming, track_timing

if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import IO

MAX_SECONDS: Final = 8.0  # to read a file
_MESSAGES: Final = 1 << 16  # bytes
_NO_TIME: Final = -(1 << 63)
_CORRUPT: Final = 2  # a packet's flag: AV_PKT_FLAG_CORRUPT
# The last packet of Speex in Ogg may have a negative duration, written without its sign.
_WRAPPED: Final = range(1 << 31, 1 << 32)
_DURATION_LINE: Final = re.compile(r"^\[info\]   Duration: (\d+):(\d+):([\d.]+)", re.MULTILINE)
_GUESSED: Final = "Estimating duration from bitrate"
_ERROR: Final = re.compile(r"^(?:\[[^\]]*\] ?)*\[(?:error|fatal)\] (.+)", re.MULTILINE)
_NO_MEMORY: Final = "Cannot allocate memory"


@dataclass
class Track:
    """One stream as ffmpeg's framecrc muxer lists it."""

    header: dict[str, str] = field(default_factory=dict)
    decoding: Timestamps = field(default_factory=Timestamps)
    presentation: Timestamps = field(default_factory=Timestamps)
    has_presentation_times: bool = True
    is_corrupt: bool = False

    def add(self, dts: int, pts: int, duration: int) -> None:
        """Add a packet."""
        duration = 0 if duration in _WRAPPED else duration
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
        """The codec's name."""
        name = self.header.get("codec_id", "none")
        return None if name in {"none", "unknown"} else name


@dataclass(slots=True)
class PacketList:
    """The streams that ffmpeg found in a file, and its messages."""

    tracks: list[Track] = field(default_factory=list)
    messages: str = ""
    is_late: bool = False

    def of_kind(self, kind: str) -> list[Track]:
        """List the video or the audio tracks."""
        return [track for track in self.tracks if track.header.get("media_type") == kind]

    @property
    def error(self) -> str | None:
        """The first error that ffmpeg reported."""
        match = _ERROR.search(self.messages)
        return match[1] if match else None

    @property
    def is_out_of_memory(self) -> bool:
        """Whether a worker's memory was too small for it."""
        return _NO_MEMORY in self.messages

    @property
    def header_seconds(self) -> float | None:
        """The length that ffmpeg read from the header."""
        match = _DURATION_LINE.search(self.messages)
        if match is None or _GUESSED in self.messages:
            return None
        return int(match[1]) * 3600 + int(match[2]) * 60 + float(match[3])


def list_packets(path: str, demuxer: str, *, decode: bool = False) -> PacketList:
    """List the packets, or decode them and list the frames, within a limited time."""
    how = ("-fps_mode", "passthrough") if decode else ("-c", "copy")
    command = command_line(
        *("-v", "level+info", "-threads", "2", "-f", demuxer, "-i", file_url(path)),
        *("-map", "0:V?", "-map", "0:a?", *how, "-f", "framecrc", "-"),
    )
    packets = PacketList()
    with (
        tempfile.TemporaryFile() as messages,
        start(command, stdout=subprocess.PIPE, stderr=messages) as process,
    ):
        with killed_after(process, MAX_SECONDS) as is_late:
            packets.tracks = _tracks(process.stdout or ())
        packets.is_late = is_late.is_set()
        messages.seek(0)
        packets.messages = messages.read(_MESSAGES).decode("utf-8", "replace")
    for track in packets.tracks if decode else ():
        del track.header["codec_id"]  # that of the output
    return packets


def _tracks(lines: IO[bytes] | Iterable[bytes]) -> list[Track]:
    """Parse `#name stream: value`, then `stream, dts, pts, duration, size, checksum, F=flags`."""
    tracks: dict[int, Track] = {}
    for line in lines:
        if line.startswith(b"#"):
            name, _, value = line[1:].decode("utf-8", "replace").partition(": ")
            name, _, number = name.partition(" ")
            if number.isdecimal():
                tracks.setdefault(int(number), Track()).header[name] = value.strip()
            continue
        if not line.endswith(b"\n"):  # ffmpeg was stopped while it wrote this
            break
        stream, dts, pts, duration, _, _, *rest = line.split(b",")
        flags = int(rest[0].replace(b"F=", b""), 16) if rest and rest[0].startswith(b" F=") else 0
        track = tracks[int(stream)]
        track.is_corrupt |= bool(flags & _CORRUPT)
        # Of uncompressed audio, every sample that is there can be played.
        if not flags & _CORRUPT or (track.codec or "").startswith("pcm_"):
            track.add(int(dts), int(pts), int(duration))
    return list(tracks.values())
