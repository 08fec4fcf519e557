"""Run every command in turn, so that other load on the machine affects all alike."""

from __future__ import annotations

import shutil
import sys
from typing import TYPE_CHECKING, Final

from contenders import batches, ffprobe_each, wanprep
from make_files import PER_FOLDER, folders, link_files
from measure import Run, Summary, summary

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

FFPROBE: Final = "ffprobe per file"
_GROWTH_ROUNDS: Final = 3


def compare(files: Path, count: int, rounds: int, work: Path) -> dict[str, Summary]:
    """Run all commands in turn, after one folder each to load the programs into memory."""
    runs: dict[str, list[Run]] = {}
    for name, cost in _turn(next(folders(files, count)), PER_FOLDER, work):
        runs[name] = []
        report_progress(f"warmed up {name}: {cost.seconds:.1f} s for {PER_FOLDER} files")
    for turn in range(rounds):
        for name, cost in _turn(files, count, work):
            runs[name].append(cost)
            report_progress(f"round {turn + 1}, {name}: {cost.seconds:.2f} s")
    return {name: summary(all_runs) for name, all_runs in runs.items()}


def _turn(folder: Path, count: int, work: Path) -> Iterator[tuple[str, Run]]:
    output, cache = work / "output", work / "cache"
    for name in ("cold", "warm"):  # the second uses the cache of the first
        yield name, wanprep().run(folder, count, output, WANPREP_CACHE_DIR=str(cache))
    shutil.rmtree(cache)
    for name, batch in batches().items():
        yield name, batch.run(folder, count, output)
    if shutil.which("ffprobe"):
        # One folder represents all, because all hold the same mix.
        cost = ffprobe_each(sorted(min(folder.rglob("*.jpg")).parent.iterdir()), output)
        scale = count / PER_FOLDER
        yield FFPROBE, Run(cost.seconds * scale, cost.cpu_seconds * scale, cost.peak_bytes)


def grow(files: Path, counts: tuple[int, ...], work: Path) -> dict[int, Summary]:
    """Probe more and more files with an empty cache; all are hard links to the first ones."""
    trees = {count: work / f"links-{count}" for count in counts}
    for count, tree in trees.items():
        link_files(tree, files, count)
    runs: dict[int, list[Run]] = {count: [] for count in counts}
    for turn in range(_GROWTH_ROUNDS):
        for count, tree in trees.items():
            cache = work / "cache"
            cost = wanprep().run(tree, count, work / "output", WANPREP_CACHE_DIR=str(cache))
            shutil.rmtree(cache)
            runs[count].append(cost)
            report_progress(f"growth {turn + 1}, {count:,} files: {cost.seconds:.2f} s")
    return {count: summary(all_runs) for count, all_runs in runs.items()}


def report_progress(line: str) -> None:
    """Print progress to stderr, apart from the results."""
    print(line, file=sys.stderr, flush=True)
