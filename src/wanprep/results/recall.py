"""Rows of an earlier run, for the files that have not changed since."""

from __future__ import annotations

import gzip
import json
import sqlite3
from collections import OrderedDict
from hashlib import blake2b
from typing import TYPE_CHECKING, Final

from wanprep.closing import Closing
from wanprep.media.facts import NOT_READ, Facts, is_url
from wanprep.results.rows import facts_of, stamp_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from wanprep.results.manifest import Part
    from wanprep.results.rows import Row, Stamp
    from wanprep.results.store import Store

_OPEN_PARTS: Final = 2  # a listing has nearly the order of the last one


class Recall(Closing):
    """Finds rows by their paths; an index on the disk says in which part each is.

    Parts are read as the listing reaches them; a path that is not in those may be in any other.
    Those of the latest run come first, and its rows count.
    """

    def __init__(self, store: Store, parts: Iterable[Part], rules: str, probe: str) -> None:
        self._store, self._rules = store, rules
        self._parts = [part for part in parts if part.probe == probe]
        self._open: OrderedDict[int, dict[str, Row]] = OrderedDict()
        self._rows: dict[str, Row] = {}
        self._stamps: dict[str, Stamp | None] = {}
        self._index = sqlite3.connect("")  # a file without a name
        self._index.execute("CREATE TABLE rows (hash INTEGER PRIMARY KEY, part INTEGER)")
        self._not_indexed = iter(range(len(self._parts)))

    def _index_next(self) -> bool:
        """Add the rows of one more part to the index, if there is one."""
        number = next(self._not_indexed, None)
        if number is None:
            return False
        hashes = ((_hash(path), number) for path in self._rows_of(number))
        self._index.executemany("INSERT OR IGNORE INTO rows VALUES (?, ?)", hashes)
        return True

    def facts_or_names(self, names: Iterable[str | Facts]) -> Iterator[str | Facts]:
        """Put the facts of the last run in place of the names of unchanged files."""
        for name in names:
            if isinstance(name, Facts) or is_url(name):
                yield name
                continue
            stamp = self._stamps[name] = stamp_of(name)
            part, row = self._find(name)
            if part is None or row is None or not _is_current(row, part, stamp):
                yield name
                continue
            if part.rules == self._rules:
                self._rows[name] = row
            yield facts_of(row)

    def take(self, paths: Iterable[str]) -> tuple[dict[str, Row], dict[str, Stamp | None]]:
        """Return the rows that still hold, and when files were last changed; forget both."""
        rows, stamps = {}, {}
        for path in paths:
            if path in self._stamps:
                stamps[path] = self._stamps.pop(path)
            if path in self._rows:
                rows[path] = self._rows.pop(path)
        return rows, stamps

    def _find(self, path: str) -> tuple[Part, Row | None] | tuple[None, None]:
        query = "SELECT part FROM rows WHERE hash = ?"
        while True:
            found = self._index.execute(query, [_hash(path)]).fetchone() if self._parts else None
            if found is not None:
                return self._parts[found[0]], self._rows_of(found[0]).get(path)
            if not self._index_next():
                return None, None

    def _rows_of(self, number: int) -> dict[str, Row]:
        if number not in self._open:
            if len(self._open) == _OPEN_PARTS:
                self._open.popitem(last=False)
            rows = read_rows(self._store, self._parts[number])
            self._open[number] = {row["path"]: row for row in rows}
        self._open.move_to_end(number)
        return self._open[number]

    def close(self) -> None:
        """Remove the index."""
        self._index.close()


def read_rows(store: Store, part: Part) -> Iterator[Row]:
    """Read the rows of a part; one that is not there has none."""
    data = store.read(part.name)
    for line in gzip.decompress(data).splitlines() if data else ():
        yield json.loads(line)


def _is_current(row: Row, part: Part, stamp: Stamp | None) -> bool:
    """Whether a row is of a bare media file that was read, and that has not changed since."""
    if stamp is None or (row.get("bytes"), row.get("etag", row.get("mtime"))) != stamp:
        return False
    # A file that changed during the run may have been read before that.
    is_late = isinstance(stamp[1], int) and stamp[1] >= part.started
    if is_late or not row["verdicts"] or "facts" not in row:
        return False
    return not row["facts"].get("problem", "").startswith(NOT_READ)


def _hash(path: str) -> int:
    digest = blake2b(path.encode("utf-8", "surrogatepass"), digest_size=8).digest()
    return int.from_bytes(digest, signed=True)
