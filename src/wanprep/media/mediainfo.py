"""Describe the streams in a file with libmediainfo.

libmediainfo knows hundreds of containers and codecs. A text template requests the few fields
needed (a third quicker than its XML). It gets bytes and never a name, so that it cannot follow
a playlist to another file, nor believe an extension. Its lengths come from headers.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from typing import TYPE_CHECKING, Final

from wanprep.media.codecs import audio_codec, is_lossless, video_codec
from wanprep.media.source import as_file

if TYPE_CHECKING:
    from wanprep.media.facts import Color, Found
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
_SEPARATOR: Final = "\x1f"  # stands in no codec's or colour space's name
_TEMPLATE: Final = "\r\n".join(
    f"{section};{section}{_SEPARATOR}{_SEPARATOR.join(f'%{name}%' for name in names)}\\n"
    for section, names in _FIELDS.items()
)
# Without colour information decoders take these for YUV; the 8-bit ones have nothing else.
_EIGHT_BIT_YUV: Final = frozenset(
    {"flv1", "h261", "h263", "msmpeg4v1", "msmpeg4v2", "msmpeg4v3", "rv10", "rv20", "rv30"}
    | {"rv40", "theora", "vc1", "vp6", "vp6f", "vp8", "wmv1", "wmv2", "wmv3"}
)
_YUV: Final = _EIGHT_BIT_YUV | {"av1", "h264", "hevc", "mjpeg", "mpeg4", "prores", "vp9", "vvc"}
_HDR_TRANSFERS: Final = frozenset({"PQ", "HLG"})
# Frames whose gaps stay within this ratio are one steady rate written in rounded time stamps.
_STEADY: Final = 1.25
# Opus plays at this rate, whatever was encoded, which its header states (RFC 7845, 5.1).
_OPUS_RATE: Final = 48_000
# Pixel shapes come rounded to three digits ("1.067"); those in use are small fractions (16/15).
_LARGEST_SHAPE_TERM: Final = 60
# An honest file is read once, and some places again. That many times the file, and a little.
_MOST_READINGS: Final = 4
_SMALL_CHANGE: Final = 1 << 22


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
    """What is in a container."""

    container: str
    duration: float | None = None
    videos: tuple[VideoStream, ...] = ()
    audios: tuple[AudioStream, ...] = ()
    truncated: bool = False


def describe(source: Source, parse_speed: float = 0, portion: int = 64 * 1024) -> Streams:
    """Return the streams that libmediainfo finds; an unknown file has none.

    Speed 0 reads the headers only. 1 reads the whole file: that is for streams without
    headers that say how long they are. It is fed so many bytes at a time.
    """
    from pymediainfo import MediaInfo

    _without_labels()
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
def _without_labels() -> None:
    """Spare libmediainfo, once for this process, the human-readable strings that are not used here.

    It holds for every parse and takes a fifth off each. pymediainfo's own way to pass options
    resets them all after every file, which costs more than is gained.
    """
    from pymediainfo import MediaInfo

    library, handle, *_ = MediaInfo._get_library()  # noqa: SLF001 - see above
    library.MediaInfo_Option(handle, "ReadByHuman", "0")
    library.MediaInfo_Delete(handle)


class _Limited:
    """A source that ends after a limited number of bytes read.

    In damaged files libmediainfo may seek back to the same place for ever.
    """

    def __init__(self, source: Source) -> None:
        self._source = source
        self._left = source.size * _MOST_READINGS + _SMALL_CHANGE
        self.size = source.size

    def read_at(self, offset: int, length: int) -> bytes:
        """Return `length` bytes from `offset` on, as long as the limit allows."""
        data = self._source.read_at(offset, length) if self._left > 0 else b""
        self._left -= len(data)
        return data


def _video(track: dict[str, str]) -> VideoStream:
    codec = video_codec(track)
    color, alpha = _color(track["ColorSpace"])
    low, high = _number(track["FrameRate_Minimum"]), _number(track["FrameRate_Maximum"])
    return VideoStream(
        codec=codec,
        width=_own_size(track, "Width", codec),
        height=_own_size(track, "Height", codec),
        sar=_shape(track["PixelAspectRatio"]),
        rotation=round(_number(track["Rotation"]) or 0) % 360,
        bit_depth=_whole(track["BitDepth"]) or (8 if codec in _EIGHT_BIT_YUV else None),
        color="yuv" if color is None and codec in _YUV else color,
        hdr=track["transfer_characteristics"] in _HDR_TRANSFERS or bool(track["HDR_Format"]),
        alpha=alpha,
        duration=_seconds(track["Duration"]),
        fps=_number(track["FrameRate"]) or _number(track["FrameRate_Original"]),
        vfr=high / low > _STEADY if low and high else None,
        frames=_whole(track["FrameCount"]),
        encrypted=bool(track["Encryption"]),
        track_id=_whole(track["ID"]),
    )


def _own_size(track: dict[str, str], side: str, codec: str) -> int | None:
    """Return the size in the stream; libmediainfo prefers the container's claim."""
    # It misreads the size of VP9 streams in RGB.
    own = None if codec == "vp9" else _whole(track[f"{side}_Original"])
    return own or _whole(track[side])


def _audio(track: dict[str, str]) -> AudioStream:
    codec = audio_codec(track)
    return AudioStream(
        codec=codec,
        sample_rate=_OPUS_RATE if codec == "opus" else _whole(track["SamplingRate"]),
        channels=_whole(track["Channel(s)"]),
        bit_depth=_whole(track["BitDepth"]),
        duration=_seconds(track["Duration"]),
        encrypted=bool(track["Encryption"]),
        track_id=_whole(track["ID"]),
    )


def _number(text: str) -> float | None:
    # "48000 / 24000" is the rate with and without an extension: the first is what plays.
    match = re.match(r"-?\d+(\.\d+)?", text)
    return float(match[0]) if match else None


def _whole(text: str) -> int | None:
    number = _number(text)
    return None if number is None else int(number)


def _shape(ratio: str) -> float | None:
    number = _number(ratio)
    if not number:
        return None
    return float(Fraction(number).limit_denominator(_LARGEST_SHAPE_TERM)) or None


def _seconds(milliseconds: str) -> float | None:
    number = _number(milliseconds)
    return None if number is None else number / 1000


def _color(space: str) -> tuple[Color | None, bool]:
    """Return the kind of colour and whether there is an alpha channel: "YUVA", "RGB", "Y"."""
    name = space.replace(" ", "").upper()
    alpha = len(name) > 1 and name.endswith("A")
    colors: dict[str, Color] = {"YUV": "yuv", "RGB": "rgb", "Y": "gray", "CMYK": "cmyk"}
    return colors.get(name.removesuffix("A") if alpha else name), alpha


def as_found(streams: Streams) -> Found:
    """Turn a description into facts: the first video track and the first audio track."""
    found: Found = {"kind": "other", "readable": True}
    if streams.duration is not None:
        found["duration"] = streams.duration
    if streams.audios:
        found |= _audio_facts(streams)
    if streams.videos:
        found |= _video_facts(streams)
    encrypted = [stream.encrypted for stream in streams.videos]
    encrypted += [stream.encrypted for stream in streams.audios]
    if any(encrypted):
        found |= {"readable": False, "problem": "encrypted: it cannot be played without a key"}
    return found


def _audio_facts(streams: Streams) -> Found:
    first = streams.audios[0]
    found: Found = {
        "kind": "audio",
        "audio_codec": first.codec,
        "audio_tracks": len(streams.audios),
    }
    if first.sample_rate is not None:
        found["sample_rate"] = first.sample_rate
    if first.channels is not None:
        found["channels"] = first.channels
    if first.duration is not None:
        found["audio_duration"] = first.duration
    if first.bit_depth and not streams.videos and is_lossless(first.codec):
        found["bit_depth"] = first.bit_depth
    return found


def _video_facts(streams: Streams) -> Found:
    first = streams.videos[0]
    found: Found = {
        "kind": "video",
        "video_codec": first.codec,
        "video_tracks": len(streams.videos),
        "rotation": first.rotation,
        "alpha": first.alpha,
        "hdr": first.hdr,
        "gps": False,
    }
    if first.width and first.height:
        found |= shown_size(first.width, first.height, first.rotation, first.sar)
    if first.color is not None:
        found["color"] = first.color
    if first.bit_depth is not None:
        found["bit_depth"] = first.bit_depth
    if first.duration is not None:
        found["video_duration"] = first.duration
    if first.fps is not None:
        found["fps"] = first.fps
    if first.vfr is not None:
        found["vfr"] = first.vfr
    if first.frames is not None:
        found["frames"] = first.frames
    return found


def shown_size(width: int, height: int, rotation: int, sar: float | None) -> Found:
    """Return the sizes of a stored frame that a player rotates by `rotation` degrees."""
    shape = sar or 1.0
    if rotation % 180 == 90:
        shown_width, shown_height, shape = height, width, 1 / shape
    else:
        shown_width, shown_height = width, height
    return {
        "stored_width": width,
        "stored_height": height,
        "width": shown_width,
        "height": shown_height,
        "sar": round(shape, 6),
        "aspect": round(shown_width * shape / shown_height, 6),
    }
