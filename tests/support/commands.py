"""Run commands in this process, with standard input, and read what they print.

tests/conftest.py gives its fixture to all tests.
"""

from __future__ import annotations

import contextlib
import io
import os
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pytest

from wanprep.cli import run

_ROOT: Final = Path(__file__).parents[2]


@dataclass(frozen=True, slots=True)
class Result:
    status: int
    out: str
    err: str


class Command:
    """`wanprep`, called in this process."""

    def __init__(self, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
        self._capfd = capfd
        self._monkeypatch = monkeypatch

    def __call__(
        self, *arguments: str | bytes | Path, cwd: Path | None = None, stdin: bytes = b""
    ) -> Result:
        self._capfd.readouterr()
        self._monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin)))
        with contextlib.chdir(cwd or Path.cwd()):
            status = run([os.fsdecode(argument) for argument in arguments])
        out, err = self._capfd.readouterr()
        return Result(status, out, err)


@pytest.fixture
def wanprep(capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Command:
    return Command(capfd, monkeypatch)


def program() -> list[str]:
    """Return what starts a server for many tests; where coverage is measured, it counts.

    Most processes do not count: tracing doubles their time, and others reach the same lines.
    """
    if (coverage := sys.modules.get("coverage")) is None or not coverage.Coverage.current():
        return [sys.executable, "-m", "wanprep"]
    options = ["--rcfile", str(_ROOT / "pyproject.toml"), "--data-file", str(_ROOT / ".coverage")]
    return [sys.executable, "-m", "coverage", "run", *options, "-m", "wanprep"]


def forget_modules(package: str) -> None:
    """Let a package of the same name be imported anew, from another place."""
    for name in [name for name in sys.modules if name.partition(".")[0] == package]:
        del sys.modules[name]
