"""The tutorial, done as it is told: every command in a fresh folder, every shown line seen."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

from documents import DOCS, ROOT, blocks

_RUN = re.compile(r"k3m9x2pa")


def shown_in(shown: str, told: str) -> str | None:
    """Return the first line that is shown and was not told; … stands for whatever comes."""
    lines = told.splitlines()
    for line in shown.splitlines():
        if line == "…":
            continue
        parts = (".*".join(map(re.escape, part.split("…"))) for part in _RUN.split(line))
        pattern = re.compile("[a-z0-9]{8}".join(parts))
        at = next((at for at, each in enumerate(lines) if pattern.fullmatch(each)), None)
        if at is None:
            return line
        lines = lines[at + 1 :]
    return None


def test_it_is_all_true(tmp_path: Path) -> None:
    shutil.copytree(ROOT / "fixtures", tmp_path / "checkout/fixtures")
    here = tmp_path / "here"
    here.write_text(str(tmp_path / "checkout"), encoding="utf-8")
    programs = tmp_path / "bin"
    programs.mkdir()
    (programs / "wanprep").write_text(f'#!/bin/sh\nexec {sys.executable} -m wanprep "$@"\n')
    (programs / "wanprep").chmod(0o755)
    environ = os.environ | {
        "PATH": f"{programs}:{os.environ['PATH']}",
        "WANPREP_STATE_DIR": str(tmp_path / "state"),
        "HERE": str(here),
    }
    told, ran = "", 0
    for block in blocks(DOCS / "tutorial.md"):
        if block.language == "sh":
            done = subprocess.run(
                ["bash", "-c", f'cd "$(cat "$HERE")"\n{block.text}\npwd > "$HERE"'],
                stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=environ,
                check=False, timeout=120,
            )  # fmt: skip
            told, ran = done.stdout, ran + 1
            assert "Traceback" not in told
        elif block.language == "text":
            missed = shown_in(block.text, told)
            assert missed is None, f"{missed!r} is shown, and this was told:\n{told}"
    assert ran > 10


def test_what_is_not_told_is_missed() -> None:
    assert shown_in("a\n…\nc", "a\nb\nc") is None
    assert shown_in("k3m9x2pa  done …", "abcdefgh  done with it") is None
    assert shown_in("c\na", "a\nb\nc") == "a"
    assert shown_in("b", "a b") == "b"
