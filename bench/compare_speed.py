"""Measure `wanprep compare` for a job of five files: `python bench/compare_speed.py`.

With `--before TREE`, another checkout of wanprep runs in turn, and CPU times are compared in pairs.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
from pathlib import Path
from typing import Final

from measure import Run, console_script, run, summary, table, users_environment

from wanprep.rules.target import all_targets

_DEMO: Final = Path(__file__).parents[1] / "fixtures/demo"
_AT_MOST: Final = 1.0  # second
_JOB: Final = """\
prompt: Image 1 walks through the garden of Image 2 while Video 1 dances beside her.
references:
  - image: {refs}/hero.jpg
    voice: {refs}/hero.wav
  - image: {refs}/garden.png
  - video: {refs}/dance.mp4
first_frame: {refs}/garden.png
parameters: {{resolution: 1080p, duration: 5}}
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=10, help="of each command (default 10)")
    parser.add_argument("--before", type=Path, metavar="TREE", help="another checkout to compare")
    options = parser.parse_args()
    wanprep = console_script("wanprep")
    with tempfile.TemporaryDirectory() as folder:
        job = Path(folder, "job.yaml")
        job.write_text(_JOB.format(refs=_DEMO / "refs"), encoding="utf-8")
        environment = users_environment() | {"WANPREP_CACHE_DIR": f"{folder}/cache"}
        commands = {"wanprep --version": ["--version"], "wanprep compare": ["compare", str(job)]}
        if options.before:
            commands["before"] = commands["wanprep compare"]
        other = {"PYTHONPATH": f"{options.before}/src:{options.before}/plugins"}
        runs: dict[str, list[Run]] = {name: [] for name in commands}
        for turn in range(options.runs + 1):
            for name, arguments in commands.items():
                own = environment | (other if name == "before" else {})
                cost = run([wanprep, *arguments], Path(folder, "output"), own)
                if turn:  # the first only fills the caches
                    runs[name].append(cost)
    rows: list[tuple[str, ...]] = [("", "median", "min", "max", "target", "")]
    for name, of_command in runs.items():
        result = summary(of_command)
        times = (f"{seconds:.2f} s" for seconds in (result.median, result.least, result.most))
        is_ours = name == "wanprep compare"
        verdict = "met" if result.median <= _AT_MOST else "MISSED"
        rows.append((name, *times, *((f"<= {_AT_MOST} s", verdict) if is_ours else ("", ""))))
    print(f"{options.runs} interleaved runs each; {len(all_targets()) - 1} targets, known files\n")
    print(table(rows))
    if options.before:
        pairs = zip(runs["wanprep compare"], runs["before"], strict=True)
        ratio = statistics.median(now.cpu_seconds / old.cpu_seconds for now, old in pairs)
        print(f"\nCPU time now / before, median of pairs: {ratio:.2f}")


if __name__ == "__main__":
    main()
