"""Decode a whole file to find the damage that no header shows.

Pillow decodes images (and checks PNG's checksums), ffmpeg video and audio, and JPEG once more,
since libjpeg repairs what it can silently. Nothing decoded is kept.
"""

from __future__ import annotations

import re
import subprocess
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from wanprep.media.facts import NOT_DECODED, NOT_READ
from wanprep.text import seconds

if TYPE_CHECKING:
    from wanprep.media.facts import Facts

_PILLOW: Final = frozenset({"png", "gif", "bmp", "webp", "tiff", "jpeg", "avif", "ico", "psd"})
_FFMPEG_NOT: Final = frozenset({"svg", "ico", "psd", "dds"})
# Pillow keeps four bytes for a pixel; JPEG alone can be decoded at an eighth of its size.
_MOST_PIXELS: Final = 64_000_000
_FFMPEG_SECONDS: Final = 110.0
# Messages about the null output, not about the file.
_OUTPUT: Final = re.compile(r"^\[(null|vost|aost|vf|af|graph|out|swscaler)\b")
_PREFIX: Final = re.compile(r"^(\[[^\]]*\] ?)+")
_SHORT: Final = 0.25


def decode_fully(facts: Facts) -> Facts:
    """Return the facts again, unreadable if decoding found damage."""
    damage = None
    if facts.format in _PILLOW:
        if _pixels(facts) > _MOST_PIXELS and facts.format != "jpeg":
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
                    # Of the several images that phones put into one file, the first is shown.
                    image.draft("RGB", (max(1, image.width // 8), max(1, image.height // 8)))
                    image.load()
                else:
                    for frame in ImageSequence.Iterator(image):
                        frame.load()
        except Exception as error:  # noqa: BLE001 - Pillow's plugins raise whatever they like
            return f"damaged: decoding it fails ({error})"
    return None


def _ffmpeg_damage(facts: Facts) -> str | None:
    import imageio_ffmpeg

    arguments = [
        *("-nostdin", "-v", "error", "-threads", "2", "-protocol_whitelist", "file,pipe"),
        *("-i", f"file:{facts.path}", "-map", "0:v?", "-map", "0:a?"),
        *("-fps_mode", "passthrough", "-progress", "-", "-f", "null", "-"),
    ]
    try:
        command = [imageio_ffmpeg.get_ffmpeg_exe(), *arguments]
        done = subprocess.run(
            command, capture_output=True, timeout=_FFMPEG_SECONDS, check=False, close_fds=True
        )
    except subprocess.TimeoutExpired:
        return f"{NOT_READ}: decoding it took longer than {_FFMPEG_SECONDS:.0f} s"
    except (OSError, RuntimeError):
        return f"{NOT_READ}: ffmpeg cannot be started, see `wanprep doctor`"
    if done.returncode and not done.stderr:
        # A damaged file makes it fail with a message.
        return f"{NOT_READ}: ffmpeg ended with status {done.returncode} without a message"
    complaints = [
        _PREFIX.sub("", line)
        for line in done.stderr.decode("utf-8", "replace").splitlines()
        if not _OUTPUT.match(line)
    ]
    if facts.format == "mp3":
        return _too_short(facts, done.stdout) if complaints else None
    return f"damaged: decoding it fails ({complaints[0]})" if complaints else None


def _too_short(facts: Facts, progress: bytes) -> str | None:
    """Players skip garbage between MP3 frames; it matters only where audio is lost."""
    times = re.findall(rb"^out_time_us=(\d+)", progress, re.MULTILINE)
    decoded = int(times[-1]) / 1e6 if times else 0.0
    if decoded >= (facts.duration or 0) - _SHORT:
        return None
    return f"damaged: only {seconds(decoded)} of {seconds(facts.duration or 0)} can be decoded"
