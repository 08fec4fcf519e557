"""Read formats without a reader of our own: libmediainfo for the streams, ffmpeg for the packets.

The lengths that libmediainfo gives are those of headers, or guesses from bit rates. ffmpeg lists
the packets that are really in the file, without decoding them.
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
from wanprep.media.mediainfo import AudioStream, VideoStream, as_found, describe
from wanprep.media.sniff import sniff
from wanprep.media.source import LocalFile
from wanprep.media.streams import read_streams
from wanprep.media.video.frame_times import (
    Clock,
    Ending,
    Shown,
    Times,
    lengths,
    shown,
    verdict,
    with_length,
    with_times,
)

if TYPE_CHECKING:
    from collections.abc import Iterable
    from subprocess import Popen
    from typing import IO

    from wanprep.media.facts import Found
    from wanprep.media.mediainfo import Streams
    from wanprep.media.source import Source

_DEMUXERS: Final = {"wavpack": "wv"}  # the other formats have the same name in ffmpeg
_SECONDS: Final = 8.0
_MESSAGES: Final = 1 << 16  # bytes
_NO_TIME: Final = -(1 << 63)
_CORRUPT: Final = 2  # a packet's flag: AV_PKT_FLAG_CORRUPT
_CLAIM: Final = re.compile(r"^\[info\]   Duration: (\d+):(\d+):([\d.]+)", re.MULTILINE)
# Of these ffmpeg gives a length for the bytes that are there, and libmediainfo the header's.
_SCALED: Final = frozenset({"AVI", "Windows Media"})
_GUESSED: Final = "Estimating duration from bitrate"
_ERROR: Final = re.compile(r"^(?:\[[^\]]*\] ?)*\[(?:error|fatal)\] (.+)", re.MULTILINE)
_PCM: Final = re.compile(r"pcm_(?:[suf](\d+)|[am])")


@dataclass
class _Track:
    """One stream as ffmpeg's framecrc muxer lists it."""

    header: dict[str, str] = field(default_factory=dict)
    shown: Times = field(default_factory=Times)
    decoded: Times = field(default_factory=Times)
    has_all_times: bool = True
    is_cut: bool = False

    def add(self, decoded: int, shown: int, duration: int) -> None:
        self.has_all_times &= shown != _NO_TIME
        for times, stamp in ((self.decoded, decoded), (self.shown, shown)):
            times.stamps.append(stamp)
            times.end = max(times.end, stamp + duration if duration else 0)

    @cached_property
    def played(self) -> Shown | None:
        """Return when the packets play; what is shown before zero is for the decoder only."""
        ticks, _, rate = self.header["tb"].partition("/")
        clock = Clock(int(rate) / int(ticks))
        if not self.has_all_times:
            return shown(self.decoded, clock)
        played = shown(self.shown, clock)
        return replace(played, start=max(played.start, 0.0)) if played else None

    @property
    def codec(self) -> str | None:
        name = self.header.get("codec_id", "none")
        return None if name in {"none", "unknown"} else name


@dataclass(slots=True)
class _Listing:
    """The streams that ffmpeg found in a file, and its messages."""

    tracks: list[_Track] = field(default_factory=list)
    messages: str = ""
    is_late: bool = False

    def of(self, kind: str) -> list[_Track]:
        return [track for track in self.tracks if track.header.get("media_type") == kind]

    @property
    def claim(self) -> float | None:
        """The length in the header, in seconds."""
        match = _CLAIM.search(self.messages)
        if match is None or _GUESSED in self.messages:
            return None
        return int(match[1]) * 3600 + int(match[2]) * 60 + float(match[3])


def read_packets(source: Source) -> Found:
    """Describe the streams, and measure them where ffmpeg can reach the file."""
    if not isinstance(source, LocalFile):
        return read_streams(source)
    name = sniff(source).format
    try:
        listing = _list_packets(source.path, _DEMUXERS.get(name, name))
    except (OSError, RuntimeError):
        problem = f"{NOT_READ}: ffmpeg cannot be started, see `wanprep doctor`"
        return {"readable": False, "problem": problem}
    return _found(source, listing)


def _found(source: Source, listing: _Listing) -> Found:
    described = describe(source)
    streams = _measured(described, listing) if listing.tracks else described
    found = as_found(replace(streams, duration=None))
    if not found["readable"]:  # encrypted
        return found
    if listing.is_late:
        problem = f"{NOT_READ}: measuring its length took longer than {_SECONDS:g} s"
        return found | {"readable": False, "problem": problem}
    played = [track.played for track in listing.tracks if track.played]
    if not played and (error := _ERROR.search(listing.messages)):
        return found | {"readable": False, "problem": f"damaged: {error[1]}"}
    claim = described.duration if described.container in _SCALED else listing.claim
    clock = Clock(1, None if described.container == "Ogg" else claim)
    plays = lengths(played, max((track.end for track in played), default=0.0), clock)
    if plays and plays.duration:
        found["duration"] = plays.duration
    is_short = plays is not None and plays.disagreement() is not None
    is_cut = any(track.is_cut for track in listing.tracks) or (described.truncated and is_short)
    # Audio that was cut off plays up to there; of a video, every player makes something else.
    return found | verdict(found, plays, Ending(source.size, None, is_cut and bool(streams.videos)))


def _measured(streams: Streams, listing: _Listing) -> Streams:
    """Put what ffmpeg found in place of what libmediainfo took from headers."""
    videos, audios = listing.of("video"), listing.of("audio")
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
    video = with_times(stream, track.played)
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
        with_length(stream, track.played),
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


def _list_packets(path: str, demuxer: str) -> _Listing:
    import imageio_ffmpeg

    command = [
        *(imageio_ffmpeg.get_ffmpeg_exe(), "-nostdin", "-hide_banner", "-nostats"),
        *("-v", "level+info", "-protocol_whitelist", "file,pipe"),
        *("-f", demuxer, "-i", f"file:{path}", "-map", "0:V?", "-map", "0:a?"),
        *("-c", "copy", "-f", "framecrc", "-"),
    ]
    listing = _Listing()
    with (
        tempfile.TemporaryFile() as messages,
        subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=messages,
            close_fds=True,
        ) as process,
    ):
        timer = Timer(_SECONDS, _stop, (process, listing))
        timer.start()
        try:
            listing.tracks = _tracks(process.stdout or ())
        finally:
            timer.cancel()
            process.kill()
        messages.seek(0)
        listing.messages = messages.read(_MESSAGES).decode("utf-8", "replace")
    return listing


def _stop(process: Popen[bytes], listing: _Listing) -> None:
    listing.is_late = True
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
        stream, decoded, shown_at, duration, _, _, *rest = line.split(b",")
        flags = int(rest[0].replace(b"F=", b""), 16) if rest and rest[0].startswith(b" F=") else 0
        if flags & _CORRUPT:
            tracks[int(stream)].is_cut = True
        else:
            tracks[int(stream)].add(int(decoded), int(shown_at), int(duration))
    return list(tracks.values())
