"""Measure how long the hook takes for 50 staged files: `python bench/staged_speed.py`.

A git repository with 210 jobs and 390 images, of which 50 files are staged. Measured is the
command that the hook runs, warm: the files were checked before, at the
previous commit. pre-commit's own time comes on top. See README.md.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import tempfile
from dataclasses import asdict
from pathlib import Path
from typing import Final

from measure import Run, Summary, console_script, run, summary, table, users_environment
from PIL import Image

_AT_MOST: Final = 0.2
_JOBS: Final = 200
_IMAGES: Final = 300
_JOB: Final = """\
target: evolink/wan2.7-reference-video
prompt: Image 1 walks through the garden of Image 2.
references:
  - image: ../refs/image-{0:03}.jpg
  - image: ../refs/image-{1:03}.jpg
parameters: {{resolution: 1080p, aspect_ratio: 16:9, duration: 5, seed: 7}}
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=20, help="of each command (default 20)")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures there too")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="wanprep-bench-") as folder:
        repository = Path(folder, "repository")
        _make(repository)
        results = _measure(repository, Path(folder), options.runs)
    rows: list[tuple[str, ...]] = [("", "median", "min", "max", "target", "")]
    for name, result in results.items():
        times = (f"{seconds:.3f} s" for seconds in (result.median, result.least, result.most))
        verdict = "met" if result.median <= _AT_MOST else "MISSED"
        rows.append((name, *times, f"<= {_AT_MOST}", verdict))
    print(table(rows))
    print(f"load {os.getloadavg()[0]:.1f} on {os.cpu_count()} CPUs")
    if options.json:
        figures = {name: asdict(result) for name, result in results.items()}
        options.json.write_text(json.dumps(figures, indent=1) + "\n")


def _make(repository: Path) -> None:
    refs, jobs = repository / "refs", repository / "jobs"
    refs.mkdir(parents=True)
    jobs.mkdir()
    for number in range(_IMAGES):
        image = Image.linear_gradient("L").resize((720, 1280)).rotate(number)
        image.convert("RGB").save(refs / f"image-{number:03}.jpg", quality=60)
    for number in range(_JOBS):
        text = _JOB.format(number, (number + 100) % _IMAGES)
        (jobs / f"job-{number:03}.yaml").write_text(text)
    (repository / "alone").mkdir()
    for number in range(50):
        Image.new("RGB", (720, 1280)).save(repository / f"alone/still-{number:02}.png")
    (repository / "team").mkdir()
    for number in range(40):
        Image.new("RGB", (720, 1280), (number, 0, 0)).save(repository / f"team/{number:02}.jpg")
    for number in range(10):
        four = "".join(f"  - image: {4 * number + more:02}.jpg\n" for more in range(4))
        head, _, tail = _JOB.partition("  - image")
        end = tail[tail.index("parameters") :].format(0)
        (repository / f"team/{number}.yaml").write_text(head + four + end)
    for command in (["init", "-q"], ["add", "."]):
        subprocess.run(["git", *command], cwd=repository, check=True)  # noqa: S607


def _measure(repository: Path, home: Path, times: int) -> dict[str, Summary]:
    images = [f"refs/image-{number:03}.jpg" for number in range(40)]
    jobs = [f"jobs/job-{number:03}.yaml" for number in range(190, 200)]
    check = [console_script("wanprep"), "check", "--changed"]
    commands = {
        "50 images": [*check, *_names(repository, "alone/*")],
        "40 images and the 10 jobs that use them": [*check, *_names(repository, "team/*")],
        "40 images, of 40 jobs that did not change, and 10 jobs": [*check, *images, *jobs],
    }
    env = users_environment(WANPREP_CACHE_DIR=str(home / "cache"))
    os.chdir(repository)
    runs: dict[str, list[Run]] = {name: [] for name in commands}
    for turn in range(times + 1):
        for name, command in commands.items():
            cost = run(command, home / "output", env)
            if turn:  # the first only fills the caches
                runs[name].append(cost)
    return {name: summary(each) for name, each in runs.items()}


def _names(repository: Path, glob: str) -> list[str]:
    return sorted(str(path.relative_to(repository)) for path in repository.glob(glob))


if __name__ == "__main__":
    main()
