"""Run a command, and measure its time and the memory of its largest process.

The clock runs from before the process starts until it has ended. The memory is `ru_maxrss`
of os.wait4: the peak of the largest single process among the command and those of its
descendants that it waited for, not their sum. (The kernel counts what a process held before
its exec as well, here the few MB of this script; so nothing heavy may be imported here.)
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

_MAXRSS_UNIT: Final = 1 if sys.platform == "darwin" else 1024


@dataclass(frozen=True, slots=True)
class Run:
    """The cost of one run of a command."""

    seconds: float
    cpu_seconds: float
    peak_bytes: int


@dataclass(frozen=True, slots=True)
class Summary:
    """The cost of a command over several runs."""

    median: float
    least: float
    most: float
    cpu_median: float
    peak_bytes: int


def run(
    command: Sequence[str], output: Path, env: Mapping[str, str], fine: Sequence[int] = (0,)
) -> Run:
    """Run a command, its output into a file; one that fails ends the benchmark.

    `fine` are the exit statuses of a command that did its work.
    """
    errors_file = output.with_suffix(".errors")
    with output.open("wb") as out, errors_file.open("wb") as errors:
        start = time.perf_counter()
        process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=out, stderr=errors, env=env
        )
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - start
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode not in fine:
        text = errors_file.read_text(errors="replace").strip()
        sys.exit(f"{' '.join(command)} failed ({process.returncode}): {text[-500:]}")
    return Run(seconds, usage.ru_utime + usage.ru_stime, usage.ru_maxrss * _MAXRSS_UNIT)


def summary(runs: Sequence[Run]) -> Summary:
    seconds = [one.seconds for one in runs]
    return Summary(
        median=statistics.median(seconds),
        least=min(seconds),
        most=max(seconds),
        cpu_median=statistics.median(one.cpu_seconds for one in runs),
        peak_bytes=max(one.peak_bytes for one in runs),
    )


def users_environment(**more: str) -> dict[str, str]:
    """Return the environment of a user: Python caches byte code and buffers its output."""
    ours = {"PYTHONDONTWRITEBYTECODE", "PYTHONUNBUFFERED"}
    kept = {name: value for name, value in os.environ.items() if name not in ours}
    return kept | more


def console_script(name: str) -> str:
    """Find the installed script beside this interpreter."""
    path = os.path.join(os.path.dirname(sys.executable), name)
    if not os.path.exists(path):
        sys.exit(f"there is no {path}: run this with the Python that wanprep is installed for")
    return path


def table(rows: Sequence[Sequence[str]]) -> str:
    """Align rows of words: the first column to the left, the others to the right."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = []
    for first, *others in rows:
        cells = [first.ljust(widths[0])]
        cells += [cell.rjust(width) for cell, width in zip(others, widths[1:], strict=True)]
        lines.append("  ".join(cells).rstrip())
    return "\n".join(lines)
