"""Measure what .gitignore files cost: `wanprep check` of 3,000 files with and without --no-ignore.

python bench/walk_speed.py FOLDER, an empty one, which is filled.
"""

from __future__ import annotations

import io
import os
import statistics
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

from PIL import Image

from wanprep.check.exclude import Exclusions
from wanprep.check.listing import files_in

if TYPE_CHECKING:
    from collections.abc import Callable

FILES, ROUNDS = 3000, 9
# 40 patterns as in the templates for Python and Node: names, endings, and a few others.
PATTERNS = """
    __pycache__/ *.py[codz] *$py.class *.so build/ dist/ eggs/ .eggs/ lib/ lib64/ parts/ sdist/ var/
    wheels/ *.egg-info/ *.egg *.manifest *.spec pip-log.txt htmlcov/ .tox/ .coverage .coverage.*
    .cache coverage.xml *.cover .hypothesis/ *.log docs/_build/ target/ .env .venv env/ venv/
    .mypy_cache/ .ruff_cache/ node_modules out/* /site *.tmp
""".split()


def walk(*, gitignore: bool) -> float:
    started = time.process_time()
    count = sum(1 for _ in files_in(["."], io.BytesIO(), exclusions=Exclusions(gitignore)))
    assert count == FILES
    return time.process_time() - started


def check(*, gitignore: bool) -> float:
    options = [] if gitignore else ["--no-ignore"]
    before = os.times()
    subprocess.run([sys.executable, "-m", "wanprep", "check", "-q", *options], check=True)
    after = os.times()
    used = after.children_user - before.children_user
    return used + after.children_system - before.children_system


def compare(name: str, run: Callable[..., float]) -> None:
    rounds = [(run(gitignore=True), run(gitignore=False)) for _ in range(ROUNDS)]
    ratios = sorted(one / other for one, other in rounds)
    middle = statistics.median(other for _, other in rounds)
    low, half, high = ratios[0], statistics.median(ratios), ratios[-1]
    print(f"{name}: {half:.2f} ({low:.2f} to {high:.2f}) x {middle * 1000:.0f} ms of CPU time")


def main() -> None:
    os.chdir(sys.argv[1])
    Path("refs").mkdir()
    Image.new("RGB", (320, 240)).save("refs/0.png")
    data = Path("refs/0.png").read_bytes()
    for number in range(1, FILES):
        Path(f"refs/{number}.png").write_bytes(data)
    Path(".gitignore").write_text("\n".join(PATTERNS), encoding="utf-8")
    os.environ["WANPREP_CACHE_DIR"] = str(Path(".cache").absolute())
    check(gitignore=True)  # fills the cache
    compare("the walk alone", walk)
    compare("wanprep check, all in the cache", check)


if __name__ == "__main__":
    main()
