"""The examples of the page of the Python API run as they are shown, and show every name."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from documents import DOCS, ROOT, blocks

import wanprep

PAGE = DOCS / "reference/python.md"


def test_the_examples_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    shutil.copytree(ROOT / "fixtures/demo", tmp_path / "demo")
    monkeypatch.chdir(tmp_path / "demo")
    names: dict[str, object] = {}
    for block in blocks(PAGE):
        if block.language == "python":
            exec(compile(block.text, str(PAGE), "exec", dont_inherit=True), names)  # noqa: S102
    shown = capfd.readouterr().out
    for part in (
        "Did you mean refs/hero.jpg?", "mp4 480 480 3.0 h264", "wan2.7-reference-video fits 1.152",
        "job.yaml evolink/wan2.7-reference-video pass", "succeeded (", "too small",
    ):  # fmt: skip
        assert part in shown
    assert Path("ready/wanprep-receipt.json").is_file()


def test_every_name_is_on_the_page() -> None:
    text = PAGE.read_text(encoding="utf-8")
    hidden = {
        "Finding",
        "Verdict",
        "FixedAsset",
        "FixedJob",
        "Limit",
        "RuleLimit",
    }  # seen as attributes
    assert [name for name in wanprep.__all__ if f"`{name}`" not in text and name not in hidden
            and f"wanprep.{name}" not in text] == []  # fmt: skip
