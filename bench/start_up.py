"""Measure the start-up time of wanprep: `python bench/start_up.py`."""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from dataclasses import asdict
from pathlib import Path
from typing import Final

from measure import Run, console_script, run, summary, table, users_environment

_AT_MOST: Final = 1.2


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=30, help="of each command (default 30)")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures there too")
    options = parser.parse_args()
    wanprep = console_script("wanprep")
    commands = {
        'python -c "import click"': [sys.executable, "-c", "import click"],
        "wanprep --version": [wanprep, "--version"],
        "wanprep --help": [wanprep, "--help"],
    }
    results = {
        name: summary(runs) for name, runs in _run_interleaved(commands, options.runs).items()
    }
    baseline, *ours = results.values()

    rows: list[tuple[str, ...]] = [("", "median", "min", "max", "ratio", "target", "")]
    for name, result in results.items():
        ratio = result.median / baseline.median
        verdict = ("", "")
        if result in ours:
            verdict = (f"<= {_AT_MOST}", "met" if ratio <= _AT_MOST else "MISSED")
        times = (
            f"{seconds * 1000:.0f} ms" for seconds in (result.median, result.least, result.most)
        )
        rows.append((name, *times, f"{ratio:.2f}", *verdict))
    print(f"{options.runs} interleaved runs each after one to warm up; byte code is cached\n")
    print(table(rows))
    if options.json:
        figures = {name: asdict(result) for name, result in results.items()}
        options.json.write_text(json.dumps(figures, indent=1) + "\n")


def _run_interleaved(commands: dict[str, list[str]], times: int) -> dict[str, list[Run]]:
    runs: dict[str, list[Run]] = {name: [] for name in commands}
    with tempfile.TemporaryDirectory() as folder:
        for turn in range(times + 1):
            for name, command in commands.items():
                cost = run(command, Path(folder, "output"), users_environment())
                if turn:  # the first only fills the caches
                    runs[name].append(cost)
    return runs


if __name__ == "__main__":
    main()
