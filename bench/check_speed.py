"""Measure `wanprep check` on one image and on 3,000 files against similar programs.

The ratios are of medians over interleaved rounds in one run. See README.md beside this.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Final

from contenders import batches, versions, wanprep_check
from measure import Run, Summary, console_script, run, summary, table, users_environment
from targets import Target

_IMAGE: Final = Path(__file__).parent.parent / "fixtures/demo/refs/hero.jpg"
_ONE_CACHED: Final = "one image, cached"
_ONE_NEW: Final = "one image, new"
_PEER: Final = "check-jsonschema --version"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=20, help="of one image (default 20)")
    parser.add_argument("--rounds", type=int, default=3, help="of 3,000 files (default 3)")
    parser.add_argument("--files", type=int, default=3000, help="a multiple of 100 (default 3000)")
    options = parser.parse_args()
    found = versions()
    print(", ".join(f"{name} {found[name]}" for name in ("machine", "python", "exiftool")))
    with tempfile.TemporaryDirectory(prefix="wanprep-bench-") as folder:
        home = Path(folder)
        results = _one_image(options.runs, home) | _many(options.files, options.rounds, home)
    rows: list[tuple[str, ...]] = [("", "median", "min", "max")]
    for name, one in results.items():
        rows.append((name, *(f"{each:.3f} s" for each in (one.median, one.least, one.most))))
    print(table(rows), "\n")
    bounds = {
        (_ONE_CACHED, _PEER): 0.45,
        (_ONE_NEW, _PEER): 0.45,
        ("cold", "exiftool"): 0.20,
        ("warm", "exiftool"): 0.05,
    }
    targets = [
        Target(f"{one} / {other}", _ratio(results, one, other), at_most=bound)
        for (one, other), bound in bounds.items()
    ]
    print(table([("target", "measured", "bound", ""), *(one.row() for one in targets)]))
    print(f"load {os.getloadavg()[0]:.1f} on {os.cpu_count()} CPUs")


def _ratio(results: dict[str, Summary], one: str, other: str) -> float | None:
    if one not in results or other not in results:
        return None
    return results[one].median / results[other].median


def _one_image(times: int, home: Path) -> dict[str, Summary]:
    check = [console_script("wanprep"), "check", str(_IMAGE)]
    commands = {_ONE_CACHED: check, _ONE_NEW: [*check, "--no-cache"]}
    beside = Path(sys.executable).with_name("check-jsonschema")
    peer = str(beside) if beside.exists() else shutil.which("check-jsonschema")
    if peer:
        commands[_PEER] = [peer, "--version"]
    runs: dict[str, list[Run]] = {name: [] for name in commands}
    env = users_environment(WANPREP_CACHE_DIR=str(home / "one"))
    for turn in range(times + 1):
        for name, command in commands.items():
            cost = run(command, home / "output", env)
            if turn:  # the first only fills the caches
                runs[name].append(cost)
    return {name: summary(each) for name, each in runs.items()}


def _many(count: int, rounds: int, home: Path) -> dict[str, Summary]:
    files, cache = home / "files", home / "cache"
    maker = Path(__file__).with_name("make_files.py")
    subprocess.run([sys.executable, maker, files, str(count)], check=True)
    runs: dict[str, list[Run]] = {}
    for _ in range(rounds):
        shutil.rmtree(cache, ignore_errors=True)
        for name in ("cold", "warm"):
            cost = wanprep_check().run(files, count, home / "output", WANPREP_CACHE_DIR=str(cache))
            runs.setdefault(name, []).append(cost)
        for name, batch in batches().items():
            if name == "exiftool":
                runs.setdefault(name, []).append(batch.run(files, count, home / "output"))
    return {name: summary(each) for name, each in runs.items()}


if __name__ == "__main__":
    main()
