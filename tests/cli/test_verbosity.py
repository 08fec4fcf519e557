"""--quiet, --verbose, colours and progress bars."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image
from terminals import AtTerminal

from wanprep.cli import run

DEMO = Path(__file__).parents[2] / "fixtures/demo"


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    for name in ("NO_COLOR", "FORCE_COLOR"):
        monkeypatch.delenv(name, raising=False)
    Image.new("RGB", (320, 240)).save("good.png")
    return tmp_path


@pytest.mark.parametrize(
    "arguments", [["check", "good.png", "--quiet"], ["-q", "check", "good.png"]]
)
def test_quiet_prints_nothing_without_findings(
    arguments: list[str], capfd: pytest.CaptureFixture[str]
) -> None:
    assert run(arguments) == 0
    assert capfd.readouterr() == ("", "")


def test_quiet_keeps_the_findings(capfd: pytest.CaptureFixture[str]) -> None:
    Image.new("RGB", (32, 24)).save("tiny.png")
    assert run(["check", "-q"]) == 1
    output = capfd.readouterr().out
    assert "error[image-too-small]" in output
    assert "checked for" not in output


def test_quiet_reports_what_was_not_checked(capfd: pytest.CaptureFixture[str]) -> None:
    Path("job.yaml").write_text(
        "target: evolink/wan2.7-reference-video\nprompt: She walks.\n"
        "references:\n  - image: data:image/png;base64,AAAA\n"
    )
    assert run(["check", "-q", "job.yaml"]) == 1
    assert "1 unknown" in capfd.readouterr().out


@pytest.mark.parametrize("arguments", [["check", "--verbose"], ["-v", "check"], ["probe", "-v"]])
def test_verbose_reports_files_read_and_cached(
    arguments: list[str], capfd: pytest.CaptureFixture[str]
) -> None:
    os.utime("good.png", (1, 1))
    assert run(arguments) == 0
    first = capfd.readouterr().err
    assert "read: good.png (png)\n" in first
    assert "1 read" in first
    assert run(arguments) == 0
    output = capfd.readouterr().err
    assert "cached: good.png (png)\n" in output
    assert "1 cached, 0 read" in output
    assert ("configuration: none" in output) == ("check" in arguments)


def test_verbose_without_a_cache(capfd: pytest.CaptureFixture[str]) -> None:
    assert run(["probe", "-v", "--no-cache"]) == 0
    output = capfd.readouterr().err
    assert "1 file in 0." in output
    assert "0 cached" in output


def test_quiet_and_verbose_exclude_each_other(capfd: pytest.CaptureFixture[str]) -> None:
    assert run(["-q", "check", "-v"]) == 2
    assert "--quiet and --verbose cannot be combined" in capfd.readouterr().err


@pytest.mark.parametrize(
    ("environ", "coloured"),
    [
        ({}, False),
        ({"FORCE_COLOR": "1"}, True),
        ({"FORCE_COLOR": "0"}, False),
        ({"FORCE_COLOR": "1", "NO_COLOR": "1"}, False),
        ({"FORCE_COLOR": "1", "NO_COLOR": ""}, True),
    ],
)
def test_colours_in_a_pipe(
    environ: dict[str, str],
    coloured: bool,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    for name, value in environ.items():
        monkeypatch.setenv(name, value)
    assert run(["check"]) == 0
    assert ("\x1b[" in capfd.readouterr().out) == coloured


@pytest.mark.parametrize(
    ("environ", "coloured"), [({}, True), ({"NO_COLOR": "1"}, False), ({"TERM": "dumb"}, False)]
)
def test_colours_at_a_terminal(folder: Path, environ: dict[str, str], coloured: bool) -> None:
    with AtTerminal(["check"], folder, **environ) as terminal:
        assert terminal.ended() == 0
        assert "nothing found" in terminal.shown
        assert ("\x1b[32m" in terminal.shown) == coloured


def test_no_colour_in_a_file(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    assert run(["check", "-o", "report.txt"]) == 0
    assert "\x1b" not in Path("report.txt").read_text()


def long_audio(file: Path) -> None:
    """Write a sparse WAV file that takes seconds to decode."""
    size = 1_900_000_000
    header = b"RIFF" + (size - 8).to_bytes(4, "little") + b"WAVEfmt " + (16).to_bytes(4, "little")
    header += bytes.fromhex("0100 0100 44ac0000 88580100 0200 1000")
    with file.open("wb") as opened:
        opened.write(header + b"data" + (size - 44).to_bytes(4, "little"))
        opened.truncate(size)


def test_a_long_check_shows_a_bar(folder: Path) -> None:
    long_audio(folder / "long.wav")
    with AtTerminal(["check", "--deep"], folder) as terminal:
        terminal.until("probing files")
        terminal.until("/2")
        terminal.until("/s")  # the rate, and then the time left
        terminal.type("\x03")
        terminal.process.send_signal(2)
        assert terminal.ended() == 130
        assert terminal.shown.rstrip().endswith("wanprep: interrupted")


def test_a_short_check_shows_none(folder: Path) -> None:
    with AtTerminal(["check"], folder) as terminal:
        assert terminal.ended() == 0
    assert "probing files" not in terminal.shown


def test_a_quick_check_does_not_import_the_progress_bar() -> None:
    code = "import sys; from wanprep.cli import run; run(['check']); print('rich' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "False"


def test_submit_can_be_quiet(capfd: pytest.CaptureFixture[str]) -> None:
    shutil.copytree(DEMO, "demo")
    assert run(["submit", "demo/job.yaml", "--emulate", "-o", "out", "-q"]) == 0
    output = capfd.readouterr()
    assert "succeeded" in output.out
    assert "uploading" not in output.err
