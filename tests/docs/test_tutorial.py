"""Every command of the tutorial is run in a fresh folder, and prints the lines shown."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from documents import DOCS, ROOT, blocks

_RUN = re.compile(r"k3m9x2pa")


def missing_line(shown: str, output: str) -> str | None:
    """Return the first line shown that is not in the output; … matches anything."""
    lines = output.splitlines()
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


@pytest.mark.slow
def test_commands_print_what_is_shown(tmp_path: Path) -> None:
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
    output, ran = "", 0
    for block in blocks(DOCS / "tutorial.md"):
        if block.language == "sh":
            done = subprocess.run(
                ["bash", "-c", f'cd "$(cat "$HERE")"\n{block.text}\npwd > "$HERE"'],
                stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=environ,
                check=False, timeout=120,
            )  # fmt: skip
            output, ran = done.stdout, ran + 1
            assert "Traceback" not in output
        elif block.language == "text":
            missing = missing_line(block.text, output)
            assert missing is None, f"{missing!r} is not in the output:\n{output}"
    assert ran > 10


def test_a_missing_line_is_found() -> None:
    assert missing_line("a\n…\nc", "a\nb\nc") is None
    assert missing_line("k3m9x2pa  done …", "abcdefgh  done with it") is None
    assert missing_line("c\na", "a\nb\nc") == "a"
    assert missing_line("b", "a b") == "b"
