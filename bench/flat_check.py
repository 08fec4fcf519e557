"""Measure how time and memory of `wanprep check` grow with the number of files.

    python bench/flat_check.py                       # 3,000, 10,000 and 100,000 files
    python bench/flat_check.py --most 1000000        # one more size: an hour, 1 GB of disk

The files are hard links of a hundred mixed ones under other names, so each is listed, looked up,
read, judged and reported on its own. See README.md beside this.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Final

from make_files import PER_FOLDER, link_files, make_files
from measure import Run, console_script, run, table, users_environment
from targets import Target

if TYPE_CHECKING:
    from collections.abc import Mapping

_SIZES: Final = (3_000, 10_000, 100_000)
_MIB: Final = 2**20


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--most", type=int, help="one more size, such as 1000000")
    parser.add_argument("--rounds", type=int, default=3, help="of 10,000 and 100,000 (default 3)")
    options = parser.parse_args()
    sizes = [*_SIZES, *([options.most] if options.most else [])]
    with tempfile.TemporaryDirectory(prefix="wanprep-bench-") as name:
        home = Path(name)
        make_files(home / "bases", PER_FOLDER)
        trees = {size: home / f"{size}" for size in sizes}
        for size, tree in trees.items():
            link_files(tree, home / "bases", size)
        rows = [("files", "run", "seconds", "files/s", "peak MiB", "first line")]
        runs: dict[tuple[int, str], list[Run]] = {}
        for round_number in range(options.rounds):
            for size, tree in trees.items():
                if round_number == 0 or size in {10_000, 100_000}:
                    for kind, one, first in _check(tree, home):
                        runs.setdefault((size, kind), []).append(one)
                        rate = f"{size / one.seconds:,.0f}"
                        peak = f"{one.peak_bytes / _MIB:.0f}"
                        rows.append((f"{size:,}", kind, f"{one.seconds:.1f}", rate, peak, first))
                        print("  ".join(rows[-1]), file=sys.stderr, flush=True)
    print(table(rows), "\n")
    print(table([("target", "measured", "bound", ""), *(one.row() for one in _targets(runs))]))
    print(f"load {os.getloadavg()[0]:.1f} on {os.cpu_count()} CPUs")


def _check(tree: Path, home: Path) -> list[tuple[str, Run, str]]:
    """Check with a new cache, then again; then keep results, and once more."""
    cache, results = home / "cache", home / "results"
    for old in (cache, results):
        shutil.rmtree(old, ignore_errors=True)
    environment = users_environment(WANPREP_CACHE_DIR=str(cache))
    command = [console_script("wanprep"), "check", str(tree), "--offline", "--format", "jsonl"]
    found = []
    for kind, more in {
        "cold": [], "warm": [], "json": ["--format", "json"],
        "results, new": ["--results", str(results)], "results, again": ["--results", str(results)],
    }.items():  # fmt: skip
        one = run([*command, *more], home / "out", environment, fine=(0, 1))
        first = _first_line([*command, *more], environment) if kind == "warm" else ""
        found.append((kind, one, first))
    return found


def _first_line(command: list[str], environment: Mapping[str, str]) -> str:
    began = time.perf_counter()
    with subprocess.Popen(command, stdout=subprocess.PIPE, env=environment) as process:
        assert process.stdout
        process.stdout.readline()
        seconds = time.perf_counter() - began
        process.terminate()
    return f"{seconds:.2f} s"


def _targets(runs: dict[tuple[int, str], list[Run]]) -> list[Target]:
    def least(size: int, kind: str) -> float | None:
        return min(one.seconds for one in runs[size, kind]) if (size, kind) in runs else None

    largest = max(size for size, _ in runs)
    peaks = {size: max(one.peak_bytes for (at, _), found in runs.items() if at == size
                       for one in found) / _MIB for size, _ in runs}  # fmt: skip
    per_file = {
        kind: (least(100_000, kind) or 0) / 10 / (least(10_000, kind) or 1)
        for kind in ("cold", "warm")
    }
    return [
        Target(f"MiB from 3,000 to {largest:,} files", peaks[largest] - peaks[3_000], at_most=40),
        Target(f"MiB at {largest:,} files", peaks[largest], at_most=120),
        Target("time per file, 100,000 / 10,000, cold", per_file["cold"], at_most=1.15),
        Target("time per file, 100,000 / 10,000, warm", per_file["warm"], at_most=1.15),
    ]


if __name__ == "__main__":
    main()
