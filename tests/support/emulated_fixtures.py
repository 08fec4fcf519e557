"""Fixtures: a fast emulator, and small files to send to it.

A test module takes them with `pytest_plugins = ["emulated_fixtures"]`.
"""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from emulated import emulate
from PIL import Image

from wanprep.emulator import Emulator


@pytest.fixture
def emulator() -> Iterator[Emulator]:
    with emulate(speed=8) as running:
        yield running


@pytest.fixture(scope="module")
def shared_emulator() -> Iterator[Emulator]:
    """For requests that leave no job behind, or one that fails at once."""
    with emulate(speed=100) as running:
        yield running


@pytest.fixture(scope="session")
def red_image(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("red") / "hero one.png"
    Image.new("RGB", (400, 600), (220, 20, 20)).save(path)
    return path


@pytest.fixture(scope="session")
def blue_clip(tmp_path_factory: pytest.TempPathFactory, ffmpeg: str) -> Path:
    path = tmp_path_factory.mktemp("blue") / "dance.mp4"
    source = "color=c=0x1414dc:size=320x240:rate=10:duration=1.5"
    command = [ffmpeg, "-v", "error", "-f", "lavfi", "-i", source, "-pix_fmt", "yuv420p"]
    subprocess.run([*command, str(path)], check=True)
    return path
