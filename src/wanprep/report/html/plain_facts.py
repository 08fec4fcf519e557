"""What a file is, in words that need no manual."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from wanprep.judge.message import ratio
from wanprep.text import file_size, seconds

if TYPE_CHECKING:
    from collections.abc import Iterator

    from wanprep.probe.facts import Facts

KINDS: Final = {"image": "picture", "video": "clip", "audio": "sound", "other": "file"}
ROLES: Final = {
    "reference_image": "reference picture",
    "reference_video": "reference clip",
    "first_frame": "first frame",
    "voice": "voice",
}
_CODECS: Final = {"h264": "H.264", "hevc": "H.265 (HEVC)", "prores": "ProRes", "mpeg4": "MPEG-4"}
_PLAIN: Final = "pcm_"
_USUAL_COLORS: Final = frozenset({None, "rgb", "yuv"})
_COLORS: Final = {"gray": "greys", "cmyk": "CMYK, for printing", "lab": "Lab",
                  "palette": "a palette of few colours"}  # fmt: skip
_NAMED: Final = (("1:1", 1.0), ("16:9", 16 / 9), ("9:16", 9 / 16), ("4:3", 4 / 3), ("3:4", 3 / 4),
                 ("3:2", 1.5), ("2:3", 2 / 3), ("21:9", 21 / 9))  # fmt: skip


def headline(facts: Facts) -> str:
    """Say in a line what it is: JPEG picture, 512 x 384 px, 11.5 kB."""
    name = facts.format.upper() if facts.format != "unknown" else "Unknown"
    told = [f"{name} {KINDS[facts.kind]}"]
    if facts.width is not None:
        told.append(f"{facts.width} \u00d7 {facts.height} px")
    if facts.duration is not None:
        told.append(seconds(facts.duration))
    if facts.bytes is not None:
        told.append(file_size(facts.bytes))
    return " \u00b7 ".join(each.replace(" ", "\u00a0") for each in told)


def details(facts: Facts) -> Iterator[tuple[str, str]]:
    """Name everything else that is worth knowing, and leave out what is as usual."""
    if facts.aspect:
        yield "Shape", shape(facts.aspect)
    yield from _pictures(facts)
    yield from _streams(facts)
    if facts.gps:
        yield "Location", "says where it was taken"
    if facts.extension_format and facts.format not in {"unknown", facts.extension_format}:
        yield "Name", f"claims {facts.extension_format.upper()}"
    if facts.problem and facts.readable:
        yield "Odd", facts.problem


def shape(aspect: float) -> str:
    """Say a shape: 16:9, landscape."""
    near = [name for name, value in _NAMED if abs(aspect / value - 1) < 0.01]
    name = near[0] if near else ratio(aspect)
    if abs(aspect - 1) < 0.01:
        return "1:1, square"
    return f"{name}, {'landscape' if aspect > 1 else 'portrait'}"


def _pictures(facts: Facts) -> Iterator[tuple[str, str]]:
    if facts.orientation and facts.orientation != 1:
        yield "Stored", "turned; viewers turn it upright (EXIF)"
    if facts.rotation:
        yield "Stored", f"turned; players turn it by {facts.rotation}\u00b0"
    if facts.sar and abs(facts.sar - 1) > 0.001:
        yield "Pixels", f"not square ({facts.sar:.4g}:1)"
    if facts.alpha:
        yield "Transparency", "yes, an alpha channel"
    if facts.animated:
        yield "Moves", f"{facts.frames or 'several'} frames"
    if facts.color not in _USUAL_COLORS:
        yield "Colours", _COLORS[facts.color or ""]
    if facts.kind != "audio" and (facts.bit_depth or 8) > 8:
        yield "Depth", f"{facts.bit_depth} bit{', HDR' if facts.hdr else ''}"


def _streams(facts: Facts) -> Iterator[tuple[str, str]]:
    if facts.kind == "video":
        picture = facts.video_codec or "unknown"
        rate = f", {facts.fps:.4g} frames a second" if facts.fps else ""
        uneven = ", uneven" if facts.vfr else ""
        yield "Picture", f"{_CODECS.get(picture, picture.upper())}{rate}{uneven}"
        if not facts.audio_codec:
            yield "Sound", "none"
    if codec := facts.audio_codec:
        name = "uncompressed (PCM)" if codec.startswith(_PLAIN) else codec.upper()
        rate = f", {facts.sample_rate / 1000:.4g} kHz" if facts.sample_rate else ""
        channels = {1: ", mono", 2: ", stereo"}.get(facts.channels or 0, "")
        yield "Sound", f"{name}{rate}{channels}"
