"""Encode audio with ffmpeg, and measure how much of a file it decodes."""

from __future__ import annotations

import subprocess
import tempfile
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import imageio_ffmpeg

from wanprep.media.source import Bytes

if TYPE_CHECKING:
    from collections.abc import Callable

    from wanprep.media.facts import Found
    from wanprep.media.source import Source

SECONDS = 2.6


@cache
def encode(
    *arguments: str, suffix: str, rate: int = 44100, channels: int = 1, seconds: float = SECONDS
) -> bytes:
    """Encode a tone with noise on it."""
    tone = f"sine=440:sample_rate={rate}:duration={seconds}"
    noise = f"anoisesrc=sample_rate={rate}:duration={seconds}:amplitude=0.2:seed=1"
    inputs = ("-f", "lavfi", "-i", tone, "-f", "lavfi", "-i", noise, "-filter_complex", "amix=2")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"audio{suffix}"
        _ffmpeg(*inputs, "-ac", str(channels), "-bitexact", *arguments, str(path))
        return path.read_bytes()


def decoded_seconds(data: bytes, rate: int, suffix: str) -> float:
    """Decode all that can be decoded, and count its samples."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"audio{suffix}"
        path.write_bytes(data)
        to_bytes = ("-map", "0:a:0", "-f", "u8", "-ac", "1", "-ar", str(rate), "pipe:1")
        return len(_ffmpeg("-i", str(path), *to_bytes)) / rate


def _ffmpeg(*arguments: str) -> bytes:
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-nostdin", "-v", "quiet", "-y", *arguments]
    return subprocess.run(command, stdout=subprocess.PIPE, check=False).stdout


def survives(read: Callable[[Source], Found], data: bytes) -> None:
    """Damage a file in many ways; the reader must find a length or a problem, or raise."""
    cuts = [data[: len(data) * share // 40] for share in range(40)]
    flips = [
        data[:at] + bytes((data[at] ^ bit,)) + data[at + 1 :]
        for at in range(0, min(len(data), 400), 3)
        for bit in (0xFF, 0x80, 0x01)
    ]
    holes = [data[:at] + bytes(64) + data[at + 64 :] for at in range(0, len(data), len(data) // 20)]
    for damaged in (*cuts, *flips, *holes):
        try:
            found = read(Bytes(damaged))
        except (ValueError, IndexError):
            continue
        assert found["duration"] > 0 if found["readable"] else found["problem"]
