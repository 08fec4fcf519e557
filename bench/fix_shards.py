"""Measure what a shard of `fix --on` costs its worker beside a short receipt and beside a long one.

The engine runs each shard in this process and counts its CPU, without that of the processes that
decode images: what is left is the work for plans, journals and receipts. See README.md beside this.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import tempfile
import time
from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Final

from measure import table
from PIL import Image
from targets import Target

from wanprep.check.request import CheckRequest
from wanprep.engines.engine import run_call
from wanprep.fix.pipeline import FixProgress
from wanprep.fix.run import apply, make_task

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_FILES: Final = 64  # two shards
_RECEIPT: Final = Path("ready/wanprep-receipt.json")


class _Here:
    """One worker, and the seconds of CPU that its shards took."""

    seconds = 0.0

    def map(self, calls: Iterable[str]) -> Iterator[str]:
        """Run calls one by one."""
        for call in calls:
            begin = time.process_time()
            answer = run_call(call)
            if "fix_shard" in call:
                self.seconds += time.process_time() - begin
            yield answer

    def close(self) -> None:
        """Nothing runs."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5, help="of each receipt (default 5)")
    parser.add_argument("--entries", type=int, default=20_000, help="of the long one")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="wanprep-bench-") as folder:
        os.chdir(folder)
        Path("in").mkdir()
        for number in range(_FILES):
            Image.new("RGB", (240, 240), (number, 0, 0)).save(f"in/{number}.tiff")
        _fix(0)
        rounds = [(_fix(0), _fix(options.entries)) for _ in range(options.rounds)]
    short, long = (statistics.median(each) for each in zip(*rounds, strict=True))
    print(table([("other entries", "CPU per file"), ("0", f"{short / _FILES * 1e3:.1f} ms"),
                 (f"{options.entries:,}", f"{long / _FILES * 1e3:.1f} ms")]), "\n")  # fmt: skip
    target = Target("beside a long receipt / beside none", long / short, at_most=1.25)
    print(table([("target", "measured", "bound", ""), target.row()]))
    print(f"load {os.getloadavg()[0]:.1f} on {os.cpu_count()} CPUs")


def _fix(entries: int) -> float:
    """Fix all files beside so many entries of other files; return the CPU of the shards."""
    _write_receipt(entries)
    engine = _Here()
    request = CheckRequest(paths=("in",), targets=(), cache=False, engine=engine, workers=2)
    task = make_task(request, (), "ready", str(_RECEIPT), no_backup=False, yes=False)
    apply(task, str(_RECEIPT), None, nullcontext(FixProgress()))
    return engine.seconds


def _write_receipt(entries: int) -> None:
    if not _RECEIPT.exists():
        return
    content = json.loads(_RECEIPT.read_text())
    own = [each for each in content["assets"] if each["source"].startswith("in/")]
    other = {**own[0], "sha256": {"before": "0" * 64, "after": "0" * 64}}
    others = [{**other, "source": f"other/{at}.tiff", "result": f"ready/other/{at}.png"}
              for at in range(entries)]  # fmt: skip
    _RECEIPT.write_text(json.dumps({**content, "assets": [*others, *own]}, indent=1))


if __name__ == "__main__":
    main()
