"""Real files at the very edge of what is allowed, through the whole of `wanprep check`."""

from __future__ import annotations

import json
import os
import struct
import subprocess
import wave
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pytest
from PIL import Image

from wanprep.cli import run

if TYPE_CHECKING:
    from collections.abc import Callable

MB: Final = 10**6
MIB: Final = 2**20
FRAMES: Final = 25  # in a second


def image(width: int, height: int) -> Callable[[Path, str], None]:
    return lambda path, _: Image.new("L", (width, height)).save(path)


def padded(size: int) -> Callable[[Path, str], None]:
    """Pad a BMP sparsely to so many bytes."""

    def make(path: Path, _: str) -> None:
        Image.new("RGB", (300, 300)).save(path)
        os.truncate(path, size)

    return make


def clip(
    frames: int, size: str = "240x240", codec: tuple[str, ...] = ()
) -> Callable[[Path, str], None]:
    def make(path: Path, ffmpeg: str) -> None:
        source = f"color=c=gray:size={size}:rate={FRAMES}:duration={frames / FRAMES}"
        encode = codec or ("-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p")
        command = [ffmpeg, "-v", "error", "-f", "lavfi", "-i", source, *encode, str(path)]
        subprocess.run(command, check=True)

    return make


def voice(seconds: float, rate: int = 1000) -> Callable[[Path, str], None]:
    def make(path: Path, _: str) -> None:
        with wave.open(str(path), "wb") as sound:
            sound.setparams((1, 1, rate, 0, "NONE", ""))
            sound.writeframes(b"\x80" * round(seconds * rate))

    return make


def lying_voice(path: Path, ffmpeg: str) -> None:
    """Write a WAV whose header promises a second more than there is."""
    voice(3)(path, ffmpeg)
    data = bytearray(path.read_bytes())
    struct.pack_into("<I", data, 40, 4000)
    path.write_bytes(data)


MADE: Final[dict[str, tuple[Callable[[Path, str], None], list[str]]]] = {
    "240.png": (image(240, 300), []),
    "239.png": (image(239, 300), ["image-too-small"]),
    "h239.png": (image(300, 239), ["image-too-small"]),
    "8000.png": (image(8000, 1000), []),
    "8001.png": (image(8001, 1001), ["image-too-large"]),
    "8to1.png": (image(1920, 240), []),
    "1to8.png": (image(240, 1920), []),
    "over8to1.png": (image(1921, 240), ["aspect-out-of-range"]),
    "20MB.bmp": (padded(20 * MB), []),
    "20MB+1.bmp": (padded(20 * MB + 1), ["file-near-limit"]),
    "20MiB.bmp": (padded(20 * MIB), ["file-near-limit"]),
    "20MiB+1.bmp": (padded(20 * MIB + 1), ["file-too-large"]),
    "1s.mp4": (clip(25), []),
    "0.96s.mp4": (clip(24), ["video-too-short"]),
    "30s.mp4": (clip(750), []),
    "30.04s.mov": (clip(751), ["video-too-long"]),
    "240.mp4": (clip(30, "240x246"), []),
    "238.mp4": (clip(30, "238x246"), ["video-too-small"]),
    "1s.wav": (voice(1), []),
    "0.999s.wav": (voice(0.999), ["audio-too-short"]),
    "10s.wav": (voice(10), []),
    "10.001s.wav": (voice(10.001), ["audio-too-long"]),
    "lying.wav": (lying_voice, ["duration-ambiguous"]),
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory, ffmpeg: str) -> Iterator[Path]:
    folder = tmp_path_factory.mktemp("edges")
    for name, (make, _) in MADE.items():
        make(folder / name, ffmpeg)
    yield folder
    for path in folder.iterdir():
        path.unlink()


def findings_by_file(
    capsys: pytest.CaptureFixture[str], *arguments: str
) -> dict[str, list[tuple[str, str]]]:
    run(["check", *arguments, "--format", "json"])
    rules: dict[str, list[tuple[str, str]]] = {}
    for finding in json.loads(capsys.readouterr().out)["findings"]:
        rules.setdefault(finding["file"], []).append((finding["rule"], finding["message"]))
    return rules


def test_each_step_over_the_edge_is_reported_and_none_before_it(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(folder)

    found = findings_by_file(capsys)

    assert {name: [rule for rule, _ in found.get(name, [])] for name in MADE} == {
        name: rules for name, (_, rules) in MADE.items()
    }


def test_a_message_never_shows_what_looks_allowed(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(folder)

    found = findings_by_file(capsys)

    begins = {name: messages[0][1].partition(";")[0] for name, messages in found.items()}
    assert begins["20MB+1.bmp"] == "20MB+1.bmp: 20,000,001 bytes"
    assert begins["20MiB+1.bmp"] == "20MiB+1.bmp: 21.0 MB"
    assert begins["30.04s.mov"] == "30.04s.mov: 30.04 s"
    assert begins["10.001s.wav"] == "10.001s.wav: 10.001 s"
    assert begins["0.999s.wav"] == "0.999s.wav: 0.999 s"
    assert begins["over8to1.png"].endswith("aspect ratio 8.004167:1")


@pytest.mark.parametrize(
    ("make", "rules"),
    [
        pytest.param(image(361, 1999), [], id="just inside"),
        pytest.param(image(360, 500), ["image-too-small"], id="360 px is not more than 360"),
        pytest.param(image(500, 2000), ["image-too-large"], id="2000 px is not less than 2000"),
        pytest.param(padded(10 * MB - 1), ["image-too-small"], id="just under 10 MB"),
        pytest.param(
            padded(10 * MB), ["image-too-small", "file-near-limit"], id="10 MB is not less"
        ),
        pytest.param(
            padded(10 * MIB), ["file-too-large", "image-too-small"], id="10 MB in either reading"
        ),
    ],
)
def test_strict_bounds_are_strict(
    make: Callable[[Path, str], None],
    rules: list[str],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    path = tmp_path / "start.bmp"
    make(path, "")

    found = findings_by_file(capsys, str(path), "-t", "runcomfy/wan-2-2-image-to-video")

    assert [rule for rule, _ in found.get(str(path), [])] == rules
