from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
from html_pages import Element, page_of, parsed
from PIL import Image

from wanprep.cli import run
from wanprep.fix.receipt import RECEIPT
from wanprep.media import probe
from wanprep.report.html.receipts import AppliedFix, ReceiptReader


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Fix an image in two ways."""
    folder, here = tmp_path_factory.mktemp("made"), Path.cwd()
    image = Image.effect_mandelbrot((2600, 260), (-2, -1.5, 1, 1.5), 60).convert("RGB")
    image.save(folder / "wide.png")
    os.chdir(folder)
    try:
        for crop in ("center", "pad"):
            assert run(["fix", "wide.png", "--out", crop, "-y", "--crop", crop]) == 0
    finally:
        os.chdir(here)
    return folder


@pytest.fixture
def project(results: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Go to a copy of it."""
    shutil.copytree(results, tmp_path, dirs_exist_ok=True)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def applied_fix(folder: Path) -> AppliedFix | None:
    facts = probe(folder / "wide.png")
    return ReceiptReader().find_applied_fixes([facts]).get(facts.path)


def card_of(folder: Path) -> Element:
    return parsed(page_of(folder)).one("article", "file")


def test_before_and_after_with_the_crop(project: Path) -> None:
    card = card_of(project / "center")
    before, after = card.one("div", "before-after").all("figure")
    assert (
        before.text.strip()
        .replace("\u00a0", " ")
        .startswith("Before PNG image \u00b7 2600 \u00d7 260 px")
    )
    assert (
        after.text.strip()
        .replace("\u00a0", " ")
        .startswith("After PNG image \u00b7 2080 \u00d7 260 px")
    )
    edge = before.one("svg", "cut").one("rect").attributes
    assert [float(edge[name]) for name in ("x", "y", "width", "height")] == [100, 0, 800, 1000]
    assert not after.all("svg")
    fixed = card.one("section", "fixed")
    assert "crop 2600x260 to 2080x260 px" in fixed.text
    assert "aspect-out-of-range" in fixed.text
    assert "Similarity (SSIM)1.000 of 1" in fixed.text


def test_padding_is_drawn_on_the_result(project: Path) -> None:
    before, after = card_of(project / "pad").one("div", "before-after").all("figure")
    edge = after.one("svg", "pad").one("rect").attributes
    assert [float(edge[name]) for name in ("x", "y", "width", "height")] == [0, 100, 1000, 800]
    assert not before.all("svg")


def test_a_video_before_and_after(project: Path, ffmpeg: str) -> None:
    source = "testsrc=s=2400x260:r=5:d=2"
    subprocess.run([ffmpeg, "-v", "error", "-f", "lavfi", "-i", source, "-pix_fmt", "yuv420p",
                    "clip.mp4"], check=True)  # fmt: skip
    assert run(["fix", "clip.mp4", "--out", "ready", "-y", "--crop", "center"]) == 0
    card = card_of(project / "ready")
    edges = [each.one("rect").attributes for each in card.all("svg", "cut")]
    assert len(edges) == 5
    assert float(edges[0]["x"]) == pytest.approx(66.7, abs=1)
    assert "VMAF" in card.one("section", "fixed").text


def test_a_receipt_is_found_from_another_folder(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = project / "center"
    monkeypatch.chdir("/")
    fix = applied_fix(folder)
    assert fix
    assert fix.cut == (0.1, 0.0, 0.8, 1.0)


def test_a_changed_original_is_not_shown(project: Path) -> None:
    folder = project / "center"
    Image.new("RGB", (100, 100)).save("wide.png")
    card = card_of(folder)
    assert not card.all("div", "before-after")
    assert "The original is no longer available" in card.one("section", "fixed").text


def test_a_changed_result_is_not_shown_as_one(project: Path) -> None:
    folder = project / "center"
    Image.new("RGB", (400, 400)).save(folder / "wide.png")
    assert applied_fix(folder) is None


def test_a_receipt_cannot_put_another_image_into_the_page(project: Path) -> None:
    folder = project / "center"
    Image.new("RGB", (2600, 260), "red").save("private.png")
    receipt = json.loads((folder / RECEIPT).read_text())
    receipt["assets"][0]["source"] = os.path.abspath("private.png")
    receipt["assets"][0]["facts"]["before"]["bytes"] = os.path.getsize("private.png")
    (folder / RECEIPT).write_text(json.dumps(receipt))
    fix = applied_fix(folder)
    assert fix
    assert not fix.original


def _without(*path: Any) -> Any:
    def change(receipt: dict[str, Any]) -> dict[str, Any]:
        inner: Any = receipt
        for step in path[:-1]:
            inner = inner[step]
        del inner[path[-1]]
        return receipt

    return change


def _with(value: object, *path: Any) -> Any:
    def change(receipt: dict[str, Any]) -> dict[str, Any]:
        inner: Any = receipt
        for step in path[:-1]:
            inner = inner[step]
        inner[path[-1]] = value
        return receipt

    return change


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(lambda _: [], id="a list"),
        pytest.param(lambda _: {"assets": [1, None]}, id="assets of other types"),
        pytest.param(_without("assets", 0, "sha256"), id="no hashes"),
        pytest.param(_with(7, "assets", 0, "result"), id="a number for a name"),
        pytest.param(_with([], "assets", 0, "likeness"), id="a list of likenesses"),
        pytest.param(_with(["x"], "assets", 0, "steps"), id="steps that are strings"),
        pytest.param(_with([], "assets", 0, "settings"), id="a list of settings"),
        pytest.param(_with("x", "assets", 0, "findings"), id="findings that are a string"),
        pytest.param(_with(None, "assets", 0, "facts"), id="no facts"),
    ],
)
def test_an_invalid_receipt_is_ignored(change: Any, project: Path) -> None:
    folder = project / "center"
    receipt = change(json.loads((folder / RECEIPT).read_text()))
    (folder / RECEIPT).write_text(json.dumps(receipt))
    assert applied_fix(folder) is None


@pytest.mark.parametrize(
    "window",
    [[0, 0, 9000, 10], [-1, 0, 10, 10], [0, 0, 0, 0], [1, 2, 3], "x", [0, 0, 1e400, 1], ["a"] * 4],
    ids=str,
)
def test_an_impossible_crop_is_not_drawn(window: Any, project: Path) -> None:
    folder = project / "center"
    receipt = json.loads((folder / RECEIPT).read_text())
    receipt["assets"][0]["settings"]["window"] = window
    receipt["assets"][0]["likeness"] = {"ssim": 7}
    (folder / RECEIPT).write_text(json.dumps(receipt))
    fix = applied_fix(folder)
    assert fix
    assert fix.before
    assert (fix.cut, fix.padded, fix.similarity) == (None, None, {})


def test_a_receipt_that_is_not_json_is_ignored(project: Path) -> None:
    folder = project / "center"
    (folder / RECEIPT).write_bytes(b"\xff{")
    assert applied_fix(folder) is None
