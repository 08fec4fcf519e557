"""The receipt while results arrive: after a kill, beside another run, on a full disk."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from commands import Command
from PIL import Image
from processes import limited_file_size

NAMES = [f"image{number}" for number in range(5)]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    image = Image.effect_mandelbrot((320, 260), (-2, -1.5, 1, 1.5), 60).convert("RGB")
    Path("in").mkdir()
    for name in NAMES:
        image.save(f"in/{name}.tiff")
    return tmp_path


def sources(receipt: str = "ready/wanprep-receipt.json") -> list[str]:
    content: dict[str, Any] = json.loads(Path(receipt).read_text())
    return sorted(Path(each["source"]).stem for each in content["assets"])


def _kill_after(results: int, *command: str) -> None:
    """Run a command in a process of its own, and kill that once so many results are there."""
    environ = {name: value for name, value in os.environ.items() if not name.startswith("COV")}
    with subprocess.Popen(
        [sys.executable, "-m", "wanprep", "fix", *command],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=environ,
    ) as process:  # fmt: skip
        while len(list(Path("ready").glob("[!.]*.png"))) < results and process.poll() is None:
            time.sleep(0.002)
        process.kill()
        assert process.wait() < 0, "it ended before it could be killed"


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize("results", [0, 2])
def test_a_run_after_a_kill_takes_over_its_results(wanprep: Command, results: int) -> None:
    _kill_after(results, "in", "--out", "ready", "-j", "2")
    delivered = {path.stem for path in Path("ready").glob("[!.]*.png")}

    done = wanprep("fix", "in", "--out", "ready")

    assert done.status == 0, done.out
    count = f"{5 - len(delivered)} files fixed"
    assert (f"{count}, {len(delivered)} kept" if delivered else count) in done.out
    assert delivered <= set(NAMES)
    names = {path.name for path in Path("ready").iterdir()}
    assert names == {f"{name}.png" for name in NAMES} | {"wanprep-receipt.json"}
    assert sources() == NAMES


@pytest.mark.usefixtures("folder")
def test_what_was_delivered_is_in_the_receipt_of_the_next_run(wanprep: Command) -> None:
    _kill_after(2, "in", "--out", "ready", "-j", "2")
    delivered = {path.stem for path in Path("ready").glob("[!.]*.png")}
    Image.new("RGB", (300, 300)).save("other.tiff")

    assert wanprep("fix", "other.tiff", "--out", "ready").status == 0

    assert set(sources()) == delivered | {"other"}
    assert not list(Path("ready").glob(".*"))


@pytest.mark.usefixtures("folder")
def test_runs_beside_each_other_keep_their_entries(wanprep: Command) -> None:
    assert wanprep("fix", "in/image0.tiff", "--out", "ready").status == 0
    command = [sys.executable, "-m", "wanprep", "fix", "--out", "ready", "-j", "1"]
    halves = (NAMES[1:3], NAMES[3:])
    runs = [subprocess.Popen([*command, *(f"in/{name}.tiff" for name in half)],
                             stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            for half in halves]  # fmt: skip
    assert [run.wait(60) for run in runs] == [0, 0]
    assert sources() == NAMES


@pytest.mark.usefixtures("folder")
def test_a_damaged_receipt_and_journal_are_no_obstacle(wanprep: Command) -> None:
    Path("ready").mkdir()
    Path("ready/wanprep-receipt.json").write_text('{\n "version": 1,\n "wanprep": "0", "created":')
    journal = Path("ready/.wanprep-receipt.json.0123456789ab.journal")
    journal.write_text('{"kind": "assets", "path": "/none", "entry": {"so')
    assert wanprep("fix", "in/image0.tiff", "--out", "ready").status == 0
    assert sources() == ["image0"]
    assert not journal.exists()


@pytest.mark.usefixtures("folder")
def test_a_full_disk_keeps_the_earlier_receipt(wanprep: Command) -> None:
    assert wanprep("fix", "in", "--out", "ready").status == 0
    before = Path("ready/wanprep-receipt.json").read_bytes()
    Image.new("RGB", (300, 300)).save("other.tiff")

    with limited_file_size(len(before) // 2):
        done = wanprep("fix", "other.tiff", "--out", "ready")

    assert done.status == 2
    assert "wanprep-receipt.json cannot be written: File too large" in done.err
    assert Path("ready/wanprep-receipt.json").read_bytes() == before
    assert not list(Path("ready").glob(".*"))


@pytest.mark.usefixtures("folder")
def test_a_name_that_is_not_utf8(wanprep: Command) -> None:
    name = os.fsdecode(b"caf\xe9.tiff")
    os.rename("in/image0.tiff", name)

    for style in ("text", "json"):
        assert wanprep("fix", name, "--out", "ready", "--format", style).status == 0
    assert wanprep("fix", name, "--plan", "--format", "json").status == 0

    (entry,) = json.loads(Path("ready/wanprep-receipt.json").read_text())["assets"]
    assert entry["source"] == name
    assert Path(entry["result"]).exists()
