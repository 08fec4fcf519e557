"""The ledger's tables, and how an older ledger becomes one of today."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from wanprep.errors import WanprepError
from wanprep.text import visible

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Sequence

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
