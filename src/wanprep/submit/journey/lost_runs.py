"""Look for a run whose answer was lost, where its provider can tell."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from wanprep.submit.faults import NoAnswer
from wanprep.submit.flow import Refused

if TYPE_CHECKING:
    from wanprep.submit.flow import Accepted
    from wanprep.submit.journey.desk import Desk
    from wanprep.submit.ledger.run import Run
    from wanprep.submit.wire.driver import Driver

_LOOKS: Final = 3  # a list may lag behind


def looked_for(desk: Desk, run: Run) -> Run:
    """Ask the provider for an uncertain run; if it is there, it is accepted. Nothing is resent."""
    service, driver = desk.service(run.provider), desk.driver(run.provider)
    if driver.provider.find is None:
        return run
    pauses = service.poll.waits(desk.environ)
    for look in range(_LOOKS):
        if look and not desk.bells.pause(run.id, min(next(pauses), 3.0 * look)):
            break
        try:
            found = _found(desk, driver, run)
        except (NoAnswer, Refused):
            break
        if found:
            return desk.ledger.move(
                run, "accepted", provider_id=found.provider_id, told=dict(found.told), error=None
            )
    return run


def _found(desk: Desk, driver: Driver, run: Run) -> Accepted | None:
    """Find a run's job; one that could as well be that of another lost run is nobody's."""
    found = driver.find(desk.ledger.sent(run))
    for rival in desk.ledger.rivals(run) if found else ():
        other = driver.find(desk.ledger.sent(rival))
        if found and other and other.provider_id == found.provider_id:
            return None
    return found
