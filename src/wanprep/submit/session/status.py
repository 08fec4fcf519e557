"""Ask a provider about one run, and record its answer in the ledger."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final

from wanprep.errors import WanprepError
from wanprep.plugins.flow import Refused
from wanprep.submit.errors import NoAnswer, refusal_text
from wanprep.submit.uploads.upload import link_expiry

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from wanprep.plugins.flow import Accepted, Status
    from wanprep.submit.ledger.run import Run
    from wanprep.submit.services.service import Service
    from wanprep.submit.session.session import Session

PAY_AGAIN: Final = "To generate it again, and pay again, submit the job with --again."
UNKNOWN_STATE: Final = "unknown_state"  # the provider's word, kept for `runs show`
_MOST_SEARCHES: Final = 3  # a provider's list of jobs may lag behind


class NotCancelled(WanprepError):
    """The run continues, or has ended already."""

    exit_code = 1


def record_status(session: Session, run: Run, status: Status) -> Run:
    """Move a run to the state that its provider reports; one in progress stays as it is."""
    service, details = session.service(run.provider), {**run.details, **status.details}
    details.pop(UNKNOWN_STATE, None)
    match status.state:
        case "succeeded":
            deadline = result_deadline(service, run, status.outputs)
            return session.ledger.move(
                run, "succeeded", outputs=status.outputs, details=details, deadline=deadline
            )
        case "failed":
            why = status.error or f"{service.title} gives no reason"
            return session.ledger.move(run, "failed", error=why, details=details)
        case "cancelled":
            return session.ledger.move(
                run, "cancelled", error=status.error or None, details=details
            )
        case "expired":
            why = f"{(status.error or f'{service.title} reports {status.word}').rstrip('.')}."
            return session.ledger.move(run, "expired", error=f"{why} {PAY_AGAIN}", details=details)
        case "unknown" if run.details.get(UNKNOWN_STATE) != status.word:
            return session.ledger.amend(run, details={**run.details, UNKNOWN_STATE: status.word})
        case _:
            return run


def result_deadline(service: Service, run: Run, outputs: Sequence[str]) -> datetime | None:
    """Return the time until which a result can surely be downloaded.

    When it was created may be unknown, because the run was not polled for days; it was not
    before it was sent.
    """
    ends = [link_expiry(url) for url in outputs]
    if service.results_kept:
        ends.append(run.sent + timedelta(seconds=service.results_kept))
    return min(filter(None, ends), default=None)


def refresh_run(session: Session, run: Run) -> Run:
    """Ask once for the status of an accepted run."""
    if run.state != "accepted":
        return run
    try:
        status = session.driver(run.provider).poll(session.ledger.as_sent(run))
    except Refused as error:
        raise NoAnswer(refusal_text(error)) from error
    return record_status(session, run, status)


def cancel_run(session: Session, run: Run) -> Run:
    """Cancel a run; it counts as cancelled only when the provider confirms that."""
    driver, title = session.driver(run.provider), session.service(run.provider).title
    if run.state != "accepted":
        raise NotCancelled(f"run {run.id} is {run.state}: there is nothing to cancel.")
    if driver.provider.cancel is None:
        raise NotCancelled(
            f"{title} has no way to cancel a job: run {run.id} continues."
            f" To wait for it: wanprep runs wait {run.id}"
        )
    try:
        outcome = driver.cancel(session.ledger.as_sent(run))
    except Refused as error:
        raise NotCancelled(f"run {run.id} continues: {refusal_text(error)}") from error
    if outcome.done:
        return session.ledger.move(run, "cancelled", error=outcome.message or None)
    current = refresh_run(session, run)
    raise NotCancelled(
        f"run {run.id} was not cancelled ({outcome.message}): it is {current.state}."
    )


def find_lost_run(session: Session, run: Run) -> Run:
    """Search for an uncertain run at its provider; one that is found is accepted, never resent."""
    if session.driver(run.provider).provider.find is None:
        return run
    pauses = session.service(run.provider).poll.waits(session.environ)
    for search in range(_MOST_SEARCHES):
        if search and not session.wakeups.wait(run.id, min(next(pauses), 3.0 * search)):
            break
        try:
            found = _find_job(session, run)
        except (NoAnswer, Refused):
            break
        if found:
            return session.ledger.move(
                run,
                "accepted",
                provider_id=found.provider_id,
                details=dict(found.details),
                error=None,
            )
    return run


def _find_job(session: Session, run: Run) -> Accepted | None:
    """Find a run's job; None where it could also be the job of another lost run."""
    driver = session.driver(run.provider)
    found = driver.find(session.ledger.as_sent(run))
    if found is None:
        return None
    for other_run in session.ledger.other_lost_runs(run):
        other = driver.find(session.ledger.as_sent(other_run))
        if other and other.provider_id == found.provider_id:
            return None
    return found
