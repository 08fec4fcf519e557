"""See a run through: from wherever it stands to its result at home."""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING, Final

from wanprep.errors import WanprepError
from wanprep.plugins.flow import Refused
from wanprep.submit.errors import NoAnswer
from wanprep.submit.ledger.run import now
from wanprep.submit.session.results import fetched, is_home
from wanprep.submit.session.update import asked, deadline_of, looked_for, settled
from wanprep.text import plain_number

if TYPE_CHECKING:
    from collections.abc import Iterator

    from wanprep.plugins.flow import Status
    from wanprep.submit.ledger.run import Run
    from wanprep.submit.services.service import Service
    from wanprep.submit.session.concurrent import RunReporter, Task
    from wanprep.submit.session.session import Session


_REFUSALS: Final = 3  # after so many in a row there is no use in asking


class NoEnd(WanprepError):
    """The run goes on, but there is no use in waiting for it now."""

    exit_code = 4


def wait(session: Session, run: Run, reporter: RunReporter) -> Run:
    """Ask until a run has ended or all is called off; return it as it then stands."""
    service = session.service(run.provider)
    end, refusals = time.monotonic() + service.poll.patience, 0
    for pause in _pauses(session, service, run):
        if run.state != "accepted" or not session.wakeups.pause(run.provider_id or "", pause):
            return run
        try:
            status = session.driver(run.provider).poll(session.ledger.sent(run))
        except NoAnswer as error:
            reporter.tell(f"no answer for now ({error})")
        except Refused as error:
            refusals += 1
            if refusals >= _REFUSALS:
                return _given_up(session, run, error)
        else:
            refusals = 0
            reporter.tell(words(status))
            run = settled(session.ledger, service, run, status)
        if run.state == "accepted" and time.monotonic() > end:
            raise NoEnd(
                f"it takes longer than {service.poll.patience / 60:.0f} minutes, and may still"
                f" end well. To wait on: wanprep runs wait {run.id}"
            )
    raise AssertionError("pauses have no end")


def _given_up(session: Session, run: Run, error: Refused) -> Run:
    """Stop asking; a job of which nothing is kept any more has expired."""
    says = " ".join(filter(None, [f"{str(error).rstrip('.')}.", error.advice]))
    end = deadline_of(session.service(run.provider), run, ())
    if end and end < now():
        return session.ledger.move(run, "expired", error=says)
    raise NoEnd(says) from error


def _pauses(session: Session, service: Service, run: Run) -> Iterator[float]:
    """Wait as the service wants it; a run that is old enough is asked for at once."""
    pauses = service.poll.waits(session.environ)
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


_LOOK: Final = 0.2  # at a run that another process is sending


def see_through(session: Session, run: Run, folder: str | None, task: Task) -> None:
    """Find it if it is lost, wait until it ends, and fetch its result.

    Without a folder, results that lie anywhere are left there, others come to where we are.
    """
    task.run = run = found(session, run, task)
    if run.state == "accepted":
        task.tell("accepted")
        task.run = run = wait(session, run, task)
    if run.state == "succeeded" and not _there(run, folder):
        _bring(session, run, folder or os.curdir, task)


class NotYet(WanprepError):
    """There is no result to fetch so far."""

    exit_code = 1


def bring(session: Session, run: Run, folder: str, task: Task) -> None:
    """Fetch a run's result now, if there is one."""
    task.run = run = asked(session, found(session, run, task))
    if run.state == "succeeded":
        _bring(session, run, folder, task)
    elif run.state == "accepted":
        raise NotYet(f"it is not done yet. To wait for it: wanprep runs wait {run.id}")


def _bring(session: Session, run: Run, folder: str, task: Task) -> None:
    with session.wakeups.undisturbed():
        try:
            task.run = fetched(session, run, folder, task)
        except WanprepError:
            task.run = session.ledger.again(run)  # it may have expired
            raise


def found(session: Session, run: Run, task: Task) -> Run:
    """Wait while another process sends it, and look for one whose answer was lost."""
    while run.state == "sending":
        task.tell("another process is sending it")
        session.wakeups.pause(run.id, _LOOK)
        if session.wakeups.stop.is_set():
            break
        run = session.ledger.again(run)
    if run.state != "uncertain":
        return run
    task.tell("looking for it")
    return looked_for(session, run)


def _there(run: Run, folder: str | None) -> bool:
    if folder is not None:
        return is_home(run, folder)
    return bool(run.files) and all(os.path.isfile(file) for file in run.files)
