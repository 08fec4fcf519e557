"""The ledger's SQLite file: its schema, transactions, and errors that say what to do."""

from __future__ import annotations

import contextlib
import os
import sqlite3
import threading
import time
from typing import TYPE_CHECKING, Any, Final

from wanprep.closing import Closing
from wanprep.errors import WanprepError
from wanprep.files.atomic import sync_folder
from wanprep.files.state_folder import VARIABLE
from wanprep.text import visible

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

# Migrations: the step at index N brings a ledger from version N to N + 1. A published step is
# never changed: a new schema is a new step.
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
            facts TEXT NOT NULL,        -- for the receipt: hashes, length, estimate
            told TEXT NOT NULL,         -- what the provider reported beside the state
            outputs TEXT NOT NULL,      -- URLs
            files TEXT NOT NULL,        -- downloaded results
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
    (  # what the body was made of, for flows that decide by it
        "ALTER TABLE runs ADD COLUMN roles TEXT NOT NULL DEFAULT '{}'",
        "ALTER TABLE runs ADD COLUMN parameters TEXT NOT NULL DEFAULT '{}'",
    ),
    ("ALTER TABLE runs RENAME COLUMN told TO details",),
)
_TIMEOUT: Final = 15.0  # seconds to wait for another process that writes
_ADVICE: Final = (
    ("full", "Make room on the disk, then run this again."),
    ("disk i/o", "Make room on the disk or fix it, then run this again."),
    ("readonly", f"Make it writable, or name another folder in {VARIABLE}."),
    ("unable to open", f"Make it readable and writable, or name another folder in {VARIABLE}."),
    ("locked", "Another program has locked it; run this again when that has ended."),
)
_DAMAGED: Final = (
    "It seems damaged. Move it away to begin a new one, but first inspect the provider's own list"
    " of jobs: what was sent before is then forgotten, and would be sent and paid again."
)


class LedgerTooNew(WanprepError):
    """A newer wanprep has written this ledger."""


class LedgerTrouble(WanprepError):
    """The ledger cannot be read or written."""


class Database(Closing):
    """One connection for all threads of a process."""

    def __init__(self, file: str) -> None:
        self._file = file
        self._lock = threading.RLock()
        with self._translate_errors():
            self._connection = _connect(file)

    @contextlib.contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """Commit at the end of a `with` block, durably, or change nothing."""
        with self._lock, self._translate_errors(), _transaction(self._connection):
            yield self._connection

    def query(self, sql: str, values: tuple[Any, ...] = ()) -> list[sqlite3.Row]:
        """Return the rows of a SELECT."""
        with self._lock, self._translate_errors():
            return self._connection.execute(sql, values).fetchall()

    def close(self) -> None:
        """Close the connection."""
        with self._lock:
            self._connection.close()

    @contextlib.contextmanager
    def _translate_errors(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.IntegrityError:
            raise  # a constraint: a result, not a failure
        except sqlite3.Error as error:
            raise LedgerTrouble(_error_message(self._file, str(error))) from error
        except OSError as error:
            problem = f"unable to open: {error.strerror}"
            raise LedgerTrouble(_error_message(self._file, problem)) from error


def _error_message(file: str, problem: str) -> str:
    advice = next((advice for word, advice in _ADVICE if word in problem.lower()), _DAMAGED)
    return f"the ledger {visible(file)} cannot be used: {problem}. {advice}"


@contextlib.contextmanager
def _transaction(connection: sqlite3.Connection) -> Iterator[None]:
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
        connection.execute("COMMIT")
    except BaseException:
        # SQLite has rolled back already when the disk is full.
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise


def _connect(file: str) -> sqlite3.Connection:
    """Open or create the file; processes that create it at the same time wait for one another."""
    _create_private(file)
    connection = sqlite3.connect(
        file, timeout=_TIMEOUT, isolation_level=None, check_same_thread=False
    )
    try:
        connection.row_factory = sqlite3.Row
        _enable_wal(connection)
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("PRAGMA fullfsync = ON")  # macOS flushes its disks only so
        connection.execute("PRAGMA foreign_keys = ON")
        migrate(connection, file, STEPS)
    except BaseException:
        connection.close()
        raise
    return connection


def _create_private(file: str) -> None:
    with contextlib.suppress(FileExistsError):
        os.close(os.open(file, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
        sync_folder(os.path.dirname(file))


def _enable_wal(connection: sqlite3.Connection) -> None:
    """Switch to the write-ahead log; SQLite does not wait for other processes when it does."""
    end = time.monotonic() + _TIMEOUT
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError as error:
            if "locked" not in str(error) or time.monotonic() > end:
                raise
            time.sleep(0.02)
        else:
            return


def migrate(database: sqlite3.Connection, file: str, steps: Sequence[Sequence[str]]) -> None:
    """Take the steps that a ledger lacks, all or none."""
    version = _version(database)
    if version > len(steps):
        raise LedgerTooNew(
            f"the ledger {visible(file)} was written by a newer wanprep (its version is"
            f" {version}, this one supports {len(steps)}). Update wanprep to use it."
        )
    if version == len(steps):
        return
    with _transaction(database):
        # Read once more: another process may just have migrated it.
        for step in steps[_version(database) :]:
            for statement in step:
                database.execute(statement)
        database.execute(f"PRAGMA user_version = {len(steps)}")


def _version(database: sqlite3.Connection) -> int:
    return int(database.execute("PRAGMA user_version").fetchone()[0])
