from __future__ import annotations

from pathlib import Path
from threading import Event

import pytest
from emulated import FPS, color_at, frames, is_near
from PIL import Image

from wanprep.emulator import Reference, VideoSpec, numbered
from wanprep.emulator.renderer import RenderError, render
from wanprep.media.probe_file import probe_file

pytest_plugins = ["emulated_fixtures"]

ELSEWHERE = "https://example.com/a.png"


@pytest.mark.parametrize(
    ("aspect", "size"),
    [
        ("16:9", (480, 270)),
        ("9:16", (270, 480)),
        ("1:1", (320, 320)),
        ("4:3", (400, 300)),
        ("3:4", (300, 400)),
    ],
)
def test_shape_and_length(tmp_path: Path, aspect: str, size: tuple[int, int]) -> None:
    video = VideoSpec(references=numbered("image", [ELSEWHERE] * 3), seconds=2, aspect=aspect)
    output = render(video, dict.fromkeys(video.references), tmp_path / "v.mp4", Event())

    assert frames(output) == 2 * FPS
    facts = probe_file(str(output))
    assert (facts.width, facts.height) == size
    assert facts.duration == pytest.approx(2, abs=0.05)
    assert (facts.format, facts.video_codec, facts.audio_codec) == ("mp4", "h264", "aac")


def test_a_long_video_of_all_kinds(tmp_path: Path, red_image: Path, blue_clip: Path) -> None:
    start = tmp_path / "start.jpg"
    Image.new("RGB", (900, 301), (20, 220, 20)).save(start)
    files: dict[Reference, Path | None] = {
        Reference("video", "", 1): blue_clip,
        Reference("voice", "", 1): tmp_path / "voice.wav",
        Reference("image", "", 1): red_image,
        Reference("first_frame", ""): start,
    }
    video = VideoSpec(references=tuple(files), seconds=15)
    output = render(video, files, tmp_path / "v.mp4", Event())

    assert frames(output) == 15 * FPS
    assert is_near(color_at(output, 1), (20, 220, 20)), "the first frame comes first"
    assert is_near(color_at(output, 7), (220, 20, 20))
    assert is_near(color_at(output, 14), (20, 20, 220)), "a short clip is repeated"
    facts = probe_file(str(output))
    assert (facts.width, facts.height) == (480, 160), "in the first frame's own shape"


@pytest.mark.parametrize(
    "reference", [Reference("image", "", 1), Reference("video", "", 1)], ids=lambda each: each.role
)
def test_broken_files_cannot_be_rendered(tmp_path: Path, reference: Reference) -> None:
    broken = tmp_path / "broken"
    broken.write_bytes(b"neither an image nor a video")
    video = VideoSpec(references=(reference,), seconds=2)
    with pytest.raises(RenderError):
        render(video, {reference: broken}, tmp_path / "v.mp4", Event())


def test_rendering_stops_on_request(tmp_path: Path) -> None:
    stop = Event()
    stop.set()
    video = VideoSpec(references=numbered("image", [ELSEWHERE]), seconds=15)
    with pytest.raises(RenderError):
        render(video, dict.fromkeys(video.references), tmp_path / "v.mp4", stop)
