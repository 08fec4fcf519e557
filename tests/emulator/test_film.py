from __future__ import annotations

from pathlib import Path
from threading import Event

import pytest
from emulated import FPS, colour_at, frames, is_near
from PIL import Image

from wanprep.emulator.film import film
from wanprep.emulator.pictures import Unfilmable
from wanprep.emulator.scene import Reference, Scene, numbered
from wanprep.probe.probe_file import probe_file

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
    scene = Scene(references=numbered("image", [ELSEWHERE] * 3), seconds=2, aspect=aspect)
    made = film(scene, [(one, None) for one in scene.references], tmp_path / "v.mp4", Event())

    assert frames(made) == 2 * FPS
    facts = probe_file(str(made))
    assert (facts.width, facts.height) == size
    assert facts.duration == pytest.approx(2, abs=0.05)
    assert (facts.format, facts.video_codec, facts.audio_codec) == ("mp4", "h264", "aac")


def test_a_long_film_of_all_kinds(tmp_path: Path, red_picture: Path, blue_clip: Path) -> None:
    start = tmp_path / "start.jpg"
    Image.new("RGB", (900, 301), (20, 220, 20)).save(start)
    seen: list[tuple[Reference, Path | None]] = [
        (Reference("video", "", 1), blue_clip),
        (Reference("voice", "", 1), tmp_path / "voice.wav"),
        (Reference("image", "", 1), red_picture),
        (Reference("first_frame", ""), start),
    ]
    scene = Scene(references=tuple(one for one, _ in seen), seconds=15)
    made = film(scene, seen, tmp_path / "v.mp4", Event())

    assert frames(made) == 15 * FPS
    assert is_near(colour_at(made, 1), (20, 220, 20)), "the first frame comes first"
    assert is_near(colour_at(made, 7), (220, 20, 20))
    assert is_near(colour_at(made, 14), (20, 20, 220)), "a short clip is repeated"
    facts = probe_file(str(made))
    assert (facts.width, facts.height) == (480, 160), "in the first frame's own shape"


@pytest.mark.parametrize("role", ["image", "video"])
def test_what_cannot_be_filmed(tmp_path: Path, role: str) -> None:
    broken = tmp_path / "broken"
    broken.write_bytes(b"nothing of the kind")
    reference = Reference("image" if role == "image" else "video", "", 1)
    with pytest.raises(Unfilmable):
        film(
            Scene(references=(reference,), seconds=2),
            [(reference, broken)],
            tmp_path / "v.mp4",
            Event(),
        )


def test_filming_stops_when_it_is_told_to(tmp_path: Path) -> None:
    stop = Event()
    stop.set()
    scene = Scene(references=numbered("image", [ELSEWHERE]), seconds=15)
    with pytest.raises(Unfilmable):
        film(scene, [(scene.references[0], None)], tmp_path / "v.mp4", stop)
