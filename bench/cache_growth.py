"""Measure the cache of facts with up to a million files: `python bench/cache_growth.py`.

Rows of files in folders of a hundred are stored in the order of a listing, and then looked
up in batches as a check does, each size in a new database. There are no files: a `stat` for each
comes on top. See README.md.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Final

from measure import table

from wanprep.media.cache_database import CacheDatabase, Row

if TYPE_CHECKING:
    from collections.abc import Iterator

_FACTS: Final = {
    "kind": "image", "format": "jpeg", "extension_format": "jpeg", "bytes": 250123, "width": 1280,
    "height": 720, "stored_width": 1280, "stored_height": 720, "aspect": 1.777778, "orientation": 1,
    "sar": 1.0, "alpha": False, "animated": False, "frames": 1, "bit_depth": 8, "color": "rgb",
    "gps": False, "readable": True,
}  # fmt: skip
_BATCH: Final = 256


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--files", type=int, nargs="+", default=[10_000, 100_000, 1_000_000])
    options = parser.parse_args()
    rows: list[tuple[str, ...]] = [
        ("files", "store", "look up", "again, last first", "found", "on the disk")
    ]
    for count in options.files:
        with tempfile.TemporaryDirectory(prefix="wanprep-bench-") as folder:
            rows.append(_measure(count, str(Path(folder, "facts.sqlite3"))))
    print(table(rows))


def _measure(count: int, file: str) -> tuple[str, ...]:
    start = time.process_time()
    with CacheDatabase(file) as database:
        for row in _rows(count):
            database.store(row)
    stored = time.process_time() - start
    keys = [row.key for row in _rows(count)]
    found, first = _look_up(file, keys)
    _, again = _look_up(file, keys[::-1])
    size = Path(file).stat().st_size
    each = (f"{seconds / count * 1e6:.1f} us" for seconds in (stored, first, again))
    return f"{count:,}", *each, f"{found / count:.0%}", f"{size / count:.0f} bytes each"


def _rows(count: int) -> Iterator[Row]:
    facts = json.dumps(_FACTS, separators=(",", ":"))
    for number in range(count):
        key = f"/home/somebody/projects/films/refs/{number // 100:06}/image-{number:07}.jpg"
        yield Row(key, 0, 250123, number, number, number, "0.1.0.5", facts)


def _look_up(file: str, keys: list[str]) -> tuple[int, float]:
    start, found = time.process_time(), 0
    with CacheDatabase(file) as database:
        for at in range(0, len(keys), _BATCH):
            found += len(database.find(keys[at : at + _BATCH], deep=False))
    return found, time.process_time() - start


if __name__ == "__main__":
    main()
