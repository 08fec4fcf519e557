"""The receipt on the disk: up to date while results arrive, and complete after any end of a run.

What is about to be delivered is first appended to a journal; the next run moves what a run that was
killed has delivered to the receipt. Runs beside each other write to one receipt in turn, and keep
each other's entries.

A receipt may be in a bucket. It has no journal: results there carry marks, see output.py.
"""

from __future__ import annotations

import contextlib
import json
import os
import threading
import time
from tempfile import NamedTemporaryFile
from typing import TYPE_CHECKING, Any, Final, Protocol, Self

from wanprep.errors import UsageError
from wanprep.files.atomic import CannotWrite, explain_os_errors, write_output
from wanprep.files.locks import locked, unlocked
from wanprep.files.outputs import written_kind
from wanprep.fix.journal import (
    Journal,
    has_hash,
    hidden,
    in_place_path,
    journals,
    new_journal,
    read_journal,
    remove_useless_journals,
)
from wanprep.fix.receipt import RECEIPT, Kind, entries_in, entry_of, new_receipt, read_entries
from wanprep.stores.store import (
    NoSuchObject,
    ObjectChanged,
    ObjectExists,
    StoreError,
    explain_store_errors,
)
from wanprep.stores.stores import Stores, is_object_url
from wanprep.text import visible

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from types import TracebackType

    from wanprep.fix.request import FixedFile, Outcome, Outcomes
    from wanprep.stores.store import Mark, Store

Entries = dict[Kind, dict[str, dict[str, Any]]]  # by source

# A receipt of 10,000 files takes long to write: it is written again after this many times as long.
_REST: Final = 20
_SECONDS: Final = 5.0  # between two writes into a bucket
_ATTEMPTS: Final = 20  # to write it there, while other runs do the same
_HEAD: Final = 1024


class Record(Protocol):
    """What is told of each outcome. Threads may share it."""

    def announce(self, outcome: Outcome | FixedFile) -> None:
        """Record what is about to be delivered."""
        ...

    def add(self, outcome: Outcome | FixedFile) -> None:
        """Record an outcome."""
        ...


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
                    self.journal = new_journal(self._path)
        if self._in_place:
            with contextlib.suppress(OSError):  # the cache folder need not be writable
                os.makedirs(os.path.dirname(in_place_path()), exist_ok=True)
                self.journal = new_journal(in_place_path())
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
                remove_useless_journals()
            elif self._path and not self._is_complete:
                with contextlib.suppress(CannotWrite):  # the next run tries it again
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
    with explain_os_errors(path), locked(hidden(path, "lock")):
        write_output(_merged(read_entries(path), new), path)


def _merge_object(store: Store, key: str, new: Entries) -> None:
    """Write entries to a receipt in a bucket; what another run writes meanwhile stays."""
    for _ in range(_ATTEMPTS):
        there, data = read_object(store, key)
        if not _is_receipt(data):
            raise ObjectExists("it is not a receipt that wanprep wrote")
        with NamedTemporaryFile() as file, contextlib.suppress(ObjectExists, ObjectChanged):
            file.write(_merged(entries_in(data), new))
            file.flush()
            store.write_marked(key, file.name, "application/json", RECEIPT, over=there)
            return
    raise StoreError("other runs keep writing to it")


def read_object(store: Store, key: str) -> tuple[Mark | None, bytes]:
    """Read an object with its mark; one that is not there is empty."""
    try:
        mark, size = store.mark_of(key), store.find(key).size
        return mark, store.read(key, 0, size, same=mark.etag).data
    except NoSuchObject:
        return None, b""


def refuse_foreign_object(url: str, stores: Stores, option: str) -> None:
    """Raise UsageError for a receipt that would replace anything but an earlier one."""
    with explain_store_errors(url):
        _, data = read_object(*stores.at(url))
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


def _recover(path: str) -> None:
    """Move what killed runs have delivered to the receipt."""
    entries: Entries = {"assets": {}, "jobs": {}}
    with contextlib.ExitStack() as stack:
        stale = []
        for journal in journals(path):
            with contextlib.suppress(FileNotFoundError):
                if stack.enter_context(unlocked(journal)):
                    stale.append(journal)
        for line in (line for journal in stale for line in read_journal(journal)):
            entry = line["entry"]
            if has_hash(line["result"], entry["sha256"]["after"]):
                entries[line["kind"]][entry["source"]] = entry
        if stale:
            _merge(path, entries)
        for journal in stale:
            os.unlink(journal)
