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

from make_files import PER_FOLDER, link_files
from measure import Run, console_script, run, table, users_environment
from targets import Target

if TYPE_CHECKING:
    from collections.abc import Mapping

_SIZES: Final = (3_000, 10_000, 100_000)
_MIB: Final = 2**20


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--most", type=int, help="one more size, such as 1000000")
    parser.add_argument("--rounds", type=int, default=3, help="of all sizes but that (default 3)")
    parser.add_argument("--quick", action="store_true", help="a tenth, to see that it works")
    options = parser.parse_args()
    sizes = [size // 10 if options.quick else size for size in _SIZES]
    most = [options.most] if options.most else []
    runs: dict[tuple[int, str], list[Run]] = {}
    rows: list[tuple[str, ...]] = [("files", "run", "seconds", "CPU", "peak MiB", "first line")]
    with tempfile.TemporaryDirectory(prefix="wanprep-bench-") as name:
        home = Path(name)
        # In another process: what this one holds counts as the peak of those that it starts.
        make = [sys.executable, str(Path(__file__).with_name("make_files.py"))]
        subprocess.run([*make, str(home / "bases"), str(PER_FOLDER)], check=True)
        for size in (*sizes, *most):
            link_files(home / f"{size}", home / "bases", size)
        for size in sizes * options.rounds + most:
            for kind, one, first in _check(home / f"{size}", home):
                runs.setdefault((size, kind), []).append(one)
                rows.append((f"{size:,}", kind, *_cells(one), first))
                print("  ".join(rows[-1]), file=sys.stderr, flush=True)
    print(table(rows), "\n")
    targets = _targets(runs, sizes[0], sizes[1], sizes[2], (sizes + most)[-1])
    print(table([("target", "measured", "bound", ""), *(one.row() for one in targets)]))
    print(f"load {os.getloadavg()[0]:.1f} on {os.cpu_count()} CPUs")


def _cells(one: Run) -> tuple[str, ...]:
    return f"{one.seconds:.1f}", f"{one.cpu_seconds:.1f}", f"{one.peak_bytes / _MIB:.0f}"


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


def _targets(
    runs: dict[tuple[int, str], list[Run]], few: int, some: int, many: int, largest: int
) -> list[Target]:
    """Compare CPU seconds, since others may use the machine, and peaks of memory."""

    def peak(size: int) -> float:
        return max(one.peak_bytes for (at, _), found in runs.items() if at == size for one in found)

    def per_file(size: int, kind: str) -> float:
        return min(one.cpu_seconds for one in runs[size, kind]) / size

    growth = (peak(largest) - peak(few)) / _MIB
    return [
        Target(f"MiB from {few:,} to {largest:,} files", growth, at_most=40),
        Target(f"MiB at {largest:,} files", peak(largest) / _MIB, at_most=120),
        *(
            Target(f"CPU per file, {many:,} / {some:,}, {kind}", ratio, at_most=1.15)
            for kind in ("cold", "warm")
            if (ratio := per_file(many, kind) / per_file(some, kind))
        ),
    ]


if __name__ == "__main__":
    main()
