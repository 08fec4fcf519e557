"""Decode whole files, to find damage that headers do not show (--deep).

Pillow decodes images (and checks PNG's checksums), ffmpeg video and audio, and JPEG again,
since libjpeg silently conceals damage. Nothing decoded is kept.
"""

from __future__ import annotations

import re
import subprocess
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from wanprep.media.facts import NOT_DECODED, NOT_READ
from wanprep.media.ffmpeg import command_line, file_url, start
from wanprep.text import seconds

if TYPE_CHECKING:
    from wanprep.media.facts import Facts

_PILLOW: Final = frozenset({"png", "gif", "bmp", "webp", "tiff", "jpeg", "avif", "ico", "psd"})
_FFMPEG_NOT: Final = frozenset({"svg", "ico", "psd", "dds"})
# Pillow takes four bytes per pixel; only JPEG can be decoded at an eighth of its size.
_MAX_PIXELS: Final = 64_000_000
_FFMPEG_SECONDS: Final = 110.0
# Messages about the null output, not about the file.
_OUTPUT: Final = re.compile(r"^\[(null|vost|aost|vf|af|graph|out|swscaler)\b")
_PREFIX: Final = re.compile(r"^(\[[^\]]*\] ?)+")
_TOLERANCE: Final = 0.25  # seconds


def decode_fully(facts: Facts) -> Facts:
    """Return the facts, unreadable if decoding finds damage."""
    damage = None
    if facts.format in _PILLOW:
        if _pixels(facts) > _MAX_PIXELS and facts.format != "jpeg":
            reason = f"{NOT_DECODED}: {_pixels(facts) / 1e6:.0f} megapixels are too many to decode"
            return replace(facts, problem=facts.problem or reason)
        damage = _pillow_damage(facts)
    if damage is None and (facts.format not in _PILLOW | _FFMPEG_NOT or facts.format == "jpeg"):
        damage = _ffmpeg_damage(facts)
    return replace(facts, readable=False, problem=damage) if damage else facts


def _pixels(facts: Facts) -> int:
    return (facts.stored_width or 0) * (facts.stored_height or 0)


def _pillow_damage(facts: Facts) -> str | None:
    import warnings

    from PIL import Image, ImageSequence

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
        except Exception as error:  # noqa: BLE001 - Pillow's plugins raise any exception
            return f"damaged: decoding it fails ({error})"
    return None


def _ffmpeg_damage(facts: Facts) -> str | None:
    command = command_line(
        *("-v", "error", "-threads", "2", "-i", file_url(facts.path)),
        *("-map", "0:v?", "-map", "0:a?", "-fps_mode", "passthrough"),
        *("-progress", "-", "-f", "null", "-"),
    )
    try:
        with start(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
            try:
                progress, messages = process.communicate(timeout=_FFMPEG_SECONDS)
            finally:
                process.kill()
    except subprocess.TimeoutExpired:
        return f"{NOT_READ}: decoding it took longer than {_FFMPEG_SECONDS:.0f} s"
    except OSError:
        return f"{NOT_READ}: ffmpeg cannot be started, see `wanprep doctor`"
    if process.returncode and not messages:
        # For a damaged file there would be a message.
        return f"{NOT_READ}: ffmpeg ended with status {process.returncode} without a message"
    errors = [
        _PREFIX.sub("", line)
        for line in messages.decode("utf-8", "replace").splitlines()
        if not _OUTPUT.match(line)
    ]
    if facts.format == "mp3":
        return _lost_audio(facts, progress) if errors else None
    return f"damaged: decoding it fails ({errors[0]})" if errors else None


def _lost_audio(facts: Facts, progress: bytes) -> str | None:
    """Report lost audio; other garbage between MP3 frames is skipped by players."""
    times = re.findall(rb"^out_time_us=(\d+)", progress, re.MULTILINE)
    decoded = int(times[-1]) / 1e6 if times else 0.0
    if decoded >= (facts.duration or 0) - _TOLERANCE:
        return None
    return f"damaged: only {seconds(decoded)} of {seconds(facts.duration or 0)} can be decoded"
