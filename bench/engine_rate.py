"""Compare the rate of `--on dask` on this machine with that of the local workers.

python bench/engine_rate.py --files 20000
"""

from __future__ import annotations

import argparse
import os
import subprocess
import tempfile
import time
from pathlib import Path
from statistics import median

from PIL import Image


def make_files(folder: Path, count: int) -> None:
    for at in range(min(count, 50)):
        noise = Image.effect_noise((640, 480), 30).convert("RGB")
        noise.save(folder / f"{at}.jpg", quality=80)
    for at in range(50, count):
        os.link(folder / f"{at % 50}.jpg", folder / f"{at}.jpg")


def probe(path: Path, *options: str) -> tuple[float, bytes]:
    command = ["wanprep", "probe", str(path), "--format", "jsonl", "--no-cache", *options]
    start = time.monotonic()
    done = subprocess.run(command, capture_output=True, check=True)
    return time.monotonic() - start, done.stdout


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--files", type=int, default=20_000)
    parser.add_argument("--rounds", type=int, default=2)
    options = parser.parse_args()
    dask = ("--on", "dask", "-j", f"{os.cpu_count()}")
    with tempfile.TemporaryDirectory() as name:
        make_files(Path(name), options.files)
        local, cluster = [], []
        for _ in range(options.rounds):
            here, there = probe(Path(name)), probe(Path(name), *dask)
            assert here[1] == there[1], "the rows differ"
            local.append(here[0])
            cluster.append(there[0])
        start, _ = probe(Path(name, "0.jpg"), *dask)
    rate = median(local) / (median(cluster) - start)
    print(f"local {median(local):.1f} s, dask {median(cluster):.1f} s of which {start:.1f} s start")
    print(f"rate of dask after its start / local: {rate:.2f} (>= 0.70)")


if __name__ == "__main__":
    main()
