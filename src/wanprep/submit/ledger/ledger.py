"""What was sent, written down before it is sent: so that nothing is paid twice, nor lost."""

from __future__ import annotations

import json
import os
import sqlite3
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from wanprep.closing import Closing
from wanprep.errors import UsageError
from wanprep.files.locks import SUFFIX
from wanprep.files.state_folder import make_private
from wanprep.plugins.flow import HostedUrl, Order, Sent
from wanprep.submit.ledger.database import Database
from wanprep.submit.ledger.run import LIVE, MOVES, Run, new_id, now, written
from wanprep.submit.ledger.sender import Sender
from wanprep.text import visible

if TYPE_CHECKING:
    from collections.abc import Mapping

    from wanprep.submit.ledger.run import NewRun, RunState


class HostedCopies:
    """Addresses by provider and content."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def get(self, provider: str, sha256: str) -> HostedUrl | None:
        """Find the address of a file that was uploaded before."""
        question = "SELECT url, expires FROM hosted WHERE provider = ? AND sha256 = ?"
        for row in self._database.rows(question, (provider, sha256)):
            expires = row["expires"]
            return HostedUrl(row["url"], datetime.fromisoformat(expires) if expires else None)
        return None

    def put(self, provider: str, sha256: str, hosted: HostedUrl) -> None:
        """Remember where a file was uploaded to."""
        expires = written(hosted.expires) if hosted.expires else None
        with self._database.writing() as database:
            database.execute(
                "INSERT OR REPLACE INTO hosted (provider, sha256, url, expires)"
                " VALUES (?, ?, ?, ?)",
                (provider, sha256, hosted.url, expires),
            )


def as_row(run_id: str, new: NewRun, sender: str) -> dict[str, object]:
    """Write a new run as a row."""
    at, order = now(), new.order
    row = {
        "id": run_id, "identity": new.identity, "target": order.target, "job": _text(new.job),
        "number": new.number, "state": "sending", "sender": sender,
        "idempotency_key": order.idempotency_key, "model": order.model,
        "body": order.body, "query": order.query,
        "facts": new.facts, "told": {}, "outputs": (), "files": (),
        "created": at, "sent": at, "updated": at,
    }  # fmt: skip
    return as_columns(row)


def as_columns(values: Mapping[str, Any]) -> dict[str, object]:
    """Write values as the ledger's columns hold them."""
    return {name: _as_column(value) for name, value in values.items()}


def _as_column(value: object) -> object:
    match value:
        case datetime():
            return written(value)
        case None | str() | int():
            return value
        case _:
            return json.dumps(value)


def _text(path: str) -> str:
    """Write a path so that a database takes it: names need not be UTF-8."""
    return os.fsencode(path).decode("utf-8", "backslashreplace")


def as_run(row: sqlite3.Row) -> Run:
    """Read a row."""
    order = Order(
        target=row["target"],
        model=row["model"],
        body=json.loads(row["body"]),
        query=json.loads(row["query"]),
        idempotency_key=row["idempotency_key"],
    )
    return Run(
        id=row["id"], identity=row["identity"], target=row["target"], job=row["job"],
        number=row["number"], state=row["state"], sender=row["sender"], order=order,
        facts=json.loads(row["facts"]), told=json.loads(row["told"]),
        created=datetime.fromisoformat(row["created"]), sent=datetime.fromisoformat(row["sent"]),
        updated=datetime.fromisoformat(row["updated"]),
        deadline=datetime.fromisoformat(row["deadline"]) if row["deadline"] else None,
        provider_id=row["provider_id"], outputs=tuple(json.loads(row["outputs"])),
        files=tuple(json.loads(row["files"])), error=row["error"],
        replaced_by=row["replaced_by"],
    )  # fmt: skip


_SAME_TIME: Final = timedelta(hours=1)


_INTERRUPTED: Final = (
    "wanprep ended while it was sending: the provider may or may not have the job."
)


@dataclass(frozen=True, slots=True)
class Reserved:
    """The run is ours to send, and nobody else's."""

    run: Run


@dataclass(frozen=True, slots=True)
class Taken:
    """The same job is there already, or another process was quicker."""

    run: Run


class Ledger(Closing):
    """All runs of this user. Whoever reads a run left by a dead sender marks it uncertain."""

    def __init__(self, folder: str) -> None:
        self._folder = make_private(folder)
        self._database = Database(os.path.join(folder, "ledger.sqlite3"))
        self._sender = Sender(folder)
        self.hosted = HostedCopies(self._database)

    # Reading.

    def runs(self) -> list[Run]:
        """List all runs, the newest first."""
        return [self._seen(run) for run in self._select("ORDER BY created DESC, rowid DESC")]

    def find(self, short: str) -> Run:
        """Find a run by the beginning of its id."""
        found = self._select("WHERE substr(id, 1, ?) = ?", len(short), short.lower())
        match [run for run in found if run.id == short] or found:
            case [run]:
                return self._seen(run)
            case []:
                raise UsageError(
                    f"there is no run '{visible(short)}'. `wanprep runs list` shows them."
                )
            case several:
                ids = ", ".join(run.id for run in several[:5])
                raise UsageError(f"'{visible(short)}' may be any of {ids}. Write more of the id.")

    def again(self, run: Run) -> Run:
        """Read a run anew."""
        [current] = self._select("WHERE id = ?", run.id)
        return self._seen(current)

    def live(self, identity: str) -> Run | None:
        """Find the run of a job that is there, or may be: what must not be paid for twice."""
        found = self._select(
            f"WHERE identity = ? AND replaced_by IS NULL AND state IN ({_marks(len(LIVE))})",
            identity, *sorted(LIVE),
        )  # fmt: skip
        return self._seen(found[0]) if found else None

    def sent(self, run: Run) -> Sent:
        """Say a run in the words in which providers are asked, so that no other is taken for it."""
        question = "SELECT provider_id FROM runs WHERE target = ? AND id <> ?"
        others = {row[0] for row in self._database.rows(question, (run.target, run.id))}
        return Sent(
            order=run.order,
            sent_at=run.sent,
            provider_id=run.provider_id or "",
            taken=frozenset(others - {None}),
        )

    def rivals(self, run: Run) -> list[Run]:
        """List the other runs of its time whose jobs a provider may have without our knowing."""
        others = self._select(
            "WHERE target = ? AND id <> ? AND provider_id IS NULL"
            " AND state IN ('sending', 'uncertain')",
            run.target, run.id,
        )  # fmt: skip
        return [other for other in others if abs(other.sent - run.sent) < _SAME_TIME]

    def history(self, run: Run) -> list[tuple[str, str, str | None]]:
        """Tell what became of a run, and when: state, time, why."""
        question = "SELECT state, at, why FROM history WHERE run = ? ORDER BY rowid"
        return [tuple(row) for row in self._database.rows(question, (run.id,))]

    def _select(self, where: str, *values: object) -> list[Run]:
        return [as_run(row) for row in self._database.rows(f"SELECT * FROM runs {where}", values)]  # noqa: S608 - written above

    def _seen(self, run: Run) -> Run:
        if run.state != "sending" or self._sender.lives(run.sender):
            return run
        return self.move(run, "uncertain", error=_INTERRUPTED)

    # Writing.

    def reserve(self, new: NewRun, *, replacing: Run | None = None) -> Reserved | Taken:
        """Write down that a job is about to be sent. Nothing may be sent before this returns."""
        run_id = new_id()
        values = as_row(run_id, new, self._sender.name)
        try:
            with self._database.writing() as database:
                if replacing:
                    database.execute(
                        "UPDATE runs SET replaced_by = ? WHERE id = ? AND state = ?",
                        (run_id, replacing.id, replacing.state),
                    )
                database.execute(
                    f"INSERT INTO runs ({', '.join(values)}) VALUES ({_marks(len(values))})",  # noqa: S608 - our own names
                    tuple(values.values()),
                )
                _remember(database, run_id, "sending", None)
        except sqlite3.IntegrityError:
            live = self.live(new.identity)
            return Taken(live) if live else self.reserve(new)  # it ended this very moment
        return Reserved(self._select("WHERE id = ?", run_id)[0])

    def reserve_again(self, run: Run) -> Reserved | Taken:
        """Write down that an uncertain run is about to be repeated under its own key."""
        ours = self._change(
            run, {"state": "sending", "sender": self._sender.name, "sent": now(), "error": None}
        )
        return Reserved(self.again(run)) if ours else Taken(self.again(run))

    def move(self, run: Run, state: RunState, **changes: Any) -> Run:  # noqa: ANN401 - columns
        """Take a run from where it was seen to another state; return how it now stands.

        If another process has moved it meanwhile, that holds and nothing is changed.
        """
        assert state in MOVES[run.state], f"{run.state} -> {state}"  # noqa: S101 - ours to know
        self._change(run, {"state": state, **changes})
        return self._select("WHERE id = ?", run.id)[0]

    def note(self, run: Run, **changes: Any) -> Run:  # noqa: ANN401 - columns
        """Write down more of a run whose state stays as it is."""
        self._change(run, changes)
        return self._select("WHERE id = ?", run.id)[0]

    def _change(self, run: Run, changes: dict[str, Any]) -> bool:
        """Change a run if it still stands where it was seen."""
        columns = as_columns({**changes, "updated": now()})
        names = ", ".join(f"{name} = ?" for name in columns)
        with self._database.writing() as database:
            changed = database.execute(
                f"UPDATE runs SET {names} WHERE id = ? AND state = ? AND sender = ?",  # noqa: S608 - our own names
                (*columns.values(), run.id, run.state, run.sender),
            )
            if changed.rowcount and "state" in changes:
                _remember(database, run.id, changes["state"], changes.get("error"))
        return bool(changed.rowcount)

    def fetching(self, run: Run) -> str:
        """Name the lock of whoever fetches a run's result: two would write two files."""
        return os.path.join(self._folder, f"fetch-{run.id}{SUFFIX}")

    def close(self) -> None:
        """Let go of the ledger. What this process was still sending is uncertain from now on."""
        self._database.close()
        self._sender.close()


def _marks(count: int) -> str:
    return ", ".join("?" * count)


def _remember(database: sqlite3.Connection, run: str, state: str, why: str | None) -> None:
    database.execute(
        "INSERT INTO history (run, state, at, why) VALUES (?, ?, ?, ?)",
        (run, state, written(now()), why),
    )
