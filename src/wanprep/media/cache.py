"""The cache of facts, for files that have not changed since they were probed.

Errors of the cache (another process writing, a full or read-only disk, a file that is not a
database) cost time, never a result.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import sqlite3
import stat
import sys
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from wanprep import __version__
from wanprep.closing import Closing
from wanprep.media.facts import NOT_DECODED, UNREAD, Facts

if TYPE_CHECKING:
    from collections.abc import Iterator

    from wanprep.media.remote.version import Probed

# Increase it when the facts of a file change, as by a new fact: older rows are then ignored.
PROBE_VERSION: Final = f"{__version__}.5"
MAX_BYTES: Final = 64 * 2**20
_FLUSH_EVERY: Final = 512
_SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS probed (
    path TEXT NOT NULL, deep INTEGER NOT NULL,
    size INTEGER, mtime_ns INTEGER, ctime_ns INTEGER, inode INTEGER, version TEXT,
    facts TEXT NOT NULL,
    PRIMARY KEY (path, deep)
) WITHOUT ROWID;
"""
# A second write within one tick of the file system's clock leaves mtime unchanged: facts of
# a file that young are not stored.
_TICK_NS: Final = 20_000_000
_COARSE_TICK_NS: Final = 2_000_000_000  # FAT counts in two seconds

Stamp = tuple[int, int, int, int]  # size, mtime_ns, ctime_ns, inode


@dataclass(frozen=True, slots=True)
class CacheInfo:
    """The cache's place and size."""

    path: str
    files: int
    bytes: int


def cache_folder() -> str:
    """Return WANPREP_CACHE_DIR, else the system's folder for caches.

    Importing platformdirs would take a seventh of the time of a check.
    """
    if chosen := os.environ.get("WANPREP_CACHE_DIR"):
        return chosen
    if sys.platform == "darwin":
        return os.path.expanduser("~/Library/Caches/wanprep")
    home = os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")
    return os.path.join(home, "wanprep")


def cache_file() -> str:
    """Return the database's path; the number changes with its tables."""
    return os.path.join(cache_folder(), "facts-1.sqlite3")


class Cache(Closing):
    """Facts by path, valid while size, times and inode are the same."""

    def __init__(self, file: str | None = None, *, deep: bool = False) -> None:
        self._file = file or cache_file()
        self._deep = deep
        self._new: list[tuple[Any, ...]] = []
        self._database = self._open()

    def _open(self) -> sqlite3.Connection | None:
        """Open the database; a damaged one is replaced."""
        for attempt in (1, 2):
            try:
                os.makedirs(os.path.dirname(self._file), mode=0o700, exist_ok=True)
                return _connect(self._file)
            except sqlite3.DatabaseError as error:
                if attempt == 2 or isinstance(error, sqlite3.OperationalError):
                    return None  # locked, read-only, no space: continue without a cache
                _remove(self._file)
            except OSError:
                return None
        return None

    def look_up(self, path: str) -> tuple[Facts | None, Stamp | None]:
        """Return a file's cached facts, and the stamp to `remember` new ones under."""
        stamp = _stamp(path)
        return (self._cached(path, stamp) if stamp else None), stamp

    def _cached(self, path: str, stamp: Stamp) -> Facts | None:
        if self._database is None:
            return None
        try:
            row = self._database.execute(
                "SELECT facts FROM probed WHERE path = ? AND deep = ? AND size = ?"
                " AND mtime_ns = ? AND ctime_ns = ? AND inode = ? AND version = ?",
                (_key(path), self._deep, *stamp, PROBE_VERSION),
            ).fetchone()
            return Facts.from_json({**json.loads(row[0]), "path": path}) if row else None
        except (sqlite3.Error, ValueError, TypeError):
            self._disable()
            return None

    def remember(self, facts: Facts, stamp: Stamp) -> None:
        """Store facts, unless the file has changed since or may change without a trace."""
        _, mtime_ns, _, _ = stamp
        tick = _COARSE_TICK_NS if mtime_ns % 1_000_000_000 == 0 else _TICK_NS
        if time.time_ns() - mtime_ns < tick or _stamp(facts.path) != stamp:
            return
        row_facts = {name: value for name, value in facts.as_json().items() if name != "path"}
        row = (_key(facts.path), self._deep, *stamp, PROBE_VERSION, json.dumps(row_facts))
        self._new.append(row)
        if len(self._new) >= _FLUSH_EVERY:
            self._flush()

    def look_up_url(self, url: str) -> Probed | None:
        """Return the facts of a URL, and the version of its file that they are of."""
        from wanprep.media.remote.version import Probed, Version

        row = self._select(_url_key(url))
        if row is None:
            return None
        try:
            data = json.loads(row)
            facts = Facts.from_json({**data["facts"], "path": url})
            return Probed(facts, Version(data["etag"], data["modified"]))
        except (ValueError, TypeError, LookupError):
            self._disable()
            return None

    def _select(self, key: str) -> str | None:
        if self._database is None:
            return None
        try:
            row = self._database.execute(
                "SELECT facts FROM probed WHERE path = ? AND deep = ? AND version = ?",
                (key, self._deep, PROBE_VERSION),
            ).fetchone()
        except sqlite3.Error:
            self._disable()
            return None
        return row[0] if row else None

    def remember_url(self, probed: Probed) -> None:
        """Store the facts of a URL, if another version of its file can be recognised."""
        facts, version = probed.facts, probed.version
        problem = facts.problem or ""
        unfinished = facts.format == "unknown" or problem.startswith((*UNREAD, NOT_DECODED))
        if unfinished or not version.is_lasting:
            return
        row_facts = {name: value for name, value in facts.as_json().items() if name != "path"}
        data = {"facts": row_facts, "etag": version.etag, "modified": version.modified}
        # There is no file with times and an inode. The time of today decides how long it is kept.
        stamp = (facts.bytes, time.time_ns(), 0, 0)
        key = _url_key(facts.path)
        self._new.append((key, self._deep, *stamp, PROBE_VERSION, json.dumps(data)))

    def _flush(self) -> None:
        rows, self._new = self._new, []
        if self._database is None or not rows:
            return
        try:
            with self._database:
                marks = ", ".join("?" * len(rows[0]))
                self._database.executemany(f"INSERT OR REPLACE INTO probed VALUES ({marks})", rows)  # noqa: S608 - only question marks
            self._make_room()
        except sqlite3.Error:
            self._disable()

    def _make_room(self) -> None:
        """Delete the older half of the rows, by file time, when the database is too large."""
        assert self._database is not None  # noqa: S101 - only called with one
        if _size(self._file) <= MAX_BYTES:
            return
        with self._database:
            self._database.execute(
                "DELETE FROM probed WHERE mtime_ns < (SELECT mtime_ns FROM probed"
                " ORDER BY mtime_ns LIMIT 1 OFFSET (SELECT count(*) / 2 FROM probed))"
            )
        self._database.execute("VACUUM")

    def _disable(self) -> None:
        """Continue without a cache; delete a damaged one, to be created again next time."""
        if self._database is None:
            return
        damaged = not _is_intact(self._database)
        self._database.close()
        self._database = None
        if damaged:
            _remove(self._file)

    def info(self) -> CacheInfo:
        """Count the cached files."""
        files = 0
        if self._database is not None:
            with contextlib.suppress(sqlite3.Error):
                files = self._database.execute("SELECT count(*) FROM probed").fetchone()[0]
        return CacheInfo(self._file, files, _size(self._file))

    def close(self) -> None:
        """Write the new rows."""
        self._flush()
        if self._database is not None:
            self._database.close()
            self._database = None


def clear_cache() -> CacheInfo:
    """Delete the cache, and return what it held."""
    with Cache() as cache:
        info = cache.info()
    _remove(info.path)
    shutil.rmtree(os.path.join(cache_folder(), "targets"), ignore_errors=True)  # known as valid
    return info


def _connect(file: str) -> sqlite3.Connection:
    # Autocommit outside `with`: readers hold no lock that a writer would wait for.
    database = sqlite3.connect(file, timeout=5.0)
    try:
        database.execute("PRAGMA journal_mode = WAL")
        database.execute("PRAGMA synchronous = NORMAL")
        database.executescript(_SCHEMA)
    except sqlite3.Error:
        database.close()
        raise
    return database


def _stamp(path: str) -> Stamp | None:
    """Return what changes with the contents of an ordinary file."""
    try:
        status = os.stat(path)
    except (OSError, ValueError):
        return None
    if not stat.S_ISREG(status.st_mode):
        return None
    return (status.st_size, status.st_mtime_ns, status.st_ctime_ns, status.st_ino)


def _key(path: str) -> str:
    """Return the absolute path, with undecodable bytes escaped."""
    return (
        os.path.abspath(path).encode("utf-8", "surrogatepass").decode("utf-8", "backslashreplace")
    )


def _url_key(url: str) -> str:
    """Return a hash, because a URL may hold a signature or a password."""
    import hashlib

    return f"url:{hashlib.sha256(url.encode('utf-8', 'surrogatepass')).hexdigest()}"


def _is_intact(database: sqlite3.Connection) -> bool:
    try:
        return bool(database.execute("PRAGMA quick_check(1)").fetchone()[0] == "ok")
    except sqlite3.OperationalError:
        return True  # busy or out of space: not damaged
    except sqlite3.Error:
        return False


def _files(file: str) -> Iterator[str]:
    for suffix in ("", "-wal", "-shm", "-journal"):
        yield file + suffix


def _remove(file: str) -> None:
    for name in _files(file):
        with contextlib.suppress(OSError):
            os.remove(name)


def _size(file: str) -> int:
    size = 0
    for name in _files(file):
        with contextlib.suppress(OSError):
            size += os.path.getsize(name)
    return size
