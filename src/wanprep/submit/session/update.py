"""Write down what a provider says of a run."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final
from urllib.parse import parse_qs, urlsplit

from wanprep.errors import WanprepError
from wanprep.plugins.flow import Refused
from wanprep.submit.errors import NoAnswer

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from wanprep.plugins.flow import Accepted, Status
    from wanprep.submit.http.driver import Driver
    from wanprep.submit.ledger.ledger import Ledger
    from wanprep.submit.ledger.run import Run
    from wanprep.submit.services.service import Service
    from wanprep.submit.session.session import Session


def settled(ledger: Ledger, service: Service, run: Run, status: Status) -> Run:
    """Take a run where its provider says that it is; what is under way stays as it is."""
    told = {**run.told, **status.details}
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


class NotCancelled(WanprepError):
    """The run goes on, or has ended already."""

    exit_code = 1


def cancelled(session: Session, run: Run) -> Run:
    """Cancel a run; it is believed only when the provider says so."""
    driver, title = session.driver(run.provider), session.service(run.provider).title
    if run.state != "accepted":
        raise NotCancelled(f"run {run.id} is {run.state}: there is nothing to cancel.")
    if driver.provider.cancel is None:
        raise NotCancelled(
            f"{title} has no way to cancel a job: run {run.id} goes on."
            f" To wait for it: wanprep runs wait {run.id}"
        )
    try:
        came = driver.cancel(session.ledger.sent(run))
    except Refused as error:
        raise NotCancelled(f"run {run.id} goes on: {error}. {error.advice}".rstrip()) from error
    if came.done:
        return session.ledger.move(run, "cancelled", error=came.message or None)
    current = asked(session, run)
    raise NotCancelled(f"run {run.id} was not cancelled ({came.message}): it is {current.state}.")


def asked(session: Session, run: Run) -> Run:
    """Ask once how a run stands."""
    if run.state != "accepted":
        return run
    try:
        status = session.driver(run.provider).poll(session.ledger.sent(run))
    except Refused as error:
        raise NoAnswer(f"{error}. {error.advice}".rstrip()) from error
    return settled(session.ledger, session.service(run.provider), run, status)


_LOOKS: Final = 3  # a list may lag behind


def looked_for(session: Session, run: Run) -> Run:
    """Ask the provider for an uncertain run; if it is there, it is accepted. Nothing is resent."""
    service, driver = session.service(run.provider), session.driver(run.provider)
    if driver.provider.find is None:
        return run
    pauses = service.poll.waits(session.environ)
    for look in range(_LOOKS):
        if look and not session.wakeups.pause(run.id, min(next(pauses), 3.0 * look)):
            break
        try:
            found = _found(session, driver, run)
        except (NoAnswer, Refused):
            break
        if found:
            return session.ledger.move(
                run, "accepted", provider_id=found.provider_id, told=dict(found.details), error=None
            )
    return run


def _found(session: Session, driver: Driver, run: Run) -> Accepted | None:
    """Find a run's job; one that could as well be that of another lost run is nobody's."""
    found = driver.find(session.ledger.sent(run))
    for rival in session.ledger.rivals(run) if found else ():
        other = driver.find(session.ledger.sent(rival))
        if found and other and other.provider_id == found.provider_id:
            return None
    return found
