"""A run: one submission, the states it can move through, and its row in the ledger."""

from __future__ import annotations

import json
import os
import secrets
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final, Literal

from wanprep.dataclass import dataclass
from wanprep.net.secrets import redact
from wanprep.plugins.flow import Order

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Mapping

RunState = Literal[
    "sending", "accepted", "uncertain", "refused", "succeeded", "failed", "cancelled", "expired"
]

# A sender that died leaves `sending` behind: its request may have arrived, so `uncertain`.
MOVES: Final[Mapping[RunState, frozenset[RunState]]] = {
    "sending": frozenset({"accepted", "uncertain", "refused"}),
    "uncertain": frozenset({"accepted", "sending"}),
    "accepted": frozenset({"succeeded", "failed", "cancelled", "expired"}),
    "succeeded": frozenset({"expired"}),
    "refused": frozenset(),
    "failed": frozenset(),
    "cancelled": frozenset(),
    "expired": frozenset(),
}
# What may have cost money. The index `one_live_run` of the ledger lists the same states.
LIVE: Final[frozenset[RunState]] = frozenset(
    {"sending", "accepted", "uncertain", "succeeded", "expired"}
)

_LETTERS: Final = "abcdefghjkmnpqrstuvwxyz"
_ID_CHARACTERS: Final = _LETTERS + "23456789"  # none that looks like another


@dataclass(frozen=True, slots=True, kw_only=True)
class NewRun:
    """A submission that is about to be sent."""

    identity: str
    job: str
    number: int  # of the document in the job file
    order: Order
    facts: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One submission, as the ledger has it."""

    id: str
    identity: str
    target: str
    job: str
    number: int
    state: RunState
    sender: str
    order: Order
    facts: Mapping[str, Any]
    created: datetime
    sent: datetime
    updated: datetime
    provider_id: str | None
    details: Mapping[str, Any]  # what the provider reported beside the state
    outputs: tuple[str, ...]
    files: tuple[str, ...]
    error: str | None
    deadline: datetime | None
    replaced_by: str | None

    @property
    def provider(self) -> str:
        """The part of the target's id before the slash."""
        return self.target.partition("/")[0]

    def as_json(self) -> dict[str, Any]:
        """Return the run with the documented keys, without secrets."""
        return {
            "id": self.id,
            "target": self.target,
            "provider_id": self.provider_id,
            "state": self.state,
            "job": self.job,
            "created": format_time(self.created),
            "updated": format_time(self.updated),
            "deadline": format_time(self.deadline) if self.deadline else None,
            "outputs": list(self.files) or [redact(url) for url in self.outputs],
            "error": redact(self.error) if self.error else None,
        }


def new_id() -> str:
    """Return 40 random bits in characters that are easy to read out, a letter first."""
    return secrets.choice(_LETTERS) + "".join(secrets.choice(_ID_CHARACTERS) for _ in range(7))


def utc_now() -> datetime:
    """Return the current time as the ledger writes it: in UTC."""
    return datetime.now(UTC)


def format_time(time: datetime) -> str:
    """Write a time in ISO 8601, in UTC with milliseconds, so that text sorts by time."""
    return time.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def new_row(run_id: str, new: NewRun, sender: str) -> dict[str, object]:
    """Return the columns of a run that is about to be sent."""
    now, order = utc_now(), new.order
    # SQLite takes UTF-8 only, and file names may hold other bytes.
    job = os.fsencode(new.job).decode("utf-8", "backslashreplace")
    return to_columns({
        "id": run_id, "identity": new.identity, "target": order.target, "job": job,
        "number": new.number, "state": "sending", "sender": sender,
        "idempotency_key": order.idempotency_key, "model": order.model,
        "body": order.body, "query": order.query,
        "roles": order.roles, "parameters": order.parameters,
        "facts": new.facts, "details": {}, "outputs": (), "files": (),
        "created": now, "sent": now, "updated": now,
    })  # fmt: skip


def to_columns(values: Mapping[str, Any]) -> dict[str, object]:
    """Convert values to what SQLite stores: times as text, containers as JSON."""
    return {name: _to_column(value) for name, value in values.items()}


def _to_column(value: object) -> object:
    match value:
        case datetime():
            return format_time(value)
        case None | str() | int():
            return value
        case _:
            return json.dumps(value)


def run_from_row(row: sqlite3.Row) -> Run:
    """Read a run from a row of the table `runs`."""
    order = Order(
        target=row["target"],
        model=row["model"],
        body=json.loads(row["body"]),
        query=json.loads(row["query"]),
        idempotency_key=row["idempotency_key"],
        roles={role: tuple(urls) for role, urls in json.loads(row["roles"]).items()},
        parameters=json.loads(row["parameters"]),
    )
    return Run(
        id=row["id"], identity=row["identity"], target=row["target"], job=row["job"],
        number=row["number"], state=row["state"], sender=row["sender"], order=order,
        facts=json.loads(row["facts"]), details=json.loads(row["details"]),
        created=datetime.fromisoformat(row["created"]), sent=datetime.fromisoformat(row["sent"]),
        updated=datetime.fromisoformat(row["updated"]),
        deadline=datetime.fromisoformat(row["deadline"]) if row["deadline"] else None,
        provider_id=row["provider_id"], outputs=tuple(json.loads(row["outputs"])),
        files=tuple(json.loads(row["files"])), error=row["error"],
        replaced_by=row["replaced_by"],
    )  # fmt: skip
