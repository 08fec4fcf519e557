"""The ledger records a run before its request is sent, so that no job is paid for twice."""

from __future__ import annotations

import os
import sqlite3
import threading
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from wanprep.closing import Closing
from wanprep.dataclass import dataclass
from wanprep.errors import UsageError
from wanprep.files.locks import SUFFIX, acquire_lock, is_locked, release_lock, remove_stale_locks
from wanprep.files.state_folder import LEDGER, VARIABLE, NoStateFolder, create_private_folder
from wanprep.plugins.flow import HostedUrl, Sent
from wanprep.submit.ledger.database import Database
from wanprep.submit.ledger.run import (
    LIVE,
    MOVES,
    Run,
    format_time,
    new_id,
    new_row,
    run_from_row,
    to_columns,
    utc_now,
)
from wanprep.text import visible

if TYPE_CHECKING:
    from collections.abc import Iterable

    from wanprep.submit.ledger.run import NewRun, RunState

_SAME_TIME: Final = timedelta(hours=1)
_INTERRUPTED: Final = (
    "wanprep ended while sending the request: the provider may or may not have the job."
)


@dataclass(frozen=True, slots=True)
class Reserved:
    """The run is this process's to send."""

    run: Run


@dataclass(frozen=True, slots=True)
class Taken:
    """The same job is in the ledger already, perhaps from another process just now."""

    run: Run


class Ledger(Closing):
    """All runs of this user. Reading a run whose sender has died marks it uncertain."""

    def __init__(self, folder: str) -> None:
        self._folder = create_private_folder(folder)
        self._database = Database(os.path.join(folder, LEDGER))
        self._sender = _Sender(folder)
        self.hosted = HostedCopies(self._database)

    # Reading.

    def runs(self) -> list[Run]:
        """List all runs, the newest first."""
        return [
            self._detect_dead_sender(run)
            for run in self._select("ORDER BY created DESC, rowid DESC")
        ]

    def find(self, prefix: str) -> Run:
        """Find a run by the beginning of its id."""
        found = self._select("WHERE substr(id, 1, ?) = ?", len(prefix), prefix.lower())
        match [run for run in found if run.id == prefix] or found:
            case [run]:
                return self._detect_dead_sender(run)
            case []:
                raise UsageError(
                    f"there is no run '{visible(prefix)}'. `wanprep runs list` lists all runs."
                )
            case several:
                ids = ", ".join(run.id for run in several[:5])
                raise UsageError(f"'{visible(prefix)}' may be any of {ids}. Give more of the id.")

    def find_all(self, prefixes: Iterable[str]) -> list[Run]:
        """Find runs by the beginnings of their ids, each once."""
        return list({run.id: run for run in map(self.find, prefixes)}.values())

    def reload(self, run: Run) -> Run:
        """Read the current state of a run."""
        return self._detect_dead_sender(self._row(run.id))

    def live_run(self, identity: str) -> Run | None:
        """Find the run of a job that may have cost money, and must not be paid for again."""
        found = self._select(
            f"WHERE identity = ? AND replaced_by IS NULL AND state IN ({_marks(len(LIVE))})",
            identity, *sorted(LIVE),
        )  # fmt: skip
        return next(map(self._detect_dead_sender, found), None)

    def as_sent(self, run: Run) -> Sent:
        """Convert a run for a provider's flows, with the ids that belong to other runs."""
        question = "SELECT provider_id FROM runs WHERE target = ? AND id <> ?"
        others = {each for (each,) in self._database.query(question, (run.target, run.id))}
        return Sent(
            order=run.order,
            sent_at=run.sent,
            provider_id=run.provider_id or "",
            taken=frozenset(others - {None}),
            details=run.details,
        )

    def other_lost_runs(self, run: Run) -> list[Run]:
        """List other runs of about the same time whose response is missing, too."""
        others = self._select(
            "WHERE target = ? AND id <> ? AND provider_id IS NULL"
            " AND state IN ('sending', 'uncertain')",
            run.target, run.id,
        )  # fmt: skip
        return [other for other in others if abs(other.sent - run.sent) < _SAME_TIME]

    def history(self, run: Run) -> list[tuple[str, str, str | None]]:
        """List the states of a run in order: state, time, reason."""
        question = "SELECT state, at, why FROM history WHERE run = ? ORDER BY rowid"
        return [tuple(row) for row in self._database.query(question, (run.id,))]

    def fetch_lock(self, run: Run) -> str:
        """Name the lock file of the process that downloads a run's result."""
        return os.path.join(self._folder, f"fetch-{run.id}{SUFFIX}")

    def _select(self, where: str, *values: object) -> list[Run]:
        question = f"SELECT * FROM runs {where}"  # noqa: S608 - written above
        return [run_from_row(row) for row in self._database.query(question, values)]

    def _row(self, run_id: str) -> Run:
        [run] = self._select("WHERE id = ?", run_id)
        return run

    def _detect_dead_sender(self, run: Run) -> Run:
        if run.state != "sending" or self._sender.is_alive(run.sender):
            return run
        return self.move(run, "uncertain", error=_INTERRUPTED)

    # Writing.

    def reserve(self, new: NewRun, *, replacing: Run | None = None) -> Reserved | Taken:
        """Record a job before it is sent. Nothing may be sent before this returns."""
        run_id = new_id()
        row = new_row(run_id, new, self._sender.acquire_name())
        try:
            with self._database.transaction() as database:
                if replacing:
                    database.execute(
                        "UPDATE runs SET replaced_by = ? WHERE id = ? AND state = ?",
                        (run_id, replacing.id, replacing.state),
                    )
                database.execute(
                    f"INSERT INTO runs ({', '.join(row)}) VALUES ({_marks(len(row))})",  # noqa: S608 - our own names
                    tuple(row.values()),
                )
                _add_history(database, run_id, "sending", None)
        except sqlite3.IntegrityError:
            live = self.live_run(new.identity)
            return Taken(live) if live else self.reserve(new)  # it ended in the meantime
        return Reserved(self._row(run_id))

    def reserve_repeat(self, run: Run) -> Reserved | Taken:
        """Record that an uncertain run is about to be sent again under its own key."""
        changes = {
            "state": "sending", "sender": self._sender.acquire_name(), "sent": utc_now(),
            "error": None,
        }  # fmt: skip
        changed = self._update(run, changes)
        return Reserved(self.reload(run)) if changed else Taken(self.reload(run))

    def move(self, run: Run, state: RunState, **columns: Any) -> Run:  # noqa: ANN401
        """Move a run to another state, unless another process has moved it; return it as it is."""
        assert state in MOVES[run.state], f"{run.state} -> {state}"  # noqa: S101
        self._update(run, {"state": state, **columns})
        return self._row(run.id)

    def amend(self, run: Run, **columns: Any) -> Run:  # noqa: ANN401
        """Change columns of a run that stays in its state."""
        self._update(run, columns)
        return self._row(run.id)

    def _update(self, run: Run, changes: dict[str, Any]) -> bool:
        """Change a run, if its state and sender are still those that were read."""
        columns = to_columns({**changes, "updated": utc_now()})
        names = ", ".join(f"{name} = ?" for name in columns)
        with self._database.transaction() as database:
            changed = database.execute(
                f"UPDATE runs SET {names} WHERE id = ? AND state = ? AND sender = ?",  # noqa: S608 - our own names
                (*columns.values(), run.id, run.state, run.sender),
            )
            if changed.rowcount and "state" in changes:
                _add_history(database, run.id, changes["state"], changes.get("error"))
        return bool(changed.rowcount)

    def close(self) -> None:
        """Close the ledger. What this process was still sending is uncertain from now on."""
        self._database.close()
        self._sender.close()


class HostedCopies:
    """The URLs of uploaded files, by provider and content."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def get(self, provider: str, sha256: str) -> HostedUrl | None:
        """Return the URL of an earlier upload, which may have expired."""
        question = "SELECT url, expires FROM hosted WHERE provider = ? AND sha256 = ?"
        for url, expires in self._database.query(question, (provider, sha256)):
            return HostedUrl(url, datetime.fromisoformat(expires) if expires else None)
        return None

    def put(self, provider: str, sha256: str, hosted: HostedUrl) -> None:
        """Store the URL of an upload in place of an earlier one."""
        expires = format_time(hosted.expires) if hosted.expires else None
        with self._database.transaction() as database:
            database.execute(
                "INSERT OR REPLACE INTO hosted (provider, sha256, url, expires)"
                " VALUES (?, ?, ?, ?)",
                (provider, sha256, hosted.url, expires),
            )


class _Sender(Closing):
    """This process as a sender: a name, and a lock by which others see that it is alive."""

    def __init__(self, folder: str) -> None:
        self._folder = folder
        self._name = ""
        self._lock: int | None = None
        self._mutex = threading.Lock()

    def acquire_name(self) -> str:
        """Return the name, and lock it at the first call: a process that only reads needs none."""
        with self._mutex:
            if self._lock is None:
                self._name = new_id()
                self._lock = self._acquire_lock()
            return self._name

    def _acquire_lock(self) -> int:
        try:
            remove_stale_locks(self._folder)
            return acquire_lock(self._path(self._name))
        except OSError as error:
            raise NoStateFolder(
                f"the state folder {visible(self._folder)} cannot be written: {error.strerror}."
                f" Make room there, or name another folder in {VARIABLE}."
            ) from error

    def is_alive(self, name: str) -> bool:
        """Whether the sender of that name is still running."""
        return is_locked(self._path(name))

    def close(self) -> None:
        with self._mutex:
            if self._lock is not None:
                release_lock(self._path(self._name), self._lock)
                self._lock = None

    def _path(self, name: str) -> str:
        return os.path.join(self._folder, f"sender-{name}{SUFFIX}")


def _marks(count: int) -> str:
    return ", ".join("?" * count)


def _add_history(database: sqlite3.Connection, run: str, state: str, why: str | None) -> None:
    database.execute(
        "INSERT INTO history (run, state, at, why) VALUES (?, ?, ?, ?)",
        (run, state, format_time(utc_now()), why),
    )
