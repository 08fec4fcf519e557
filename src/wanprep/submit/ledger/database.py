"""The ledger's file: shared by processes, safe on the disk, its troubles told plainly."""

from __future__ import annotations

import contextlib
import os
import sqlite3
import threading
import time
from typing import TYPE_CHECKING, Any, Final

from wanprep.closing import Closing
from wanprep.errors import WanprepError
from wanprep.files.state_folder import VARIABLE, sync_folder
from wanprep.text import visible

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence


# Each step brings a ledger from the version of its place in this list to the next. What has
# once been published is never changed: a new shape is a new step.
STEPS: Final[Sequence[Sequence[str]]] = (
    (
        """
        CREATE TABLE runs (
            id TEXT PRIMARY KEY,
            identity TEXT NOT NULL,     -- what is bought: content, not file names
            target TEXT NOT NULL,
            job TEXT NOT NULL,          -- the file
            number INTEGER NOT NULL,    -- of the document in it
            state TEXT NOT NULL,
            sender TEXT NOT NULL,       -- the lock of the process that sends it
            provider_id TEXT,
            idempotency_key TEXT NOT NULL,
            model TEXT NOT NULL,        -- as the provider calls it
            body TEXT NOT NULL,         -- exactly what is sent
            query TEXT NOT NULL,
            facts TEXT NOT NULL,        -- worth knowing later: hashes, length, estimate
            told TEXT NOT NULL,         -- what the provider said beside the state
            outputs TEXT NOT NULL,      -- addresses
            files TEXT NOT NULL,        -- and what became of them
            error TEXT,
            created TEXT NOT NULL,
            sent TEXT NOT NULL,
            updated TEXT NOT NULL,
            deadline TEXT,              -- until when the result can be fetched
            replaced_by TEXT REFERENCES runs (id) DEFERRABLE INITIALLY DEFERRED
        )
        """,
        # At most one run of a job that may cost money: two processes cannot both send it.
        """
        CREATE UNIQUE INDEX one_live_run ON runs (identity)
        WHERE replaced_by IS NULL
          AND state IN ('sending', 'accepted', 'uncertain', 'succeeded', 'expired')
        """,
        """
        CREATE TABLE history (
            run TEXT NOT NULL REFERENCES runs (id),
            state TEXT NOT NULL,
            at TEXT NOT NULL,
            why TEXT
        )
        """,
        "CREATE INDEX history_of_run ON history (run)",
        """
        CREATE TABLE hosted (
            provider TEXT NOT NULL,
            sha256 TEXT NOT NULL,
            url TEXT NOT NULL,
            expires TEXT,
            PRIMARY KEY (provider, sha256)
        )
        """,
    ),
)


class LedgerTooNew(WanprepError):
    """A newer wanprep has written this ledger."""


def bring_up_to_date(
    database: sqlite3.Connection, file: str, steps: Sequence[Sequence[str]]
) -> None:
    """Take the steps that a ledger lacks, all or none."""
    version = _version(database)
    if version > len(steps):
        raise LedgerTooNew(
            f"the ledger {visible(file)} was written by a newer wanprep (its version is"
            f" {version}, this one knows {len(steps)}). Update wanprep to use it."
        )
    if version == len(steps):
        return
    database.execute("BEGIN IMMEDIATE")
    try:
        # Asked once more: another process may just have done it.
        for step in steps[_version(database) :]:
            for statement in step:
                database.execute(statement)
        database.execute(f"PRAGMA user_version = {len(steps)}")
        database.execute("COMMIT")
    except BaseException:
        # A disk that is full has rolled back already.
        if database.in_transaction:
            database.execute("ROLLBACK")
        raise


def _version(database: sqlite3.Connection) -> int:
    return int(database.execute("PRAGMA user_version").fetchone()[0])


_PATIENCE: Final = 15.0  # seconds for another process that writes


_ADVICE: Final = (
    ("full", "Make room on the disk, then run this again."),
    ("disk i/o", "Make room on the disk or fix it, then run this again."),
    ("readonly", f"Make it writable, or name another folder in {VARIABLE}."),
    ("unable to open", f"Make it readable and writable, or name another folder in {VARIABLE}."),
    ("locked", "Another program holds it; run this again when that has ended."),
)


_DAMAGED: Final = (
    "It seems damaged. Move it away to begin a new one, but look first at the provider's own list"
    " of jobs: what was sent before is then forgotten, and would be sent and paid again."
)


class LedgerTrouble(WanprepError):
    """The ledger cannot be read or written."""


class Database(Closing):
    """One connection for all threads of a process."""

    def __init__(self, file: str) -> None:
        self._file = file
        self._lock = threading.RLock()
        with self._told():
            self._connection = _open(file)

    @contextlib.contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """Make a change that is on the disk when this ends, or not at all."""
        with self._lock, self._told():
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield self._connection
                self._connection.execute("COMMIT")
            except BaseException:
                # A disk that is full has rolled back already.
                if self._connection.in_transaction:
                    self._connection.execute("ROLLBACK")
                raise

    def rows(self, question: str, values: tuple[Any, ...] = ()) -> list[sqlite3.Row]:
        """Read."""
        with self._lock, self._told():
            return self._connection.execute(question, values).fetchall()

    def close(self) -> None:
        """Let go of the file."""
        with self._lock:
            self._connection.close()

    @contextlib.contextmanager
    def _told(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.IntegrityError:
            raise  # a rule of the tables: an answer, no trouble
        except sqlite3.Error as error:
            raise LedgerTrouble(_trouble(self._file, error)) from error
        except OSError as error:
            problem = sqlite3.OperationalError(f"unable to open: {error.strerror}")
            raise LedgerTrouble(_trouble(self._file, problem)) from error


def _trouble(file: str, error: sqlite3.Error) -> str:
    says = str(error)
    advice = next((advice for word, advice in _ADVICE if word in says.lower()), _DAMAGED)
    return (
        f"the ledger {visible(file)}, where runs are remembered, cannot be used: {says}. {advice}"
    )


def _open(file: str) -> sqlite3.Connection:
    """Open the file; two processes that begin it at once wait for one another."""
    _make_private(file)
    connection = sqlite3.connect(
        file, timeout=_PATIENCE, isolation_level=None, check_same_thread=False
    )
    try:
        connection.row_factory = sqlite3.Row
        _turn_to_wal(connection)
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("PRAGMA fullfsync = ON")  # macOS flushes its disks only so
        connection.execute("PRAGMA foreign_keys = ON")
        bring_up_to_date(connection, file, STEPS)
    except BaseException:
        connection.close()
        raise
    return connection


def _make_private(file: str) -> None:
    with contextlib.suppress(FileExistsError):
        os.close(os.open(file, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
        sync_folder(os.path.dirname(file))


def _turn_to_wal(connection: sqlite3.Connection) -> None:
    """Switch to the write-ahead log; SQLite does not wait for others when it does this."""
    end = time.monotonic() + _PATIENCE
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError as error:
            if "locked" not in str(error) or time.monotonic() > end:
                raise
            time.sleep(0.02)
        else:
            return
