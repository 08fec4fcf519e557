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
from wanprep.submit.ledger.schema_of_ledger import STEPS, bring_up_to_date
from wanprep.submit.ledger.state_folder import VARIABLE, sync_folder
from wanprep.text import visible

if TYPE_CHECKING:
    from collections.abc import Iterator

_PATIENCE: Final = 15.0  # seconds for another process that writes
_ADVICE: Final = (
    ("full", "Make room on the disk, then run this again."),
    ("disk i/o", "Make room on the disk or mend it, then run this again."),
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
