"""One server for all tests, and the files that their jobs name."""

from __future__ import annotations

import shutil
import wave
from collections.abc import Iterator
from pathlib import Path

import pytest
from language_client import Editor
from PIL import Image


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory, clip: Path) -> Path:
    folder = tmp_path_factory.mktemp("jobs")
    (folder / "refs").mkdir()
    for name in ("hero", "garden"):
        Image.new("RGB", (640, 480)).save(folder / f"refs/{name}.png")
    Image.new("RGB", (100, 90)).save(folder / "refs/tiny.png")
    shutil.copy(clip, folder / "refs/dance.mp4")
    with wave.open(str(folder / "refs/voice.wav"), "wb") as voice:
        voice.setparams((1, 2, 16000, 0, "NONE", ""))
        voice.writeframes(bytes(2 * 16000 * 3))
    return folder


@pytest.fixture(scope="session")
def editor(folder: Path, _environment: Path) -> Iterator[Editor]:
    editor = Editor(folder)
    editor.start()
    yield editor
    assert editor.end() == 0
