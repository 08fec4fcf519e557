"""Runs as the ledger's rows, and back."""

from __future__ import annotations

import json
import os
from datetime import datetime
from typing import TYPE_CHECKING, Any

from wanprep.submit.flow import Order
from wanprep.submit.ledger.run import Run, now, written

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Mapping

    from wanprep.submit.ledger.run import NewRun


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
