"""Measure the HTML report of a thousand files: `python bench/html_report.py`.

The facts are in the cache, so that what is measured is judging them, making the previews and
writing the page; then the page is opened in Chromium. With `--before TREE`, another checkout of
wanprep is measured in turn with this one. See README.md.
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
import tempfile
from pathlib import Path
from typing import Final

from make_files import make_files
from measure import Run, Summary, run, summary, table, users_environment

ROOT: Final = Path(__file__).parents[1]
_FEWEST_TIMES: Final = 5  # faster than before
_OPENINGS: Final = 5
_LOADED: Final = "return performance.getEntriesByType('navigation')[0].loadEventEnd"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--files", type=int, default=1000, help="a multiple of 100 (default 1000)")
    parser.add_argument("--rounds", type=int, default=3, help="of each checkout (default 3)")
    parser.add_argument("--before", type=Path, metavar="TREE", help="another checkout to compare")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="wanprep-bench-") as folder:
        work = Path(folder)
        make_files(work / "files", options.files)
        trees = {"now": ROOT, **({"before": options.before} if options.before else {})}
        runs: dict[str, list[Run]] = {name: [] for name in trees}
        for turn in range(options.rounds + 1):
            for name, tree in trees.items():
                cost = _write_page(tree, work / "files", work / f"{name}.html")
                if turn:  # the first one fills the cache
                    runs[name].append(cost)
        _print_figures({name: summary(each) for name, each in runs.items()}, work)
        print(f"load {os.getloadavg()[0]:.1f} on {os.cpu_count()} CPUs")


def _write_page(tree: Path, files: Path, page: Path) -> Run:
    paths = os.pathsep.join((str(tree / "src"), str(tree / "plugins")))
    environment = users_environment(
        PYTHONPATH=paths, WANPREP_CACHE_DIR=str(page.with_suffix(".cache"))
    )
    command = [sys.executable, "-m", "wanprep", "check", str(files), "--format", "html"]
    page.unlink(missing_ok=True)
    return run([*command, "-o", str(page)], page.with_suffix(".out"), environment, fine=(0, 1))


def _print_figures(results: dict[str, Summary], work: Path) -> None:
    rows: list[tuple[str, ...]] = [
        ("", "median", "min", "max", "CPU", "largest process", "page", "opens in")
    ]
    for name, result in results.items():
        page = work / f"{name}.html"
        times = (f"{each:.1f} s" for each in (result.median, result.least, result.most))
        memory, size = result.peak_bytes / 2**20, page.stat().st_size / 1e6
        opened = f"{_opening_time(page):.2f} s"
        rows.append((name, *times, f"{result.cpu_median:.1f} s", f"{memory:.0f} MiB",
                     f"{size:.1f} MB", opened))  # fmt: skip
    print(table(rows))
    if "before" in results:
        wall = results["before"].median / results["now"].median
        cpu = results["before"].cpu_median / results["now"].cpu_median
        print(f"before / now: {wall:.1f} (target >= {_FEWEST_TIMES}); of the CPU {cpu:.1f}")


def _opening_time(page: Path) -> float:
    """Return the median time until the page is loaded, in seconds."""
    sys.path.insert(0, str(ROOT / "tests/support"))
    from browser import Browser

    times: list[float] = []
    with Browser(1280) as browser:
        for _ in range(_OPENINGS):
            browser.open(page.as_uri())
            times.append(browser.run(_LOADED) / 1000)
    return statistics.median(times)


if __name__ == "__main__":
    main()
