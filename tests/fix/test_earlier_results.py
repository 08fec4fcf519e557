"""The same command again: what an earlier run has fixed is kept, and nothing else."""

from __future__ import annotations

import contextlib
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from commands import Command
from PIL import Image
from sample_videos import make

from wanprep.cli import run
from wanprep.fix.request import stamp_of

RECEIPT = Path("ready/wanprep-receipt.json")
FIX = ("fix", "in", "--out", "ready", "--crop", "center")
JOB = """\
target: evolink/wan2.7-reference-video
prompt: Image 1 walks through Image 2
references: [{image: image.tiff}, {image: fine.png}]
parameters: {resolution: 1080P}
"""


@pytest.fixture(scope="module")
def fixed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder where a video and three images were fixed, and one image passed."""
    folder = tmp_path_factory.mktemp("earlier")
    with contextlib.chdir(folder):
        Path("in").mkdir()
        image = Image.effect_mandelbrot((320, 260), (-2, -1.5, 1, 1.5), 60).convert("RGB")
        image.save("in/image.tiff")
        image.resize((3000, 260)).save("in/wide.png")
        image.save("in/fine.png")
        image.save("in/named.jpg", format="PNG")
        make(Path("in/clip.mkv"), "testsrc2=s=320x240:r=25:d=2", how="-c:v mjpeg")
        Path("in/job.yaml").write_text(JOB)
        assert run([*FIX]) == 0
    return folder


@pytest.fixture(autouse=True)
def first(fixed: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """Copy the folder, and return its receipt."""
    shutil.copytree(fixed, tmp_path / "copy")
    monkeypatch.chdir(tmp_path / "copy")
    return receipt()


def receipt() -> dict[str, Any]:
    content: dict[str, Any] = json.loads(RECEIPT.read_text())
    return {**content, "created": ""}


def stamps() -> dict[str, object]:
    """Return what changes when a result is written."""
    return {path.name: stamp_of(str(path)) for path in Path("ready").iterdir() if path != RECEIPT}


def written(before: dict[str, object]) -> set[str]:
    return {name for name, stamp in stamps().items() if stamp != before.get(name)}


def test_nothing_is_done_twice(
    wanprep: Command, first: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    before = stamps()
    monkeypatch.setenv("IMAGEIO_FFMPEG_EXE", "/there/is/none")

    again = wanprep(*FIX, "--exit-non-zero-on-fix")

    assert (again.status, again.out) == (
        0, "0 files fixed, 4 kept from an earlier run, 1 unchanged; 0 job files changed\n",
    )  # fmt: skip
    assert not written(before)
    assert receipt() == first


def test_a_plan_says_what_is_kept(wanprep: Command) -> None:
    Path("ready/wide.png").unlink()

    plan = wanprep(*FIX, "--plan")

    assert plan.status == 0
    assert "in/wide.png -> ready/wide.png\n" in plan.out
    assert "image.tiff" not in plan.out
    assert "1 file would be fixed, 3 kept from an earlier run, 1 unchanged; 0 job" in plan.out


def test_a_plan_changes_nothing_where_all_is_kept(wanprep: Command) -> None:
    assert wanprep(*FIX, "--plan", "--exit-non-zero-on-fix").status == 0


def _change(name: str, value: object) -> None:
    content = json.loads(RECEIPT.read_text())
    for entry in content["assets"]:
        if entry["source"] == "in/image.tiff":
            entry[name] = value
    RECEIPT.write_text(json.dumps(content, indent=1))


def _save_another() -> None:
    Image.new("RGB", (320, 260), "teal").save("in/image.tiff")


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(_save_another, id="another source"),
        pytest.param(lambda: Path("ready/image.png").unlink(), id="no result"),
        pytest.param(lambda: _change("wanprep", "0.0.1"), id="another version"),
        pytest.param(lambda: _change("recipe", {}), id="another recipe"),
        pytest.param(lambda: _change("commands", None), id="a damaged entry"),
        pytest.param(lambda: _change("likeness", {"ssim": 0.1}), id="it would be refused now"),
    ],
)
def test_what_differs_is_fixed_anew(
    wanprep: Command,
    first: dict[str, Any],
    change: Callable[[], object],
) -> None:
    before = stamps()
    change()

    again = wanprep(*FIX)

    assert again.status == 0
    assert "1 file fixed, 3 kept from an earlier run, 1 unchanged" in again.out
    assert written(before) == {"image.png"}
    assert (receipt() == first) is (change is not _save_another)


def test_other_options_are_other_fixes(wanprep: Command) -> None:
    for color, pixel in (("teal", (0, 128, 128)), ("red", (255, 0, 0))):
        pad = ("--crop", "pad", "--background", color)
        assert wanprep("fix", "in/wide.png", "--out", "ready", *pad).status == 0
        with Image.open("ready/wide.png") as result:
            assert result.getpixel((0, 0)) == pixel


def test_a_result_that_somebody_changed_is_not_replaced(wanprep: Command) -> None:
    Path("ready/wide.png").write_bytes(b"mine")

    again = wanprep(*FIX)

    assert again.status == 1
    assert "already exists" in again.out
    assert Path("ready/wide.png").read_bytes() == b"mine"
