"""Measure `wanprep probe` against exiftool, mediainfo and ffprobe on generated files.

Everything is measured in one run and compared as ratios of medians over interleaved rounds,
so that other load on the machine affects all alike. See README.md beside this.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Final

from contenders import PEERS, versions
from make_files import PER_FOLDER
from measure import Summary, table
from rounds import FFPROBE, compare, grow, report_progress
from targets import Target, compare_with_targets

if TYPE_CHECKING:
    from collections.abc import Iterator

_GROWTH: Final = (1_000, 3_000, 10_000, 30_000)


def main() -> None:
    options = _options()
    with _folder(options.keep) as home:
        files = home / f"files-{options.files}"
        if not files.exists():
            report_progress(f"making {options.files:,} files ...")
            # In its own process: a child's peak memory includes what this one has imported.
            maker = Path(__file__).with_name("make_files.py")
            subprocess.run([sys.executable, maker, files, str(options.files)], check=True)
        size = sum(path.stat().st_size for path in files.rglob("*.*"))
        print(f"{options.files:,} files, {size / 1e6:.0f} MB, {options.rounds} rounds, {_load()}")
        print(", ".join(f"{name} {version}" for name, version in versions().items()), "\n")
        with tempfile.TemporaryDirectory(dir=home) as work:
            compared = compare(files, options.files, options.rounds, Path(work))
            _print_comparison(compared)
            grown = grow(files, options.growth, Path(work))
            _print_growth(grown)
    targets = compare_with_targets(compared, grown)
    print(table([("target", "measured", "bound", ""), *(one.row() for one in targets)]))
    print(f"at the end: {_load()}")
    if options.quick:
        print("(the targets are for 3,000 files; with 300, start-up is a large part)")
    if options.json:
        options.json.write_text(_as_json(size, compared, grown, targets))


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--files", type=int, default=3000, help="a multiple of 100 (default 3000)")
    parser.add_argument("--rounds", type=int, default=5, help="of each command (default 5)")
    parser.add_argument("--quick", action="store_true", help="300 files, 2 rounds, up to 3,000")
    parser.add_argument("--keep", type=Path, metavar="DIR", help="make (or find) the files there")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures there too")
    options = parser.parse_args()
    if options.files < PER_FOLDER or options.files % PER_FOLDER or options.rounds < 1:
        parser.error("--files is a multiple of 100, --rounds is 1 or more")
    options.growth = _GROWTH
    if options.quick:
        options.files, options.rounds, options.growth = 300, 2, (100, 300, 1_000, 3_000)
    return options


@contextlib.contextmanager
def _folder(keep: Path | None) -> Iterator[Path]:
    if keep:
        keep.mkdir(parents=True, exist_ok=True)
        yield keep.resolve()
        return
    with tempfile.TemporaryDirectory(prefix="wanprep-bench-") as folder:
        yield Path(folder)


def _print_comparison(compared: dict[str, Summary]) -> None:
    rows: list[tuple[str, ...]] = [("", "median", "min", "max", "/ cold", "CPU", "peak memory")]
    for name, one in compared.items():
        times = [f"{seconds:.2f} s" for seconds in (one.median, one.least, one.most)]
        times.append(f"{one.median / compared['cold'].median:.2f}")
        rows.append((name, *times, f"{one.cpu_median:.2f} s", _mebibytes(one.peak_bytes)))
    print(table(rows))
    if FFPROBE in compared:
        print(f"({FFPROBE} is extrapolated from {PER_FOLDER} files)")
    for peer in PEERS:
        if not shutil.which(peer):
            print(f"{peer} is not on this machine: NOT COMPARED")
    print()


def _print_growth(grown: dict[int, Summary]) -> None:
    rows: list[tuple[str, ...]] = [
        ("cold, files", "median", "min", "max", "per 1,000", "peak memory")
    ]
    for count, one in grown.items():
        times = (f"{seconds:.2f} s" for seconds in (one.median, one.least, one.most))
        each = f"{one.median / count * 1000:.2f} s"
        rows.append((f"{count:,}", *times, each, _mebibytes(one.peak_bytes)))
    print(table(rows), "\n")


def _load() -> str:
    return f"load {os.getloadavg()[0]:.1f} on {os.cpu_count()} CPUs"


def _mebibytes(count: int) -> str:
    return f"{count / 2**20:.0f} MiB"


def _as_json(
    size: int, compared: dict[str, Summary], grown: dict[int, Summary], targets: list[Target]
) -> str:
    figures = {
        "versions": versions(),
        "load": _load(),
        "bytes": size,
        "compared": {name: asdict(one) for name, one in compared.items()},
        "grown": {count: asdict(one) for count, one in grown.items()},
        "targets": [asdict(one) for one in targets],
    }
    return json.dumps(figures, indent=1) + "\n"


if __name__ == "__main__":
    main()
