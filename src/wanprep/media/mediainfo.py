"""Describe the streams in a file with libmediainfo.

A text template requests the few fields needed (a third faster than its XML). libmediainfo gets
bytes and never a name, so that it cannot follow a playlist to another file, nor trust an
extension. Its lengths come from headers.
"""

from __future__ import annotations

import re
from fractions import Fraction
from functools import cache
from typing import TYPE_CHECKING, Final

from wanprep.dataclass import dataclass
from wanprep.media.codecs import audio_codec, is_lossless, video_codec
from wanprep.media.facts import stated_facts
from wanprep.media.source import as_file

if TYPE_CHECKING:
    from wanprep.media.facts import Color, PartialFacts
    from wanprep.media.source import Source

_FIELDS: Final = {
    "General": ("Format", "Duration", "IsTruncated"),
    "Video": (
        "ID", "Format", "Format_Version", "Format_Profile", "CodecID", "Width", "Height",
        "Width_Original", "Height_Original",
        "PixelAspectRatio", "Rotation", "BitDepth", "ColorSpace", "transfer_characteristics",
        "HDR_Format", "Duration", "FrameRate", "FrameRate_Original", "FrameRate_Minimum",
        "FrameRate_Maximum", "FrameCount", "Encryption",
    ),
    "Audio": (
        "ID", "Format", "Format_Version", "Format_Profile", "CodecID", "BitDepth",
        "Format_Settings_Endianness", "Format_Settings_Sign", "SamplingRate", "Channel(s)",
        "Duration", "Encryption",
    ),
}  # fmt: skip
_SEPARATOR: Final = "\x1f"  # never part of a value
_TEMPLATE: Final = "\r\n".join(
    f"{section};{section}{_SEPARATOR}{_SEPARATOR.join(f'%{name}%' for name in names)}\\n"
    for section, names in _FIELDS.items()
)
# Without colour information decoders take these for YUV; those below have 8 bits only.
_EIGHT_BIT_YUV: Final = frozenset(
    {"flv1", "h261", "h263", "msmpeg4v1", "msmpeg4v2", "msmpeg4v3", "rv10", "rv20", "rv30"}
    | {"rv40", "theora", "vc1", "vp6", "vp6f", "vp8", "wmv1", "wmv2", "wmv3"}
)
_YUV: Final = _EIGHT_BIT_YUV | {"av1", "h264", "hevc", "mjpeg", "mpeg4", "prores", "vp9", "vvc"}
_HDR_TRANSFERS: Final = frozenset({"PQ", "HLG"})
# Gaps between frames within this ratio are a constant rate with rounded time stamps.
_STEADY: Final = 1.25
# Opus plays at this rate, whatever was encoded, which its header states (RFC 7845, 5.1).
_OPUS_RATE: Final = 48_000
# Pixel aspect ratios come rounded ("1.067"); those in use are small fractions (16/15).
_MAX_RATIO_TERM: Final = 60
# Bytes read at most: this many times the file, and a little more.
_MAX_READS: Final = 4
_EXTRA_BYTES: Final = 1 << 22


@dataclass(frozen=True, slots=True)
class VideoStream:
    """One video track. A value that libmediainfo does not give is None."""

    codec: str
    width: int | None = None
    height: int | None = None
    sar: float | None = None
    rotation: int = 0
    bit_depth: int | None = None
    color: Color | None = None
    hdr: bool = False
    alpha: bool = False
    duration: float | None = None
    fps: float | None = None
    vfr: bool | None = None
    frames: int | None = None
    encrypted: bool = False
    track_id: int | None = None


@dataclass(frozen=True, slots=True)
class AudioStream:
    """One audio track."""

    codec: str
    sample_rate: int | None = None
    channels: int | None = None
    bit_depth: int | None = None
    duration: float | None = None
    encrypted: bool = False
    track_id: int | None = None


@dataclass(frozen=True, slots=True)
class Streams:
    """The container and its tracks."""

    container: str
    duration: float | None = None
    videos: tuple[VideoStream, ...] = ()
    audios: tuple[AudioStream, ...] = ()
    truncated: bool = False


def describe(source: Source, parse_speed: float = 0, portion: int = 64 * 1024) -> Streams:
    """Describe the streams; an unknown file has none.

    `parse_speed` 0 reads the headers only, 1 the whole file, for streams whose headers state no
    length. libmediainfo gets `portion` bytes at a time.
    """
    from pymediainfo import MediaInfo

    _disable_labels()
    with as_file(_Limited(source)) as file:
        output: str = MediaInfo.parse(
            file, parse_speed=parse_speed, output=_TEMPLATE, buffer_size=portion
        )
    sections: dict[str, list[dict[str, str]]] = {"General": [], "Video": [], "Audio": []}
    for line in output.split("\n"):
        section, *values = line.rstrip("\r").split(_SEPARATOR)
        if section in sections and len(values) == len(_FIELDS[section]):
            sections[section].append(dict(zip(_FIELDS[section], values, strict=True)))
    general = sections["General"][0] if sections["General"] else {}
    return Streams(
        container=general.get("Format", ""),
        duration=_seconds(general.get("Duration", "")),
        videos=tuple(_video(track) for track in sections["Video"]),
        audios=tuple(_audio(track) for track in sections["Audio"]),
        truncated=general.get("IsTruncated") == "Yes",
    )


@cache
def _disable_labels() -> None:
    """Turn off libmediainfo's human-readable strings, which take a fifth of each parse.

    Once for the process: options passed through pymediainfo are reset after every file, which
    costs more than is gained.
    """
    from pymediainfo import MediaInfo

    library, handle, *_ = MediaInfo._get_library()  # noqa: SLF001 - no public way
    library.MediaInfo_Option(handle, "ReadByHuman", "0")
    library.MediaInfo_Delete(handle)


class _Limited:
    """A source that ends after a limited number of bytes read.

    In damaged files libmediainfo may seek back to the same place endlessly.
    """

    def __init__(self, source: Source) -> None:
        self._source = source
        self._left = source.size * _MAX_READS + _EXTRA_BYTES
        self.size = source.size

    def read_at(self, offset: int, length: int) -> bytes:
        """Return `length` bytes from `offset` on, none beyond the limit."""
        data = self._source.read_at(offset, length) if self._left > 0 else b""
        self._left -= len(data)
        return data


def _video(track: dict[str, str]) -> VideoStream:
    codec = video_codec(track)
    color, alpha = _color(track["ColorSpace"])
    low, high = _number(track["FrameRate_Minimum"]), _number(track["FrameRate_Maximum"])
    return VideoStream(
        codec=codec,
        width=_stream_size(track, "Width", codec),
        height=_stream_size(track, "Height", codec),
        sar=_pixel_ratio(track["PixelAspectRatio"]),
        rotation=round(_number(track["Rotation"]) or 0) % 360,
        bit_depth=_integer(track["BitDepth"]) or (8 if codec in _EIGHT_BIT_YUV else None),
        color="yuv" if color is None and codec in _YUV else color,
        hdr=track["transfer_characteristics"] in _HDR_TRANSFERS or bool(track["HDR_Format"]),
        alpha=alpha,
        duration=_seconds(track["Duration"]),
        fps=_number(track["FrameRate"]) or _number(track["FrameRate_Original"]),
        vfr=high / low > _STEADY if low and high else None,
        frames=_integer(track["FrameCount"]),
        encrypted=bool(track["Encryption"]),
        track_id=_integer(track["ID"]),
    )


def _stream_size(track: dict[str, str], side: str, codec: str) -> int | None:
    """Return the size in the stream; libmediainfo prefers the container's."""
    # It misreads the size of VP9 streams in RGB.
    own = None if codec == "vp9" else _integer(track[f"{side}_Original"])
    return own or _integer(track[side])


def _audio(track: dict[str, str]) -> AudioStream:
    codec = audio_codec(track)
    return AudioStream(
        codec=codec,
        sample_rate=_OPUS_RATE if codec == "opus" else _integer(track["SamplingRate"]),
        channels=_integer(track["Channel(s)"]),
        bit_depth=_integer(track["BitDepth"]),
        duration=_seconds(track["Duration"]),
        encrypted=bool(track["Encryption"]),
        track_id=_integer(track["ID"]),
    )


def _number(text: str) -> float | None:
    # "48000 / 24000" is the rate with and without an extension: players use the first.
    match = re.match(r"-?\d+(\.\d+)?", text)
    return float(match[0]) if match else None


def _integer(text: str) -> int | None:
    number = _number(text)
    return None if number is None else int(number)


def _pixel_ratio(ratio: str) -> float | None:
    number = _number(ratio)
    if not number:
        return None
    return float(Fraction(number).limit_denominator(_MAX_RATIO_TERM)) or None


def _seconds(milliseconds: str) -> float | None:
    number = _number(milliseconds)
    return None if number is None else number / 1000


def _color(space: str) -> tuple[Color | None, bool]:
    """Return the colour model and whether there is alpha, from "YUVA", "RGB" or "Y"."""
    name = space.replace(" ", "").upper()
    alpha = len(name) > 1 and name.endswith("A")
    colors: dict[str, Color] = {"YUV": "yuv", "RGB": "rgb", "Y": "gray", "CMYK": "cmyk"}
    return colors.get(name.removesuffix("A") if alpha else name), alpha


def stream_facts(streams: Streams) -> PartialFacts:
    """Return the facts of the first video track and the first audio track."""
    facts = stated_facts(kind="other", readable=True, duration=streams.duration)
    if streams.audios:
        facts |= _audio_facts(streams)
    if streams.videos:
        facts |= _video_facts(streams)
    encrypted = [stream.encrypted for stream in streams.videos]
    encrypted += [stream.encrypted for stream in streams.audios]
    if any(encrypted):
        facts |= {"readable": False, "problem": "encrypted: it cannot be played without a key"}
    return facts


def _audio_facts(streams: Streams) -> PartialFacts:
    first = streams.audios[0]
    has_depth = first.bit_depth and not streams.videos and is_lossless(first.codec)
    return stated_facts(
        kind="audio",
        audio_codec=first.codec,
        audio_tracks=len(streams.audios),
        sample_rate=first.sample_rate,
        channels=first.channels,
        audio_duration=first.duration,
        bit_depth=first.bit_depth if has_depth else None,
    )


def _video_facts(streams: Streams) -> PartialFacts:
    first = streams.videos[0]
    facts = stated_facts(
        kind="video",
        video_codec=first.codec,
        video_tracks=len(streams.videos),
        rotation=first.rotation,
        alpha=first.alpha,
        hdr=first.hdr,
        gps=False,
        color=first.color,
        bit_depth=first.bit_depth,
        video_duration=first.duration,
        fps=first.fps,
        vfr=first.vfr,
        frames=first.frames,
    )
    if first.width and first.height:
        facts |= display_size_facts(first.width, first.height, first.rotation, first.sar)
    return facts


def display_size_facts(width: int, height: int, rotation: int, sar: float | None) -> PartialFacts:
    """Return the sizes of a stored frame that a player rotates by `rotation` degrees."""
    ratio = sar or 1.0
    if rotation % 180 == 90:
        shown_width, shown_height, ratio = height, width, 1 / ratio
    else:
        shown_width, shown_height = width, height
    return {
        "stored_width": width,
        "stored_height": height,
        "width": shown_width,
        "height": shown_height,
        "sar": round(ratio, 6),
        "aspect": round(shown_width * ratio / shown_height, 6),
    }
