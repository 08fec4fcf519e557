"""The cache of facts, for files that have not changed since they were probed.

Errors of the cache (another process writing, a full or read-only disk, a file that is not a
database) cost time, never a result.
"""

from __future__ import annotations

import json
import os
import stat
import sys
import time
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from wanprep import __version__
from wanprep.closing import Closing
from wanprep.media.cache_database import CacheDatabase, Row, remove
from wanprep.media.facts import NOT_DECODED, UNREAD, Facts

if TYPE_CHECKING:
    from collections.abc import Sequence

    from wanprep.media.remote.version import Probed

# Increase it when the facts of a file change, as by a new fact: older rows are then ignored.
PROBE_VERSION: Final = f"{__version__}.5"
# A second write within one tick of the file system's clock leaves mtime unchanged: facts of
# a file that young are not stored.
_TICK_NS: Final = 20_000_000
_COARSE_TICK_NS: Final = 2_000_000_000  # FAT counts in two seconds

_LARGEST: Final = (1 << 63) - 1  # integer in a database; some file systems have larger ones

Stamp = tuple[int, int, int, int]  # size, mtime_ns, ctime_ns, inode


class CacheInfo(NamedTuple):
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
    return os.path.join(cache_folder(), "facts-2.sqlite3")


class Cache(Closing):
    """Facts by path, valid while size, times and inode are the same."""

    def __init__(self, file: str | None = None, *, deep: bool = False) -> None:
        self._deep = deep
        self._database = CacheDatabase(file or cache_file())

    def look_up(self, path: str) -> tuple[Facts | None, Stamp | None]:
        """Return a file's cached facts, and the stamp to `remember` new ones under."""
        return self.look_up_many([path])[0]

    def look_up_many(self, paths: Sequence[str]) -> list[tuple[Facts | None, Stamp | None]]:
        """Look up some hundred files, which takes a third of the time of one by one."""
        stamps = [stamp_of(path) for path in paths]
        keys = _keys(paths)
        wanted = [key for key, stamp in zip(keys, stamps, strict=True) if stamp]
        rows = self._database.find(wanted, deep=self._deep)
        return [
            (_cached(path, stamp, rows.get(key)) if stamp else None, stamp)
            for path, key, stamp in zip(paths, keys, stamps, strict=True)
        ]

    def remember(self, facts: Facts, stamp: Stamp) -> None:
        """Store facts, unless the file has changed since or may change without a trace."""
        if not is_settled(stamp) or stamp_of(facts.path) != stamp:
            return
        row_facts = {name: value for name, value in facts.as_json().items() if name != "path"}
        (key,) = _keys([facts.path])
        self._store(key, stamp, row_facts)

    def _store(self, key: str, stamp: Stamp, facts: dict[str, Any]) -> None:
        text = json.dumps(facts, separators=(",", ":"))
        self._database.store(Row(key, self._deep, *stamp, PROBE_VERSION, text))

    def look_up_url(self, url: str) -> Probed | None:
        """Return the facts of a URL, and the version of its file that they are of."""
        from wanprep.media.remote.version import Probed, Version

        key = _url_key(url)
        row = self._database.find([key], deep=self._deep).get(key)
        if row is None or row.version != PROBE_VERSION:
            return None
        try:
            data = json.loads(row.facts)
            facts = Facts.from_json({**data["facts"], "path": url})
            return Probed(facts, Version(data["etag"], data["modified"]))
        except (ValueError, TypeError, LookupError):
            return None

    def remember_url(self, probed: Probed) -> None:
        """Store the facts of a URL, if another version of its file can be recognised."""
        facts, version = probed.facts, probed.version
        problem = facts.problem or ""
        unfinished = facts.format == "unknown" or problem.startswith((*UNREAD, NOT_DECODED))
        if unfinished or not version.is_lasting:
            return
        row_facts = {name: value for name, value in facts.as_json().items() if name != "path"}
        data = {"facts": row_facts, "etag": version.etag, "modified": version.modified}
        # There is no file with times and an inode.
        self._store(_url_key(facts.path), (facts.bytes or 0, 0, 0, 0), data)

    def info(self) -> CacheInfo:
        """Count the cached files."""
        return CacheInfo(self._database.file, self._database.count(), self._database.bytes)

    def close(self) -> None:
        """Write the new rows."""
        self._database.close()


def clear_cache() -> CacheInfo:
    """Delete the cache, and return what it held."""
    import shutil

    with Cache() as cache:
        info = cache.info()
    remove(info.path)
    shutil.rmtree(os.path.join(cache_folder(), "targets"), ignore_errors=True)  # known as valid
    return info


def stamp_of(path: str) -> Stamp | None:
    """Return what changes with the contents of an ordinary file."""
    try:
        status = os.stat(path)
    except (OSError, ValueError):
        return None
    if not stat.S_ISREG(status.st_mode):
        return None
    times = (status.st_mtime_ns & _LARGEST, status.st_ctime_ns & _LARGEST)
    return (status.st_size, *times, status.st_ino & _LARGEST)


def is_settled(stamp: Stamp) -> bool:
    """Whether a later write to the file would change its stamp."""
    _, mtime_ns, _, _ = stamp
    tick = _COARSE_TICK_NS if mtime_ns % 1_000_000_000 == 0 else _TICK_NS
    return time.time_ns() - mtime_ns >= tick


def _cached(path: str, stamp: Stamp, row: Row | None) -> Facts | None:
    """Return the facts in a row, if they are those of the file as it is now."""
    if row is None or row[2:7] != (*stamp, PROBE_VERSION):
        return None
    try:
        return Facts.from_json({**json.loads(row.facts), "path": path})
    except (ValueError, TypeError):
        return None  # it is replaced when the file has been probed again


def _keys(paths: Sequence[str]) -> list[str]:
    """Return absolute paths, with undecodable bytes escaped."""
    folders: dict[str, str] = {}
    keys = []
    for path in paths:
        folder, name = os.path.split(path)
        if folder not in folders:
            folders[folder] = os.path.join(os.path.abspath(folder), "")
        is_plain = name not in {"", os.curdir, os.pardir}
        key = folders[folder] + name if is_plain else os.path.abspath(path)
        keys.append(key if key.isascii() else _printable(key))
    return keys


def _printable(path: str) -> str:
    return path.encode("utf-8", "surrogatepass").decode("utf-8", "backslashreplace")


def _url_key(url: str) -> str:
    """Return a hash, because a URL may hold a signature or a password."""
    import hashlib

    return f"url:{hashlib.sha256(url.encode('utf-8', 'surrogatepass')).hexdigest()}"
