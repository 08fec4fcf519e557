"""A plugin without an emulator of its own is emulated by its recorded answers."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from commands import forget_modules

from wanprep.plugins.loading import installed, load_emulators
from wanprep.plugins.new_plugin import write_plugin

if TYPE_CHECKING:
    from commands import Command


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    write_plugin("acme", tmp_path)
    info = tmp_path / "src/wanprep_acme-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: wanprep-acme\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[wanprep]\nacme = wanprep_acme\n")
    job = {"target": "acme/example", "prompt": "She waves.",
           "references": [{"image": "https://example.com/hero.jpg"}]}  # fmt: skip
    (tmp_path / "job.json").write_text(json.dumps(job))
    monkeypatch.chdir(tmp_path)
    forget_modules("wanprep_acme")
    monkeypatch.syspath_prepend(tmp_path / "src")
    for cached in (installed, load_emulators):
        cached.cache_clear()
    yield tmp_path
    for cached in (installed, load_emulators):
        cached.cache_clear()


def test_a_job_is_submitted_and_its_video_saved(wanprep: Command, folder: Path) -> None:
    result = wanprep("submit", "job.json", "--emulate", "--offline", "-o", "results",
                     "--format", "json")  # fmt: skip
    assert result.status == 0, result.err
    [run] = json.loads(result.out)
    assert run["state"] == "succeeded"
    assert run["provider_id"] != "job-1"
    [video] = (folder / "results").glob("*.mp4")
    assert video.stat().st_size > 1000


def test_a_wrong_recording_names_the_plugin(wanprep: Command, folder: Path) -> None:
    file = folder / "src/wanprep_acme/recorded.json"
    file.write_text(file.read_text().replace('"submit"', '"order"'))
    result = wanprep("submit", "job.json", "--emulate", "--offline")
    assert result.status == 2
    assert "acme has no emulator. The plugin acme cannot emulate its provider" in result.err
    assert "/scenes/0/flow" in result.err
