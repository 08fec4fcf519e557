"""Wait for a run: politely, for as long as it makes sense, and without losing it."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Final

from wanprep.errors import WanprepError
from wanprep.submit.faults import NoAnswer
from wanprep.submit.flow import Refused
from wanprep.submit.journey.settling import deadline_of, settled
from wanprep.submit.ledger.run import now
from wanprep.text import plain_number

if TYPE_CHECKING:
    from collections.abc import Iterator

    from wanprep.submit.flow import Status
    from wanprep.submit.journey.desk import Desk
    from wanprep.submit.journey.side_by_side import Teller
    from wanprep.submit.ledger.run import Run
    from wanprep.submit.services.service import Service

_REFUSALS: Final = 3  # after so many in a row there is no use in asking


class NoEnd(WanprepError):
    """The run goes on, but there is no use in waiting for it now."""

    exit_code = 4


def wait(desk: Desk, run: Run, teller: Teller) -> Run:
    """Ask until a run has ended or all is called off; return it as it then stands."""
    service = desk.service(run.provider)
    end, refusals = time.monotonic() + service.poll.patience, 0
    for pause in _pauses(desk, service, run):
        if run.state != "accepted" or not desk.bells.pause(run.provider_id or "", pause):
            return run
        try:
            status = desk.driver(run.provider).poll(desk.ledger.sent(run))
        except NoAnswer as error:
            teller.tell(f"no answer for now ({error})")
        except Refused as error:
            refusals += 1
            if refusals >= _REFUSALS:
                return _given_up(desk, run, error)
        else:
            refusals = 0
            teller.tell(words(status))
            run = settled(desk.ledger, service, run, status)
        if run.state == "accepted" and time.monotonic() > end:
            raise NoEnd(
                f"it takes longer than {service.poll.patience / 60:.0f} minutes, and may still"
                f" end well. To wait on: wanprep runs wait {run.id}"
            )
    raise AssertionError("pauses have no end")


def _given_up(desk: Desk, run: Run, error: Refused) -> Run:
    """Stop asking; a job of which nothing is kept any more has expired."""
    says = " ".join(filter(None, [f"{str(error).rstrip('.')}.", error.advice]))
    end = deadline_of(desk.service(run.provider), run, ())
    if end and end < now():
        return desk.ledger.move(run, "expired", error=says)
    raise NoEnd(says) from error


def _pauses(desk: Desk, service: Service, run: Run) -> Iterator[float]:
    """Wait as the service wants it; a run that is old enough is asked for at once."""
    pauses = service.poll.waits(desk.environ)
    first = next(pauses)
    yield max(0.0, first - (now() - run.sent).total_seconds())
    yield from pauses


def words(status: Status) -> str:
    """Say how far a job is, with the provider's own word for it."""
    says = status.word or status.state
    if status.state == "unknown":
        says = f"{says!r}, a word that nobody knows"
    if status.position is not None:
        says += f", {status.position} before it"
    if status.progress is not None and status.state in {"queued", "running"}:
        says += f", {plain_number(round(100 * status.progress))} %"
    return says
