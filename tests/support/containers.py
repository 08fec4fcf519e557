"""Clips in containers of all kinds as ffmpeg writes them, and what ffmpeg finds in a file."""

from __future__ import annotations

import struct
import subprocess
import tempfile
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import imageio_ffmpeg
import pytest

from wanprep.media.source import Bytes

if TYPE_CHECKING:
    from collections.abc import Callable

    from wanprep.media.facts import PartialFacts
    from wanprep.media.source import Source

IMAGES = "-f lavfi -i testsrc=s=160x120:r=25:d=1"
SOUND = "-f lavfi -i sine=r=44100:d=1.2"
BOTH = f"{IMAGES} {SOUND}"


@cache
def make(arguments: str, target: str) -> bytes:
    """Make a file as these arguments of ffmpeg say.

    A `target` that is no suffix but a container's name is written into a pipe, as live
    recordings are: the writer can never go back.
    """
    if not target.startswith("."):
        return _run(*arguments.split(), "-f", target, "pipe:1")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"clip{target}"
        _run(*arguments.split(), str(path))
        return path.read_bytes()


def remade(data: bytes, before: str, after: str, suffix: str) -> bytes:
    """Write a file anew, with these arguments before and after it."""
    with tempfile.TemporaryDirectory() as folder:
        given, made = Path(folder) / f"given{suffix}", Path(folder) / f"made{suffix}"
        given.write_bytes(data)
        _run(*before.split(), "-i", str(given), *after.split(), str(made))
        return made.read_bytes()


def _run(*arguments: str) -> bytes:
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-nostdin", "-v", "error", "-y", *arguments]
    return subprocess.run(command, stdout=subprocess.PIPE, check=True).stdout


def seconds(expected: float) -> object:
    """Compare with a length as exactly as one frame allows."""
    return pytest.approx(expected, abs=0.06)


def survives(read: Callable[[Source], PartialFacts], data: bytes) -> None:
    """Damage a file in many ways: a reader answers with sense, or raises like anything else."""
    cuts = [data[: len(data) * share // 15] for share in range(15)]
    flips = [
        data[:at] + bytes((data[at] ^ 0xFF,)) + data[at + 1 :]
        for at in range(0, min(len(data), 600), 11)
    ]
    holes = [data[:at] + bytes(64) + data[at + 64 :] for at in range(0, len(data), len(data) // 20)]
    for damaged in (*cuts, *flips, *holes):
        try:
            found = read(Bytes(damaged))
        except (ArithmeticError, LookupError, ValueError, struct.error):
            continue
        assert found["readable"] or found["problem"]
        assert "\n" not in found.get("problem", "")
