"""Decode whole files, to find damage that headers do not show (--deep).

Pillow decodes images (and checks PNG's checksums), ffmpeg video and audio, and JPEG again,
since libjpeg silently conceals damage. Nothing decoded is kept.
"""

from __future__ import annotations

import re
import subprocess
from dataclasses import field, replace
from typing import TYPE_CHECKING, Final

from wanprep.dataclass import dataclass
from wanprep.media.facts import NOT_DECODED, NOT_READ
from wanprep.media.ffmpeg import command_line, file_url, killed_after, start
from wanprep.text import seconds

if TYPE_CHECKING:
    from wanprep.media.facts import Facts

_PILLOW: Final = frozenset({"png", "gif", "bmp", "webp", "tiff", "jpeg", "avif", "ico", "psd"})
_FFMPEG_NOT: Final = frozenset({"svg", "ico", "psd", "dds"})
# Pillow takes four bytes per pixel; only JPEG can be decoded at an eighth of its size.
_MAX_PIXELS: Final = 64_000_000
_FFMPEG_SECONDS: Final = 110.0
# `repeat`: without it a line may only report how often the one before, of whatever kind, came.
_MESSAGES: Final = ("-v", "repeat+level+verbose")
_ERROR: Final = re.compile(r"(?:\[[^\]]*\] ?)*\[(?:error|fatal|panic)\] (.+)")
# Messages about the null output, not about the file, and about metadata, not about the image.
_OUTPUT: Final = re.compile(r"^\[(null|vost|aost|vf|af|fc|graph|out|swscaler|SWR|auto_|Parsed_)")
_METADATA: Final = re.compile(r"\b(EXIF|ICC|IPTC|XMP|TIFF header|APP fields|app)\b", re.IGNORECASE)
_DECODED: Final = re.compile(
    r"Input stream #0:\d+ \((video|audio)\): (\d+) packets read .*?; (\d+) frames decoded"
)
_TIME: Final = re.compile(r"\btime=(\d+):(\d+):([\d.]+)")
_TOLERANCE: Final = 0.25  # seconds


@dataclass(slots=True)
class _Decoding:
    """What ffmpeg reported while it decoded a file."""

    error: str | None = None  # the first about the file
    packets: list[tuple[str, int, int]] = field(default_factory=list)  # kind, read, decoded frames
    seconds: float = 0.0
    status: int = 0
    is_late: bool = False

    def nothing(self) -> str | None:
        """Report a track of which nothing could be decoded."""
        for kind, read, frames in self.packets:
            if not frames:
                return f"damaged: nothing of its {kind} can be decoded ({read} packets)"
        return None if self.packets else "damaged: nothing of it can be decoded"


def decode_fully(facts: Facts) -> Facts:
    """Return the facts, unreadable if decoding finds damage."""
    problem = None
    if facts.format in _PILLOW:
        if _pixels(facts) > _MAX_PIXELS and facts.format != "jpeg":
            reason = f"{NOT_DECODED}: {_pixels(facts) / 1e6:.0f} megapixels are too many to decode"
            return replace(facts, problem=facts.problem or reason)
        problem = _pillow_damage(facts)
    if problem is None and (facts.format not in _PILLOW | _FFMPEG_NOT or facts.format == "jpeg"):
        problem = _ffmpeg_damage(facts)
    return replace(facts, readable=False, problem=problem) if problem else facts


def _pixels(facts: Facts) -> int:
    return (facts.stored_width or 0) * (facts.stored_height or 0)


def _pillow_damage(facts: Facts) -> str | None:
    import warnings

    from PIL import Image, ImageSequence, UnidentifiedImageError

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            with Image.open(facts.path) as image:
                image.verify()
            with Image.open(facts.path) as image:
                if facts.format == "jpeg":
                    # Phones put several images into one file; the first is shown.
                    image.draft("RGB", (max(1, image.width // 8), max(1, image.height // 8)))
                    image.load()
                else:
                    for frame in ImageSequence.Iterator(image):
                        frame.load()
        except UnidentifiedImageError:
            return "damaged: decoding it fails (its header is invalid)"
        except Exception as error:  # noqa: BLE001 - Pillow's plugins raise any exception
            return f"damaged: decoding it fails ({error})"
    return None


def _ffmpeg_damage(facts: Facts) -> str | None:
    try:
        decoding = _decode(facts)
    except OSError:
        return f"{NOT_READ}: ffmpeg cannot be started, see `wanprep doctor`"
    if decoding.is_late:
        return f"{NOT_READ}: decoding it took longer than {_FFMPEG_SECONDS:.0f} s"
    if decoding.error and facts.format != "mp3":
        return f"damaged: decoding it fails ({decoding.error})"
    if decoding.status and not decoding.error:
        # For a damaged file there would be a message.
        return f"{NOT_READ}: ffmpeg ended with status {decoding.status} without a message"
    return decoding.nothing() or (_lost_audio(facts, decoding) if decoding.error else None)


def _decode(facts: Facts) -> _Decoding:
    """Decode a file with ffmpeg, up to its first error; MP3 may have garbage between its frames."""
    command = command_line(
        *(*_MESSAGES, "-threads", "2", "-i", file_url(facts.path)),
        *("-map", "0:V?", "-map", "0:a?", "-fps_mode", "passthrough", "-f", "null", "-"),
    )
    decoding = _Decoding()
    with (
        start(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE) as process,
        killed_after(process, _FFMPEG_SECONDS) as is_late,
    ):
        for line in process.stderr or ():
            _read_message(line.decode("utf-8", "replace"), facts, decoding)
            if decoding.error and facts.format != "mp3":
                break
        else:
            decoding.status = process.wait()
        decoding.is_late = is_late.is_set()
    return decoding


def _read_message(line: str, facts: Facts, decoding: _Decoding) -> None:
    if found := _ERROR.match(line):
        is_metadata = facts.kind == "image" and _METADATA.search(found[1])
        if not (decoding.error or is_metadata or _OUTPUT.match(line)):
            decoding.error = found[1]
    elif found := _DECODED.search(line):
        decoding.packets.append((found[1], int(found[2]), int(found[3])))
    elif found := _TIME.search(line):
        hours, minutes, rest = found.groups()
        decoding.seconds = int(hours) * 3600 + int(minutes) * 60 + float(rest)


def _lost_audio(facts: Facts, decoding: _Decoding) -> str | None:
    """Report lost audio; other garbage between MP3 frames is skipped by players."""
    if decoding.seconds >= (facts.duration or 0) - _TOLERANCE:
        return None
    lost = f"{seconds(decoding.seconds)} of {seconds(facts.duration or 0)}"
    return f"damaged: only {lost} can be decoded"
