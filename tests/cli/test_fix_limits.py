"""`wanprep fix` where files cannot be opened or written: a message and no traceback."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from commands import Command
from PIL import Image


@pytest.fixture
def read_only(tmp_path: Path) -> Iterator[Path]:
    """A folder with media and a job, on a file system that is mounted read-only."""
    Image.new("RGB", (300, 300)).save(tmp_path / "renamed.gif")
    Image.new("RGBA", (300, 300)).save(tmp_path / "replaced.png")
    (tmp_path / "job.yaml").write_text(
        "target: evolink/wan2.7-reference-video\nprompt: '@Image1 waves'\n"
        "references: [image: renamed.gif]\n"
    )
    place = str(tmp_path)
    steps = (["--bind", place, place], ["-o", "remount,ro,bind", place])
    try:
        for step in steps:
            subprocess.run(["mount", *step], check=True, capture_output=True)
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("only root may mount a folder")
    yield tmp_path
    subprocess.run(["umount", place], check=True)


def test_a_read_only_file_system(read_only: Path, wanprep: Command) -> None:
    done = wanprep("fix", ".", "--in-place", cwd=read_only)
    assert (done.status, done.err) == (1, "")
    assert " ".join(done.out.split()).count("it is on a read-only disk; choose another folder") == 3
    assert "3 not fixed" in done.out or "2 not fixed" in done.out

    done = wanprep("fix", ".", "--out", "ready", cwd=read_only)
    assert done.status == 2
    assert "cannot be written: it is on a read-only disk" in done.err


@pytest.mark.parametrize("most", [10, 13, 20])
def test_few_open_files(tmp_path: Path, most: int) -> None:
    for number in range(3):
        Image.new("RGB", (300, 300)).save(tmp_path / f"{number}.gif")
    program = 'ulimit -n "$0"; exec "$@"'
    command = [sys.executable, "-m", "wanprep", "fix", ".", "--out", "ready"]

    done = subprocess.run(
        ["sh", "-c", program, str(most), *command],
        cwd=tmp_path, capture_output=True, text=True, check=False,
    )  # fmt: skip

    assert done.returncode in {0, 1, 2}, done.stderr
    assert "Traceback" not in done.stderr
    if done.returncode != 2:
        assert len(json.loads((tmp_path / "ready/wanprep-receipt.json").read_text())["assets"]) == 3
    if done.returncode:
        assert "oo many" in done.stdout + done.stderr
