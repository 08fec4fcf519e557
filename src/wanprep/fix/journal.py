"""Journals of what is about to be delivered.

A journal is a hidden file beside the receipt that its run holds locked. A run that was killed
leaves it. Where workers elsewhere fix files, each shard has a journal, which the run appends to
its own.

The journal of a fix in place is in the cache folder, and lists renamed results. If the run is
interrupted, the original is still there: the next run replaces the result, and adds no second one.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import secrets
import threading
from typing import TYPE_CHECKING, Any, Final

from wanprep.errors import WanprepError
from wanprep.files.atomic import explain_os_errors, sha256_of
from wanprep.files.locks import acquire_lock, release_lock, unlock, unlocked
from wanprep.media.cache import cache_folder

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from wanprep.fix.receipt import Kind

_NAMES: Final = ("source", "result")
_JOURNAL: Final = ".journal"


class Journal:
    """What is about to be delivered: lines of a locked file. Threads may share it.

    The names in its entries are relative to `folder`.
    """

    def __init__(self, path: str, folder: str = "") -> None:
        self.path = path
        self._folder = folder
        self._lock = threading.Lock()
        self._descriptor = acquire_lock(path)
        if os.lseek(self._descriptor, 0, os.SEEK_END):  # of a worker that died
            os.write(self._descriptor, b"\n")

    def append(self, kind: Kind, entry: Mapping[str, Any]) -> None:
        """Add an entry, with the paths that its names lead to."""
        names = ((name, os.path.join(self._folder, entry[name])) for name in _NAMES)
        paths = {name: os.path.abspath(path) for name, path in names}
        self._write(json.dumps({"kind": kind, **paths, "entry": entry}).encode())

    def of_shard(self, number: int) -> str:
        """Name the journal of a shard of this run."""
        return f"{self.path.removesuffix(_JOURNAL)}-{number}{_JOURNAL}"

    def adopt(self, number: int) -> None:
        """Append the journal of a shard that is done, and remove it."""
        path = self.of_shard(number)
        with explain_os_errors(path, "read"), contextlib.suppress(FileNotFoundError):
            with open(path, "rb") as file:
                self._write(file.read())
            os.unlink(path)

    def _write(self, lines: bytes) -> None:
        with self._lock, explain_os_errors(self.path):
            os.write(self._descriptor, lines + b"\n")

    def close(self, *, keep: bool) -> None:
        """Unlock the file, and remove it unless another run needs it."""
        if keep:
            unlock(self._descriptor)
        else:
            release_lock(self.path, self._descriptor)


def hidden(path: str, ending: str) -> str:
    """Name a hidden file that belongs to a receipt."""
    folder, name = os.path.split(path)
    return os.path.join(folder, f".{name}.{ending}")


def new_journal(path: str) -> Journal:
    """Begin the journal of a run."""
    return Journal(hidden(path, f"{secrets.token_hex(6)}{_JOURNAL}"))


def journals(path: str) -> Iterator[str]:
    """List the journals beside a receipt."""
    folder, name = os.path.split(path)
    pattern = re.compile(rf"\.{re.escape(name)}\.[0-9a-f]{{12}}(-\d+)?{re.escape(_JOURNAL)}")
    with contextlib.suppress(OSError):
        for each in os.listdir(folder or "."):
            if pattern.fullmatch(each):
                yield os.path.join(folder, each)


def read_journal(journal: str) -> Iterator[dict[str, Any]]:
    """Yield its lines, but for those that were cut off."""
    with contextlib.suppress(OSError, ValueError), open(journal, encoding="utf-8") as file:
        for line in file:
            with contextlib.suppress(ValueError):
                yield json.loads(line)


def in_place_path() -> str:
    """Name what journals of fixes in place are beside."""
    return os.path.join(cache_folder(), "fix")


def unfinished_hashes(journal: str) -> Iterator[str]:
    """Yield the hashes of renamed results beside which the original still is."""
    for line in read_journal(journal):
        hashes: dict[str, str] = line["entry"]["sha256"]
        source, result = line["source"], line["result"]
        if has_hash(result, hashes["after"]) and has_hash(source, hashes["before"]):
            yield hashes["after"]


def remove_useless_journals() -> None:
    """Remove the journals of fixes in place that were completed since."""
    for journal in journals(in_place_path()):
        with contextlib.suppress(OSError), unlocked(journal) as is_stale:
            if is_stale and not any(unfinished_hashes(journal)):
                os.unlink(journal)


def has_hash(path: str, sha256: str) -> bool:
    """Whether a file is there, unchanged."""
    try:
        return os.path.isfile(path) and sha256_of(path) == sha256
    except WanprepError:
        return False
