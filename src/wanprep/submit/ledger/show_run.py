"""Runs as others see them: what is secret in an address is not shown."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Any

from wanprep.report.columns import columns
from wanprep.submit.ledger.run import written
from wanprep.submit.secrets import redact
from wanprep.text import visible

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    from wanprep.submit.ledger.run import Run


def as_json(run: Run) -> dict[str, Any]:
    """Write a run as the contract has it."""
    return {
        "id": run.id,
        "target": run.target,
        "provider_id": run.provider_id,
        "state": run.state,
        "job": run.job,
        "created": written(run.created),
        "updated": written(run.updated),
        "deadline": written(run.deadline) if run.deadline else None,
        "outputs": list(run.files) or [redact(url) for url in run.outputs],
        "error": redact(run.error) if run.error else None,
    }


def as_table(runs: Sequence[Run]) -> Iterator[str]:
    """List runs for people, with the last day on which a result can be fetched."""
    if not runs:
        yield "no runs yet\n"
        return
    rows = [("ID", "STATE", "TARGET", "JOB", "CREATED", "FETCH UNTIL"), *map(_row, runs)]
    widths = [max(columns(cell) for cell in column) for column in zip(*rows, strict=True)]
    for row in rows:
        cells = (
            cell + " " * (width - columns(cell)) for cell, width in zip(row, widths, strict=True)
        )
        yield "  ".join(cells).rstrip() + "\n"


def _row(run: Run) -> tuple[str, ...]:
    return (run.id, run.state, run.target, job_name(run), _local(run.created), _until(run))


def job_name(run: Run) -> str:
    """Name a run's job as it is called from here."""
    relative = os.path.relpath(run.job)
    name = run.job if relative.startswith(os.pardir) else relative
    return visible(f"{name}#{run.number}" if run.number > 1 else name)


def _until(run: Run) -> str:
    if run.files:
        return "fetched"
    if run.state != "succeeded":
        return ""
    return _local(run.deadline) if run.deadline else "fetch soon"


def _local(time: datetime) -> str:
    return time.astimezone().strftime("%Y-%m-%d %H:%M")


def as_text(run: Run, history: Sequence[tuple[str, str, str | None]]) -> Iterator[str]:
    """Show all that a person may want to know of one run."""
    told = as_json(run)
    told["document"] = run.number if run.number > 1 else None
    told["replaced_by"] = run.replaced_by
    told["idempotency_key"] = run.order.idempotency_key
    told["estimate"] = run.facts.get("estimate", {}).get("says")
    told["told"] = json.dumps(run.told) if run.told else None
    for name, value in told.items():
        for each in value if isinstance(value, list) else [value]:
            if each:
                yield f"{name.replace('_', ' '):<16}{visible(str(each))}\n"
    yield "history\n"
    for state, at, why in history:
        yield f"  {at}  {state}" + (f": {visible(redact(why))}" if why else "") + "\n"
