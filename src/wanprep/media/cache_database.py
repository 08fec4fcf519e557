"""The database of the cache: rows by key, of a limited size, those used last.

There are two tables. What is stored or used goes into `recent`. When that has grown to half of the
limit it becomes `older`, and the `older` of before is dropped: nothing has used its rows since. So
making room needs neither a search for old rows nor a time stamp for each use.
"""

from __future__ import annotations

import contextlib
import json
import os
import sqlite3
from typing import TYPE_CHECKING, Final, NamedTuple

from wanprep.closing import Closing

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

# Some four million files. It is a limit, and not what a cache takes.
MAX_BYTES: Final = 2**31
_PATIENCE: Final = 5.0  # seconds to wait for another process that writes
_FLUSH_EVERY: Final = 512
_COLUMNS: Final = """(
    key TEXT NOT NULL, deep INTEGER NOT NULL,
    size INTEGER, mtime_ns INTEGER, ctime_ns INTEGER, inode INTEGER, version TEXT,
    facts TEXT NOT NULL,
    PRIMARY KEY (key, deep)
) WITHOUT ROWID;
"""
_TABLES: Final = ("recent", "older")
# One search for each key, in their order, which is mostly that of the rows on the disk.
_FIND: Final = """
SELECT stored.* FROM json_each(?) AS wanted CROSS JOIN {} AS stored
    ON stored.key = wanted.value AND stored.deep = ?
"""
_STORE: Final = "INSERT OR REPLACE INTO recent VALUES (?, ?, ?, ?, ?, ?, ?, ?)"
_COUNT: Final = """
SELECT (SELECT count(*) FROM recent) + (SELECT count(*) FROM older WHERE NOT EXISTS
    (SELECT 1 FROM recent WHERE recent.key = older.key AND recent.deep = older.deep))
"""
# A file with such errors is no database of ours; with others it is busy, full or read-only.
_DAMAGE: Final = frozenset(
    {
        sqlite3.SQLITE_CONSTRAINT,
        sqlite3.SQLITE_CORRUPT,
        sqlite3.SQLITE_ERROR,
        sqlite3.SQLITE_FORMAT,
        sqlite3.SQLITE_MISMATCH,
        sqlite3.SQLITE_NOTADB,
    }
)


class Row(NamedTuple):
    """What is stored under a key, for a shallow or a deep probe."""

    key: str
    deep: int
    size: int
    mtime_ns: int
    ctime_ns: int
    inode: int
    version: str
    facts: str


class CacheDatabase(Closing):
    """Rows by key; any error means that there is none."""

    def __init__(self, file: str) -> None:
        self.file = file
        self._new: list[Row] = []
        self._database = self._open()

    def _open(self) -> sqlite3.Connection | None:
        """Open the database; a damaged one is replaced."""
        for attempt in (1, 2):
            try:
                os.makedirs(os.path.dirname(self.file), mode=0o700, exist_ok=True)
                return _connect(self.file)
            except sqlite3.Error as error:
                if attempt == 2 or not _is_damage(error):
                    return None  # locked, read-only, no space: continue without a cache
                remove(self.file)
            except OSError:
                return None
        return None

    def find(self, keys: Sequence[str], *, deep: bool) -> dict[str, Row]:
        """Return the rows of some keys, which counts as a use of them."""
        rows: dict[str, Row] = {}
        try:
            for table in _TABLES:
                missing = [key for key in keys if key not in rows]
                if self._database is None or not missing:
                    break
                query = (json.dumps(missing), deep)
                found = map(Row._make, self._database.execute(_FIND.format(table), query))
                for row in found:
                    rows[row.key] = row
                    if table == "older":
                        self.store(row)
        except (sqlite3.Error, TypeError) as error:
            self._disable(error)
        return rows

    def store(self, row: Row) -> None:
        """Add or replace a row, now or when the database is closed."""
        self._new.append(row)
        if len(self._new) >= _FLUSH_EVERY:
            self._flush()

    def _flush(self) -> None:
        rows, self._new = self._new, []
        if self._database is None or not rows:
            return
        try:
            with self._database:
                self._database.executemany(_STORE, rows)
            if self._is_recent_full():
                self._drop_older()
        except sqlite3.Error as error:
            self._disable(error)

    def _is_recent_full(self) -> bool:
        older = self._pragma("user_version")
        return (self._used_pages() - older) * self._pragma("page_size") > MAX_BYTES // 2

    def _used_pages(self) -> int:
        return self._pragma("page_count") - self._pragma("freelist_count")

    def _pragma(self, name: str) -> int:
        assert self._database is not None  # noqa: S101 - only called with one
        number: int = self._database.execute(f"PRAGMA {name}").fetchone()[0]
        return number

    def _drop_older(self) -> None:
        assert self._database is not None  # noqa: S101 - only called with one
        with self._database:
            self._database.execute("BEGIN IMMEDIATE")
            if self._is_recent_full():  # and no other process was faster
                self._database.execute("DROP TABLE older")
                self._database.execute("ALTER TABLE recent RENAME TO older")
                self._database.execute(f"CREATE TABLE recent {_COLUMNS}")
                self._database.execute(f"PRAGMA user_version = {self._used_pages()}")

    def _disable(self, error: Exception) -> None:
        """Continue without a cache; delete a damaged one, to be created again next time."""
        if self._database is None:
            return
        self._database.close()
        self._database = None
        if _is_damage(error):
            remove(self.file)

    def count(self) -> int:
        """Count the rows."""
        if self._database is not None:
            with contextlib.suppress(sqlite3.Error):
                number: int = self._database.execute(_COUNT).fetchone()[0]
                return number
        return 0

    @property
    def bytes(self) -> int:
        """The space on the disk."""
        return sum(os.path.getsize(name) for name in _files(self.file) if os.path.exists(name))

    def close(self) -> None:
        """Write the new rows."""
        self._flush()
        if self._database is not None:
            self._database.close()
            self._database = None


def _connect(file: str) -> sqlite3.Connection:
    # Autocommit outside `with`: readers hold no lock that a writer would wait for.
    database = sqlite3.connect(file, timeout=_PATIENCE)
    try:
        # To wait for the disk takes longer than to read an image. If the power fails, a few facts
        # are read again, or the database, if it is damaged, is replaced.
        database.execute("PRAGMA synchronous = OFF")
        database.execute("PRAGMA journal_mode = WAL")
        database.execute("PRAGMA journal_size_limit = 16777216")
        database.execute("PRAGMA secure_delete = OFF")
        for table in _TABLES:
            database.execute(f"CREATE TABLE IF NOT EXISTS {table} {_COLUMNS}")
    except sqlite3.Error:
        database.close()
        raise
    return database


def _is_damage(error: Exception) -> bool:
    code = getattr(error, "sqlite_errorcode", None)
    return isinstance(error, TypeError) or (code is not None and code & 0xFF in _DAMAGE)


def _files(file: str) -> Iterator[str]:
    for suffix in ("", "-wal", "-shm", "-journal"):
        yield file + suffix


def remove(file: str) -> None:
    """Delete a database, which is created again when it is needed."""
    for name in _files(file):
        with contextlib.suppress(OSError):
            os.remove(name)
