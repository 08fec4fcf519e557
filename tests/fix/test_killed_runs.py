"""Runs that are killed at any moment: nothing half, nothing left behind, nothing still running."""

from __future__ import annotations

import os
import random
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from commands import Command
from PIL import Image
from processes import ends

from wanprep import probe

KILLS = 12


def _processes_with(mark: bytes) -> Iterator[int]:
    """List the processes that have this in their environment."""
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            if mark in (folder / "environ").read_bytes():
                yield int(folder.name)
        except OSError:
            continue


@pytest.fixture
def media(tmp_path: Path, ffmpeg: str) -> Path:
    folder = tmp_path / "in"
    folder.mkdir()
    image = Image.effect_mandelbrot((800, 600), (-2, -1.5, 1, 1.5), 60).convert("RGB")
    for number in range(6):
        image.save(folder / f"{number}.tiff")
    source = ["-f", "lavfi", "-i", "testsrc2=s=320x240:r=25:d=4"]
    for number in range(2):
        output = ["-c:v", "mjpeg", str(folder / f"clip{number}.mkv")]
        subprocess.run([ffmpeg, "-v", "error", *source, *output], check=True)
    return folder


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc").exists(), reason="lists processes")
def test_killed_runs_leave_nothing(media: Path, wanprep: Command) -> None:
    out = media.parent / "ready"
    mark = f"WANPREP_KILLED={out}"
    command = [sys.executable, "-m", "wanprep", "fix", str(media), "--out", str(out)]
    environ = {name: value for name, value in os.environ.items() if not name.startswith("COV")}
    moments = random.Random(7)  # noqa: S311 - the same at every run
    for _ in range(KILLS):
        with subprocess.Popen(
            command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            env=environ | {"WANPREP_KILLED": str(out)},
        ) as process:  # fmt: skip
            time.sleep(moments.uniform(0.3, 6))
            process.kill()
        left = list(_processes_with(mark.encode()))
        assert all(ends(pid, within=5) for pid in left)
        results = [each for each in out.glob("[!.]*") if each.suffix != ".json"]
        assert all(probe(each, deep=True, cache=False).readable for each in results)

    done = wanprep("fix", media, "--out", out)

    assert done.status == 0, done.out
    names = {f"{number}.png" for number in range(6)} | {"clip0.mp4", "clip1.mp4"}
    assert {each.name for each in out.iterdir()} == names | {"wanprep-receipt.json"}
