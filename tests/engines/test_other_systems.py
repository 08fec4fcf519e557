"""A system without what only POSIX has: wanprep starts, checks, and says what is missing."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Final

import pytest
from PIL import Image

# Run by every new interpreter, so that the worker processes are without it, too.
_WITHOUT_POSIX: Final = """
import os, select, signal, sys
sys.modules |= dict.fromkeys(("fcntl", "grp", "pwd", "resource", "termios"))
for module, names in {
    os: "fork killpg getpgid getuid geteuid pread pwrite sched_getaffinity setsid",
    select: "poll epoll",
    signal: "SIGALRM SIGHUP SIGXFSZ setitimer alarm",  # subprocess itself needs SIGKILL
}.items():
    for name in filter(module.__dict__.__contains__, names.split()):
        delattr(module, name)
"""


@pytest.fixture
def elsewhere(tmp_path: Path) -> Path:
    (tmp_path / "site").mkdir()
    (tmp_path / "site/sitecustomize.py").write_text(_WITHOUT_POSIX)
    Image.new("RGB", (320, 240)).save(tmp_path / "good.png")
    Image.new("RGB", (32, 24)).save(tmp_path / "tiny.png")
    return tmp_path


def python(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    environ = os.environ | {
        "PYTHONPATH": f"{folder}/site",
        "WANPREP_CACHE_DIR": f"{folder}/cache",
        "WANPREP_STATE_DIR": f"{folder}/state",
    }
    return subprocess.run(
        [sys.executable, *arguments], cwd=folder, env=environ, capture_output=True, text=True,
        check=False, timeout=60,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("arguments", "status", "says"),
    [
        pytest.param(["--version"], 0, "wanprep ", id="version"),
        pytest.param(["check", "good.png", "--no-cache"], 0, "nothing found", id="pass"),
        pytest.param(["check", "tiny.png"], 1, "error[image-too-small]", id="fail"),
        pytest.param(["fix", "tiny.png", "--out", "out"], 2, "no file locks", id="no locks"),
    ],
)
def test_commands_start(elsewhere: Path, arguments: list[str], status: int, says: str) -> None:
    done = python(elsewhere, "-m", "wanprep", *arguments)
    assert "Traceback" not in done.stderr
    assert (done.returncode, says in done.stdout + done.stderr) == (status, True), done


def test_doctor_says_what_is_missing(elsewhere: Path) -> None:
    done = python(elsewhere, "-m", "wanprep", "doctor", "--format", "json")
    lines = json.loads(done.stdout)["checks"]
    missing = {each["name"]: each["state"] for each in lines if each["section"] == "Protections"}
    names = ("time limit", "memory limit", "child processes", "file locks")
    assert missing == dict.fromkeys(names, "note")


def test_a_slow_worker_is_ended_without_an_alarm(elsewhere: Path) -> None:
    code = (
        "from wanprep.engines import pool; pool._GRACE_SECONDS = 0.1\n"
        "with pool.WorkerPool(['time:sleep'], seconds=0.1, memory=1, workers=1) as workers:\n"
        "    print(workers.run('time:sleep', 60).cause, workers.run('time:sleep', 0))"
    )
    done = python(elsewhere, "-c", code)
    assert (done.stdout, done.stderr) == ("slow None\n", "")
