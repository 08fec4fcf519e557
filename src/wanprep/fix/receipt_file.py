"""The receipt on the disk: up to date while results arrive, and complete after any end of a run.

What is about to be delivered is first appended to a journal, a hidden file beside the receipt that
its run holds locked. A run that was killed leaves it; the next one moves what was delivered to the
receipt. Runs beside each other write to one receipt in turn, and keep each other's entries.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import secrets
import threading
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Self

from wanprep.errors import WanprepError
from wanprep.files.atomic import CannotWrite, explain_os_errors, sha256_of, write_output
from wanprep.files.locks import acquire_lock, locked, release_lock, unlocked
from wanprep.fix.receipt import Kind, entry_of, new_receipt

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator
    from types import TracebackType

    from wanprep.fix.outcome import FixedFile, Outcome, Outcomes

Entries = dict[Kind, dict[str, dict[str, Any]]]  # by source

# A receipt of 10,000 files takes long to write: it is written again after this many times as long.
_REST: Final = 20


class ReceiptFile:
    """The receipt of one run; without a path nothing is written. Threads may share it."""

    def __init__(self, path: str | None) -> None:
        self._path = path
        self._entries: Entries = {"assets": {}, "jobs": {}}
        self._lock = threading.Lock()
        self._next = 0.0
        self._journal: tuple[str, int] | None = None

    def __enter__(self) -> Self:
        if self._path:
            with explain_os_errors(self._path):
                os.makedirs(os.path.dirname(self._path) or ".", exist_ok=True)
                _recover(self._path)
                self._write()  # before there is anything to lose
                journal = _journal_of(self._path, secrets.token_hex(6))
                self._journal = (journal, acquire_lock(journal))
        return self

    def announce(self, outcome: Outcome | FixedFile) -> None:
        """Record what is about to be delivered."""
        if self._journal:
            kind, entry = entry_of(outcome)
            line = {"kind": kind, "path": os.path.abspath(entry["result"]), "entry": entry}
            with self._lock, explain_os_errors(self._journal[0]):
                os.write(self._journal[1], json.dumps(line).encode() + b"\n")

    def add(self, outcome: Outcome | FixedFile) -> None:
        """Record an outcome; the receipt is written now or, if that takes long, a little later."""
        kind, entry = entry_of(outcome)
        with self._lock:
            self._entries[kind][entry["source"]] = entry
            if self._path and time.monotonic() >= self._next:
                with contextlib.suppress(CannotWrite):  # raised in the end, if it still fails
                    self._write()

    def finish(self, outcomes: Outcomes) -> None:
        """Replace what was added, with the final outcomes in their order."""
        self._entries = {"assets": {}, "jobs": {}}
        for outcome in (*outcomes.assets, *outcomes.jobs):
            kind, entry = entry_of(outcome)
            self._entries[kind][entry["source"]] = entry

    def __exit__(
        self, error: type[BaseException] | None, value: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:  # fmt: skip
        if self._path and self._journal:
            journal, descriptor = self._journal
            try:
                self._write()
            except CannotWrite:
                os.close(descriptor)  # the next run finds the journal
                if error is None:
                    raise
            else:
                release_lock(journal, descriptor)

    def _write(self) -> None:
        begin = time.monotonic()
        assert self._path  # noqa: S101 - see the callers
        _merge(self._path, self._entries)
        now = time.monotonic()
        self._next = now + _REST * (now - begin)


def _merge(path: str, new: Entries) -> None:
    """Write entries to a receipt, over those of the same sources."""
    with explain_os_errors(path), locked(_hidden(path, "lock")):
        content = new_receipt()
        for kind, entries in new.items():
            kept = [each for each in _read(path)[kind] if each.get("source") not in entries]
            content[kind] = [*kept, *entries.values()]
        text = json.dumps(content, indent=1, ensure_ascii=False) + "\n"
        write_output(text.encode("utf-8", "backslashreplace"), path)


def _read(path: str) -> dict[Kind, list[dict[str, Any]]]:
    """Read the entries of a receipt; a missing or damaged one has none."""
    try:
        with open(path, encoding="utf-8") as file:
            content = json.load(file)
        return {
            "assets": [each for each in content["assets"] if isinstance(each, dict)],
            "jobs": [each for each in content["jobs"] if isinstance(each, dict)],
        }
    except (OSError, ValueError, LookupError, TypeError, RecursionError):
        return {"assets": [], "jobs": []}


def _hidden(path: str, ending: str) -> str:
    folder, name = os.path.split(path)
    return os.path.join(folder, f".{name}.{ending}")


def _journal_of(path: str, token: str) -> str:
    return _hidden(path, f"{token}.journal")


def _journals(path: str) -> Iterator[str]:
    folder, name = os.path.split(path)
    pattern = re.compile(rf"\.{re.escape(name)}\.[0-9a-f]{{12}}\.journal")
    with contextlib.suppress(OSError):
        for each in os.listdir(folder or "."):
            if pattern.fullmatch(each):
                yield os.path.join(folder, each)


def _read_journal(journal: str) -> Iterator[dict[str, Any]]:
    """Yield its lines; the last may be cut off."""
    with contextlib.suppress(OSError, ValueError), open(journal, encoding="utf-8") as file:
        for line in file:
            yield json.loads(line)


def _recover(path: str) -> None:
    """Move what killed runs have delivered to the receipt."""
    for journal in _journals(path):
        with contextlib.suppress(FileNotFoundError), unlocked(journal) as is_stale:
            if is_stale:
                entries: Entries = {"assets": {}, "jobs": {}}
                for line in _read_journal(journal):
                    entry = line["entry"]
                    if _has_hash(line["path"], entry["sha256"]["after"]):
                        entries[line["kind"]][entry["source"]] = entry
                _merge(path, entries)
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

    def has_written(self, path: str) -> bool:
        """Whether a file is a result that has not been changed since."""
        return bool(self.hashes) and os.path.isfile(path) and sha256_of(path) in self.hashes


def read_earlier_results(receipts: Iterable[str]) -> EarlierResults:
    """Read the results out of receipts, and of the journals of runs that were killed."""
    entries: list[dict[str, Any]] = []
    for path in receipts:
        entries += [entry for of_kind in _read(path).values() for entry in of_kind]
        for journal in _journals(path):
            entries += [line["entry"] for line in _read_journal(journal)]
    hashes = (each.get("sha256") for each in entries)
    return EarlierResults(frozenset(each["after"] for each in hashes if isinstance(each, dict)))
