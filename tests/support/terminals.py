"""wanprep at a pseudo-terminal of its own."""

from __future__ import annotations

import contextlib
import os
import pty
import select
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Self


class AtTerminal:
    """A running wanprep whose input, output and errors are one terminal."""

    def __init__(self, arguments: Sequence[str], folder: Path, **environ: str) -> None:
        self._end, other = pty.openpty()
        self.shown = ""
        self.process = subprocess.Popen(
            [sys.executable, "-m", "wanprep", *arguments], cwd=folder,
            stdin=other, stdout=other, stderr=other, start_new_session=True,
            env=os.environ | {"TERM": "xterm", "COLUMNS": "100"} | environ,
        )  # fmt: skip
        os.close(other)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        os.close(self._end)

    def type(self, text: str) -> None:
        os.write(self._end, text.encode())

    def until(self, expected: str, seconds: float = 30) -> str:
        """Read until a text was shown, and return what was read since the last call."""
        new, end = "", time.monotonic() + seconds
        while expected not in new:
            assert time.monotonic() < end, f"{expected!r} was not shown:\n{self.shown}"
            if (more := self._read(0.2)) is None:
                break
            new += more
        assert expected in new, f"{expected!r} was not shown:\n{self.shown}"
        return new

    def ended(self, seconds: float = 30) -> int:
        """Read the rest, and return the exit status."""
        end = time.monotonic() + seconds
        while time.monotonic() < end and self._read(0.2) is not None:
            pass
        return self.process.wait(seconds)

    def _read(self, seconds: float) -> str | None:
        ready, _, _ = select.select([self._end], [], [], seconds)
        if not ready:
            return ""
        with contextlib.suppress(OSError):  # the other end is closed
            if data := os.read(self._end, 1 << 16):
                self.shown += (text := data.decode(errors="replace"))
                return text
        return None
