"""Ask a provider to cancel a run, and say honestly what came of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wanprep.errors import WanprepError
from wanprep.submit.faults import NoAnswer
from wanprep.submit.flow import Refused
from wanprep.submit.journey.settling import settled

if TYPE_CHECKING:
    from wanprep.submit.journey.desk import Desk
    from wanprep.submit.ledger.run import Run


class NotCancelled(WanprepError):
    """The run goes on, or has ended already."""

    exit_code = 1


def cancelled(desk: Desk, run: Run) -> Run:
    """Cancel a run; it is believed only when the provider says so."""
    driver, title = desk.driver(run.provider), desk.service(run.provider).title
    if run.state != "accepted":
        raise NotCancelled(f"run {run.id} is {run.state}: there is nothing to cancel.")
    if driver.provider.cancel is None:
        raise NotCancelled(
            f"{title} has no way to cancel a job: run {run.id} goes on."
            f" To wait for it: wanprep runs wait {run.id}"
        )
    try:
        came = driver.cancel(desk.ledger.sent(run))
    except Refused as error:
        raise NotCancelled(f"run {run.id} goes on: {error}. {error.advice}".rstrip()) from error
    if came.done:
        return desk.ledger.move(run, "cancelled", error=came.says or None)
    current = asked(desk, run)
    raise NotCancelled(f"run {run.id} was not cancelled ({came.says}): it is {current.state}.")


def asked(desk: Desk, run: Run) -> Run:
    """Ask once how a run stands."""
    if run.state != "accepted":
        return run
    try:
        status = desk.driver(run.provider).poll(desk.ledger.sent(run))
    except Refused as error:
        raise NoAnswer(f"{error}. {error.advice}".rstrip()) from error
    return settled(desk.ledger, desk.service(run.provider), run, status)
