"""Write down what a provider says of a run."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlsplit

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from wanprep.submit.flow import Status
    from wanprep.submit.ledger.ledger import Ledger
    from wanprep.submit.ledger.run import Run
    from wanprep.submit.services.service import Service


def settled(ledger: Ledger, service: Service, run: Run, status: Status) -> Run:
    """Take a run where its provider says that it is; what is under way stays as it is."""
    told = {**run.told, **status.told}
    match status.state:
        case "succeeded":
            deadline = deadline_of(service, run, status.outputs)
            return ledger.move(
                run, "succeeded", outputs=status.outputs, told=told, deadline=deadline
            )
        case "failed":
            why = status.error or f"{service.title} gives no reason"
            return ledger.move(run, "failed", error=why, told=told)
        case "cancelled":
            return ledger.move(run, "cancelled", error=status.error or None, told=told)
        case _:
            return run


def deadline_of(service: Service, run: Run, outputs: Sequence[str]) -> datetime | None:
    """Tell until when a result can surely be fetched.

    When it was made is not always known, for nobody may have looked for days; it was not before
    it was sent.
    """
    kept = [run.sent + timedelta(seconds=service.results_kept)] if service.results_kept else []
    return min([*kept, *_ends(outputs)], default=None)


def _ends(outputs: Sequence[str]) -> Iterator[datetime]:
    from wanprep.check.urls import expiry

    for url in outputs:
        end = expiry(parse_qs(urlsplit(url).query))
        if end is not None:
            yield datetime.fromtimestamp(end, UTC)
