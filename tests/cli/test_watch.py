from __future__ import annotations

import os
import signal
import time
from pathlib import Path

import pytest
from PIL import Image
from terminals import AtTerminal

from wanprep.cli import run
from wanprep.cli.watch import stamps

JOB = """\
target: evolink/wan2.7-reference-video
prompt: Image {} walks.
references:
  - image: ../refs/hero.png
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "jobs").mkdir()
    (tmp_path / "refs").mkdir()
    (tmp_path / "jobs/job.yaml").write_text(JOB.format(1))
    Image.new("RGB", (320, 240)).save(tmp_path / "refs/hero.png")
    return tmp_path


def test_it_checks_again_at_each_change_until_ctrl_c(folder: Path) -> None:
    with AtTerminal(["check", "jobs", "--watch", "-o", "jobs/report.json"], folder) as terminal:
        terminal.until("Ctrl-C ends it")

        (folder / "jobs/job.yaml").write_text(JOB.format(5))
        terminal.until("Ctrl-C ends it")
        assert "prompt-ref-unbound" in (folder / "jobs/report.json").read_text()

        (folder / "jobs/job.yaml").write_text(JOB.format(1))
        terminal.until("Ctrl-C ends it")
        Image.new("RGB", (32, 24)).save(folder / "refs/hero.png")  # which only the job names
        terminal.until("Ctrl-C ends it")
        assert "image-too-small" in (folder / "jobs/report.json").read_text()

        os.unlink(folder / "refs/hero.png")
        terminal.until("Ctrl-C ends it")
        assert "asset-missing" in (folder / "jobs/report.json").read_text()

        (folder / "jobs/wanprep.toml").write_text("")  # no job, no media: nothing to say
        Image.new("RGB", (320, 240)).save(folder / "jobs/new.png")
        terminal.until("Ctrl-C ends it")
        time.sleep(1.2)  # our own report is no reason to look again
        assert terminal.shown.count("\x1b[2J") in {6, 7}  # the last two may be noticed separately

        terminal.process.send_signal(signal.SIGINT)
        assert terminal.ended() == 0


def test_an_error_is_reported_and_waited_for(folder: Path) -> None:
    (folder / "wanprep.toml").write_text("")
    with AtTerminal(["check", "jobs", "--watch"], folder) as terminal:
        terminal.until("Ctrl-C ends it")
        (folder / "wanprep.toml").write_text("targts = []")
        assert "did you mean `targets`?" in terminal.until("Ctrl-C ends it")
        (folder / "wanprep.toml").write_text("")
        assert "nothing found" in terminal.until("Ctrl-C ends it")
        terminal.process.send_signal(signal.SIGINT)
        assert terminal.ended() == 0


@pytest.mark.parametrize(
    ("path", "says"), [("no-such.yaml", "there is no file"), ("-", "standard input")]
)
def test_usage_errors(path: str, says: str, capfd: pytest.CaptureFixture[str]) -> None:
    assert run(["check", "--watch", path]) == 2
    assert says in capfd.readouterr().err


def test_stamps_leave_out_excluded_files(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("a")
    a, b = str(tmp_path / "a"), str(tmp_path / "b")
    assert stamps([a, b, "\0"], [b])[a] is not None
    assert stamps([a, b, "\0"], [b]) == {a: stamps([a], [])[a], "\0": None}
    assert stamps([b], []) == {b: None}
