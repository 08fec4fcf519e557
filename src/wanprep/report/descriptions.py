"""What a file is, in words: its name, its kind and size, and what is unusual about it."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from wanprep.rules.message import ratio
from wanprep.text import codec_name, file_size, seconds

if TYPE_CHECKING:
    from collections.abc import Iterator

    from wanprep.job.model import Asset
    from wanprep.media.facts import Facts

_USUAL_COLORS: Final = frozenset({None, "rgb", "yuv"})
_COLORS: Final = {"gray": "grayscale", "cmyk": "CMYK", "lab": "Lab", "palette": "palette"}
_SHAPES: Final = (("1:1", 1.0), ("16:9", 16 / 9), ("9:16", 9 / 16), ("4:3", 4 / 3), ("3:4", 3 / 4),
                  ("3:2", 1.5), ("2:3", 2 / 3), ("21:9", 21 / 9))  # fmt: skip


def name_of(asset: Asset) -> str:
    """Return the base name of a file or URL, without the key that a URL may carry."""
    if asset.kind == "data":
        return asset.written.partition(",")[0][:60]
    if asset.kind == "file":
        return os.path.basename(asset.location.rstrip("/")) or asset.location
    try:
        parts = urlsplit(asset.location)
        return os.path.basename(parts.path.rstrip("/")) or parts.hostname or "a URL"
    except ValueError:
        return "a URL"


def folder_of(asset: Asset) -> str:
    """Return the folder of a file, the host of a URL."""
    if asset.kind == "file":
        return os.path.dirname(os.path.normpath(asset.location))
    try:
        return urlsplit(asset.location).hostname or ""
    except ValueError:
        return ""


def headline(facts: Facts) -> str:
    """Describe a file in one line: JPEG image, 512 x 384 px, 11.5 kB."""
    name = facts.format.upper() if facts.format != "unknown" else "Unknown"
    parts = [f"{name} {'file' if facts.kind == 'other' else facts.kind}"]
    if facts.width is not None:
        parts.append(f"{facts.width} \u00d7 {facts.height} px")
    if facts.duration is not None:
        parts.append(seconds(facts.duration))
    if facts.bytes is not None:
        parts.append(file_size(facts.bytes))
    return " \u00b7 ".join(each.replace(" ", "\u00a0") for each in parts)


def details(facts: Facts) -> Iterator[tuple[str, str]]:
    """Label what the headline leaves out, except for what is usual."""
    if facts.aspect:
        yield "Aspect ratio", shape(facts.aspect)
    yield from _image_details(facts)
    yield from _stream_details(facts)
    if facts.gps:
        yield "Location", "recorded in the metadata"
    if facts.extension_format and facts.format not in {"unknown", facts.extension_format}:
        yield "File extension", facts.extension_format.upper()
    if facts.problem and facts.readable:
        yield "Problem", facts.problem


def shape(aspect: float) -> str:
    """Describe an aspect ratio: 16:9, landscape."""
    if abs(aspect - 1) < 0.01:
        return "1:1, square"
    near = [name for name, value in _SHAPES if abs(aspect / value - 1) < 0.01]
    return f"{near[0] if near else ratio(aspect)}, {'landscape' if aspect > 1 else 'portrait'}"


def _image_details(facts: Facts) -> Iterator[tuple[str, str]]:
    if facts.orientation and facts.orientation != 1:
        yield "Orientation", "stored rotated, shown upright (EXIF)"
    if facts.rotation:
        yield "Orientation", f"stored rotated, shown rotated by {facts.rotation}\u00b0"
    if facts.sar and abs(facts.sar - 1) > 0.001:
        yield "Pixels", f"not square ({facts.sar:.4g}:1)"
    if facts.alpha:
        yield "Transparency", "alpha channel"
    if facts.animated:
        yield "Animated", f"{facts.frames or 'several'} frames"
    if facts.color not in _USUAL_COLORS:
        yield "Colors", _COLORS[facts.color or ""]
    if facts.kind != "audio" and (facts.bit_depth or 8) > 8:
        yield "Depth", f"{facts.bit_depth} bit{', HDR' if facts.hdr else ''}"


def _stream_details(facts: Facts) -> Iterator[tuple[str, str]]:
    if facts.kind == "video":
        codec = codec_name(facts.video_codec) or "unknown"
        rate = f", {facts.fps:.4g} fps" if facts.fps else ""
        variable = ", variable frame rate" if facts.vfr else ""
        yield "Video", f"{codec}{rate}{variable}"
        if not facts.audio_codec:
            yield "Audio", "none"
    if name := codec_name(facts.audio_codec):
        rate = f", {facts.sample_rate / 1000:.4g} kHz" if facts.sample_rate else ""
        channels = {1: ", mono", 2: ", stereo"}.get(facts.channels or 0, "")
        yield "Audio", f"{name}{rate}{channels}"
