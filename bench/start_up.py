"""Measure the start-up time of wanprep: `python bench/start_up.py`.

With `--mcp` it is that of its server for agents, from the start to the end of an empty standard
input, over that of importing the SDK, which it cannot start without.
"""

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
    parser.add_argument("--mcp", action="store_true", help="measure `wanprep mcp`")
    options = parser.parse_args()
    wanprep = console_script("wanprep")
    commands = {
        'python -c "import click"': [sys.executable, "-c", "import click"],
        'python -c "import wanprep"': [sys.executable, "-c", "import wanprep"],
        "wanprep --version": [wanprep, "--version"],
        "wanprep --help": [wanprep, "--help"],
    }
    if options.mcp:
        sdk = "import mcp.server, mcp.server.stdio"
        commands = {
            'python -c "import mcp.server"': [sys.executable, "-c", sdk],
            "wanprep mcp": [wanprep, "mcp"],
        }
    results = {
        name: summary(runs) for name, runs in _run_interleaved(commands, options.runs).items()
    }
    baseline, *ours = results.values()

    rows: list[tuple[str, ...]] = [
        ("", "median", "min", "max", "ratio", "target", "", "CPU", "ratio")
    ]
    for name, result in results.items():
        ratio = result.median / baseline.median
        verdict = ("", "")
        if result in ours:
            verdict = (f"<= {_AT_MOST}", "met" if ratio <= _AT_MOST else "MISSED")
        times = (
            f"{seconds * 1000:.0f} ms" for seconds in (result.median, result.least, result.most)
        )
        cpu = f"{result.cpu_median * 1000:.0f} ms"
        of_cpu = f"{result.cpu_median / baseline.cpu_median:.2f}"  # on a busy machine, look here
        rows.append((name, *times, f"{ratio:.2f}", *verdict, cpu, of_cpu))
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
