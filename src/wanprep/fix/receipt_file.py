"""The receipt on the disk: up to date while results arrive, and complete after any end of a run.

What is about to be delivered is first appended to a journal, a hidden file beside the receipt that
its run holds locked. A run that was killed leaves it; the next one moves what was delivered to the
receipt. Runs beside each other write to one receipt in turn, and keep each other's entries. Where
workers elsewhere fix files, each shard has a journal, which the run appends to its own.

The journal of a fix in place is in the cache folder, and lists renamed results. If the run is
interrupted, the original is still there: the next run replaces the result, and adds no second one.

A receipt may be in a bucket. It has no journal: results there carry marks, see output.py.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import secrets
import threading
import time
from dataclasses import dataclass, field
from tempfile import NamedTemporaryFile
from typing import TYPE_CHECKING, Any, Final, Protocol, Self

from wanprep.errors import UsageError, WanprepError
from wanprep.files.atomic import CannotWrite, explain_os_errors, sha256_of, write_output
from wanprep.files.locks import acquire_lock, locked, release_lock, unlocked
from wanprep.files.outputs import written_kind
from wanprep.fix.receipt import RECEIPT, Kind, entry_of, new_receipt
from wanprep.media.cache import cache_folder
from wanprep.stores.store import (
    NoSuchObject,
    ObjectChanged,
    ObjectExists,
    StoreError,
    explain_store_errors,
)
from wanprep.stores.stores import Stores
from wanprep.stores.urls import is_object_url
from wanprep.text import visible

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping
    from types import TracebackType

    from wanprep.fix.request import FixedFile, Outcome, Outcomes
    from wanprep.stores.store import Mark, Store

Entries = dict[Kind, dict[str, dict[str, Any]]]  # by source

# A receipt of 10,000 files takes long to write: it is written again after this many times as long.
_REST: Final = 20
_SECONDS: Final = 5.0  # between two writes into a bucket
_ATTEMPTS: Final = 20  # to write it there, while other runs do the same
_HEAD: Final = 1024
_NAMES: Final = ("source", "result")
_JOURNAL: Final = ".journal"


class Record(Protocol):
    """What is told of each outcome. Threads may share it."""

    def announce(self, outcome: Outcome | FixedFile) -> None:
        """Record what is about to be delivered."""
        ...

    def add(self, outcome: Outcome | FixedFile) -> None:
        """Record an outcome."""
        ...


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
        with contextlib.suppress(FileNotFoundError), explain_os_errors(path, "read"):
            with open(path, "rb") as file:
                self._write(file.read())
            os.unlink(path)

    def _write(self, lines: bytes) -> None:
        with self._lock, explain_os_errors(self.path):
            os.write(self._descriptor, lines + b"\n")

    def close(self, *, keep: bool) -> None:
        """Unlock the file, and remove it unless another run needs it."""
        if keep:
            os.close(self._descriptor)
        else:
            release_lock(self.path, self._descriptor)


class ReceiptFile:
    """The receipt of one run, if it has a path, and its journal. Threads may share it."""

    def __init__(
        self, path: str | None, *, in_place: bool = False, stores: Stores | None = None
    ) -> None:
        self._path = path
        self._bucket = (stores or Stores()) if path and is_object_url(path) else None
        self._in_place = in_place
        self._is_complete = False
        self._entries: Entries = {"assets": {}, "jobs": {}}
        self._lock = threading.Lock()
        self._next = 0.0
        self.journal: Journal | None = None

    def __enter__(self) -> Self:
        if self._bucket:
            self._write()  # before there is anything to lose
        elif self._path:
            with explain_os_errors(self._path):
                os.makedirs(os.path.dirname(self._path) or ".", exist_ok=True)
                _recover(self._path)
                self._write()  # before there is anything to lose
                if not self._in_place:
                    self.journal = _new_journal(self._path)
        if self._in_place:
            with contextlib.suppress(OSError):  # the cache folder need not be writable
                os.makedirs(os.path.dirname(_in_place()), exist_ok=True)
                self.journal = _new_journal(_in_place())
        return self

    def announce(self, outcome: Outcome | FixedFile) -> None:
        """Record what is about to be delivered."""
        kind, entry = entry_of(outcome)
        is_renamed = entry["result"] != entry["source"]
        if self.journal and (is_renamed or not self._in_place):
            self.journal.append(kind, entry)

    def add(self, outcome: Outcome | FixedFile) -> None:
        """Record an outcome; the receipt is written now or, if that takes long, a little later."""
        kind, entry = entry_of(outcome)
        with self._lock:
            self._entries[kind][entry["source"]] = entry
            if self._path and time.monotonic() >= self._next:
                with contextlib.suppress(CannotWrite):  # raised in the end, if it still fails
                    self._write()

    def adopt(self, number: int, outcomes: Iterable[Outcome]) -> None:
        """Record what a worker elsewhere has done with a shard."""
        if self.journal:
            self.journal.adopt(number)
        for outcome in outcomes:
            self.add(outcome)

    def finish(self, outcomes: Outcomes) -> None:
        """Replace what was added, with the final outcomes in their order."""
        self._is_complete = not outcomes.is_interrupted
        self._entries = {"assets": {}, "jobs": {}}
        for outcome in (*outcomes.assets, *outcomes.jobs):
            kind, entry = entry_of(outcome)
            self._entries[kind][entry["source"]] = entry

    def __exit__(
        self, error: type[BaseException] | None, value: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:  # fmt: skip
        is_needed = self._in_place and not self._is_complete
        try:
            if self._path:
                self._write()
        except CannotWrite:
            is_needed = True
            if error is None:
                raise
        finally:
            self._close_journal(keep=is_needed)

    def _close_journal(self, *, keep: bool) -> None:
        if self.journal:
            self.journal.close(keep=keep)
            if self._in_place and not keep:
                _remove_useless_journals()
            elif self._path and not self._is_complete:
                _recover(self._path)  # the shards whose answers did not arrive

    def _write(self) -> None:
        begin = time.monotonic()
        assert self._path  # noqa: S101 - see the callers
        if self._bucket:
            with explain_store_errors(self._path):
                _merge_object(*self._bucket.at(self._path), self._entries)
        else:
            _merge(self._path, self._entries)
        now = time.monotonic()
        self._next = now + max(_REST * (now - begin), _SECONDS if self._bucket else 0)


def _merge(path: str, new: Entries) -> None:
    """Write entries to a receipt, over those of the same sources."""
    with explain_os_errors(path), locked(_hidden(path, "lock")):
        write_output(_merged(_read(path), new), path)


def _merge_object(store: Store, key: str, new: Entries) -> None:
    """Write entries to a receipt in a bucket; what another run writes meanwhile stays."""
    for _ in range(_ATTEMPTS):
        there, data = _read_object(store, key)
        if not _is_receipt(data):
            raise ObjectExists("it is not a receipt that wanprep wrote")
        with NamedTemporaryFile() as file, contextlib.suppress(ObjectExists, ObjectChanged):
            file.write(_merged(_entries(data), new))
            file.flush()
            store.write_marked(key, file.name, "application/json", RECEIPT, over=there)
            return
    raise StoreError("other runs keep writing to it")


def _read_object(store: Store, key: str) -> tuple[Mark | None, bytes]:
    try:
        mark, size = store.mark_of(key), store.find(key).size
        return mark, store.read(key, 0, size, same=mark.etag).data
    except NoSuchObject:
        return None, b""


def refuse_foreign_object(url: str, stores: Stores, option: str) -> None:
    """Raise UsageError for a receipt that would replace anything but an earlier one."""
    with explain_store_errors(url):
        _, data = _read_object(*stores.at(url))
    if not _is_receipt(data):
        raise UsageError(
            f"{visible(url)} cannot be written: it is not a receipt that wanprep wrote. Name"
            f" another place with {option}, or remove this one."
        )


def _is_receipt(data: bytes) -> bool:
    return not data.strip() or written_kind(data[:_HEAD].decode("utf-8", "replace")) == "receipt"


def _merged(old: Mapping[Kind, list[dict[str, Any]]], new: Entries) -> bytes:
    content = new_receipt()
    for kind, entries in new.items():
        kept = [each for each in old[kind] if each.get("source") not in entries]
        content[kind] = [*kept, *entries.values()]
    text = json.dumps(content, indent=1, ensure_ascii=False) + "\n"
    return text.encode("utf-8", "backslashreplace")


def _read(path: str) -> dict[Kind, list[dict[str, Any]]]:
    """Read the entries of a receipt; a missing or damaged one has none."""
    try:
        with open(path, "rb") as file:
            return _entries(file.read())
    except (OSError, ValueError):
        return _entries(b"")


def _entries(data: bytes) -> dict[Kind, list[dict[str, Any]]]:
    try:
        content = json.loads(data)
        return {
            "assets": [each for each in content["assets"] if isinstance(each, dict)],
            "jobs": [each for each in content["jobs"] if isinstance(each, dict)],
        }
    except (ValueError, LookupError, TypeError, RecursionError):
        return {"assets": [], "jobs": []}


def _hidden(path: str, ending: str) -> str:
    folder, name = os.path.split(path)
    return os.path.join(folder, f".{name}.{ending}")


def _new_journal(path: str) -> Journal:
    return Journal(_hidden(path, f"{secrets.token_hex(6)}{_JOURNAL}"))


def _journals(path: str) -> Iterator[str]:
    folder, name = os.path.split(path)
    pattern = re.compile(rf"\.{re.escape(name)}\.[0-9a-f]{{12}}(-\d+)?{re.escape(_JOURNAL)}")
    with contextlib.suppress(OSError):
        for each in os.listdir(folder or "."):
            if pattern.fullmatch(each):
                yield os.path.join(folder, each)


def _read_journal(journal: str) -> Iterator[dict[str, Any]]:
    """Yield its lines, but for those that were cut off."""
    with contextlib.suppress(OSError, ValueError), open(journal, encoding="utf-8") as file:
        for line in file:
            with contextlib.suppress(ValueError):
                yield json.loads(line)


def _recover(path: str) -> None:
    """Move what killed runs have delivered to the receipt."""
    for journal in _journals(path):
        with contextlib.suppress(FileNotFoundError), unlocked(journal) as is_stale:
            if is_stale:
                entries: Entries = {"assets": {}, "jobs": {}}
                for line in _read_journal(journal):
                    entry = line["entry"]
                    if _has_hash(line["result"], entry["sha256"]["after"]):
                        entries[line["kind"]][entry["source"]] = entry
                _merge(path, entries)
                os.unlink(journal)


def _in_place() -> str:
    return os.path.join(cache_folder(), "fix")


def _unfinished(journal: str) -> Iterator[str]:
    """Yield the hashes of renamed results beside which the original still is."""
    for line in _read_journal(journal):
        hashes: dict[str, str] = line["entry"]["sha256"]
        source, result = line["source"], line["result"]
        if _has_hash(result, hashes["after"]) and _has_hash(source, hashes["before"]):
            yield hashes["after"]


def _remove_useless_journals() -> None:
    for journal in _journals(_in_place()):
        with contextlib.suppress(OSError), unlocked(journal) as is_stale:
            if is_stale and not any(_unfinished(journal)):
                os.unlink(journal)


def _has_hash(path: str, sha256: str) -> bool:
    try:
        return os.path.isfile(path) and sha256_of(path) == sha256
    except WanprepError:
        return False


@dataclass(frozen=True, slots=True)
class EarlierResults:
    """The results of earlier runs, by content: these may be overwritten."""

    hashes: Collection[str] = ()
    by_path: Mapping[str, Collection[str]] = field(default_factory=dict)  # where they were written

    def has_written(self, path: str) -> bool:
        """Whether a file is a result that has not been changed since."""
        return bool(self.hashes) and os.path.isfile(path) and sha256_of(path) in self.hashes

    def hashes_for(self, path: str) -> Collection[str]:
        """List the hashes that an earlier result at a path may have."""
        if found := self.by_path.get(os.path.abspath(path)):
            return found
        return (sha256_of(path),) if self.has_written(path) else ()


def read_earlier_results(receipts: Iterable[str]) -> EarlierResults:
    """Read the results out of receipts, and of the journals of runs that were killed."""
    entries: list[dict[str, Any]] = []
    for path in receipts:
        entries += [entry for of_kind in _read(path).values() for entry in of_kind]
        for journal in _journals(path):
            entries += [line["entry"] for line in _read_journal(journal)]
    by_path: dict[str, set[str]] = {}
    for entry in entries:
        if isinstance(hashes := entry.get("sha256"), dict):
            path = os.path.abspath(str(entry.get("result")))
            by_path.setdefault(path, set()).add(hashes["after"])
    return EarlierResults(frozenset().union(*by_path.values()), by_path)


def read_journal_hashes(journal: str) -> frozenset[str]:
    """Read the hashes of what may have been delivered."""
    return frozenset(line["entry"]["sha256"]["after"] for line in _read_journal(journal))


def read_interrupted_results() -> EarlierResults:
    """Read the results of interrupted fixes in place; what one has completed is the user's."""
    journals = _journals(_in_place())
    return EarlierResults(frozenset(each for journal in journals for each in _unfinished(journal)))
