"""Run the commands of a page of the documentation as a reader does, from the first to the last.

A comment above a block says what else is done with it:

    <!-- file: wanprep.toml -->      write it to this file; `append:` adds it at the end
    <!-- until Ctrl-C -->            interrupt it when it has printed something
    <!-- before: COMMAND -->         run COMMAND first: what a reader does in between
    <!-- not run: REASON -->         leave it out
"""

from __future__ import annotations

import os
import re
import select
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from documents import Block

SHELLS: Final = frozenset({"sh", "bash", "console"})
ORDERS: Final = ("file", "append", "before", "not run", "until Ctrl-C")
_RUN: Final = "k3m9x2pa"  # the id of a run, wherever a page shows one
_PORT: Final = "8765"
# Findings end with 1; all else that fails is written down with its command.
_SCRIPT: Final = """\
cd "$(cat "$HERE")"
trap 'status=$?; [ $status = 1 ] || echo "$status $BASH_COMMAND" >> "$FAILED"' ERR
{}
pwd > "$HERE"
"""


@dataclass(slots=True)
class PageRun:
    """The folder in which the commands of a page run, and what the last one printed."""

    work: Path
    own: Path  # the folder of what the run itself needs
    names: dict[str, str] = field(default_factory=dict)  # what stands for a name of the page
    environ: dict[str, str] = field(default_factory=lambda: dict(os.environ))
    output: str = ""
    ran: int = 0

    def __post_init__(self) -> None:
        for folder in (self.work, self.own / "bin"):
            folder.mkdir(parents=True)
        program = self.own / "bin/wanprep"
        program.write_text(f'#!/bin/sh\nexec {sys.executable} -m wanprep "$@"\n', encoding="utf-8")
        program.chmod(0o755)
        (self.own / "here").write_text(str(self.work), encoding="utf-8")
        self.names[_PORT] = str(free_port())
        self.environ |= {
            "PATH": f"{self.own / 'bin'}:{self.environ['PATH']}",
            "HOME": str(self.own),
            "HERE": str(self.own / "here"),
            "FAILED": str(self.own / "failed"),
            "WANPREP_STATE_DIR": str(self.own / "state"),
        }

    def run(self, block: Block) -> None:
        """Do with a block what its comment says, or run its commands."""
        order, _, value = block.comment.partition(": ")
        if order == "before":
            self.shell(value)
        if order in {"file", "append"}:
            self.write(value, block.text, mode="a" if order == "append" else "w")
        elif block.language in SHELLS and order != "not run":
            self.ran += 1
            (self.interrupt if order == "until Ctrl-C" else self.shell)(block.text)

    def write(self, name: str, text: str, mode: str = "w") -> None:
        path = self.work / name
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open(mode, encoding="utf-8") as file:
            file.write(text)

    def shell(self, script: str) -> None:
        """Run commands in the folder in which the last ones ended."""
        with self._start(script) as process:
            self.output, _ = process.communicate(timeout=240)
        failed = self.own / "failed"
        assert not failed.exists(), f"{failed.read_text()}\n{self.output}"
        assert "Traceback" not in self.output, self.output

    def interrupt(self, script: str) -> None:
        """Run commands that end with Ctrl-C, and press it once there is output."""
        with self._start(script) as process:
            assert process.stdout is not None
            ready, _, _ = select.select([process.stdout], [], [], 60)
            assert ready, "nothing is printed"
            time.sleep(1)  # what it prints more
            os.killpg(process.pid, signal.SIGINT)
            self.output, _ = process.communicate(timeout=60)
        assert process.returncode in {0, 130}, self.output
        assert "Traceback" not in self.output, self.output

    def _start(self, script: str) -> subprocess.Popen[str]:
        if _RUN in script:
            self.names[_RUN] = self._last_run()
        for shown, real in self.names.items():
            script = script.replace(shown, real)
        return subprocess.Popen(
            ["bash", "-c", _SCRIPT.format(script)], stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, text=True, env=self.environ, process_group=0,
        )  # fmt: skip

    def _last_run(self) -> str:
        command = [sys.executable, "-m", "wanprep", "runs", "list"]
        done = subprocess.run(command, capture_output=True, text=True, env=self.environ, check=True)
        found = re.search(r"^([a-z0-9]{8})\b", done.stdout, re.MULTILINE)
        assert found, done.stdout
        return found[1]


def missing_line(shown: str, output: str, names: Mapping[str, str] = {}) -> str | None:
    """Return the first line shown that is not in the output; … matches anything."""
    lines = output.splitlines()
    for of_page, real in names.items():
        shown = shown.replace(of_page, real)
    for line in shown.splitlines():
        if line == "…":
            continue
        parts = (".*".join(map(re.escape, part.split("…"))) for part in line.split(_RUN))
        pattern = re.compile("[a-z0-9]{8}".join(parts))
        at = next((at for at, each in enumerate(lines) if pattern.fullmatch(each)), None)
        if at is None:
            return line
        lines = lines[at + 1 :]
    return None


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
        return port
