"""Download a run's results before their links expire, once, whichever process asks for them."""

from __future__ import annotations

import contextlib
import os
from glob import escape, glob
from typing import TYPE_CHECKING, Final

from wanprep.errors import WanprepError
from wanprep.files.locks import locked
from wanprep.plugins.flow import Refused
from wanprep.submit.errors import NoAnswer, ResultGone
from wanprep.submit.ledger.run import format_time, utc_now
from wanprep.submit.session.save import result_name, save_results
from wanprep.submit.session.status import PAY_AGAIN, result_deadline

if TYPE_CHECKING:
    from wanprep.submit.ledger.run import Run
    from wanprep.submit.session.session import Session
    from wanprep.submit.session.tasks import Task

_LINK_PAUSES: Final = (0.0, 2.0, 4.0)  # seconds: a fresh link may not work at once


class NotFetched(WanprepError):
    """The job is done and paid for, and its result is not downloaded."""

    exit_code = 1


def has_results(run: Run, folder: str | None) -> bool:
    """Whether all results are in a folder; without one, whether they are where they were saved."""
    there = None if folder is None else os.path.realpath(folder)
    return bool(run.files) and all(
        os.path.isfile(file) and there in {None, os.path.realpath(os.path.dirname(file))}
        for file in run.files
    )


def download_results(session: Session, run: Run, folder: str, task: Task) -> Run:
    """Download the results of a run that has succeeded, unless they are in the folder already."""
    with locked(session.ledger.fetch_lock(run)):
        run = session.ledger.reload(run)
        if has_results(run, folder):
            return run
        task.report("downloading")
        _remove_stale_parts(folder, result_name(run))
        try:
            return _download_with_fresh_links(session, run, folder, task)
        except ResultGone as error:
            raise NotFetched(_record_dead_link(session, run, error)) from error
        except WanprepError as error:
            session.ledger.amend(run, error=str(error))
            raise


def _remove_stale_parts(folder: str, name: str) -> None:
    """Remove what a process left that was killed while it downloaded the same run."""
    for part in glob(os.path.join(escape(folder), f".{escape(name)}.*.part")):
        with contextlib.suppress(OSError):
            os.remove(part)


def _download_with_fresh_links(session: Session, run: Run, folder: str, task: Task) -> Run:
    driver = session.driver(run.provider)
    for number, pause in enumerate(_LINK_PAUSES):
        if number and not session.wakeups.wait(run.id, pause):
            break
        run = _renew_links(session, run)
        try:
            saved = save_results(run, driver, os.path.abspath(folder))
        except ResultGone as error:
            gone = error
            continue
        task.notes += [note for each in saved for note in each.notes]
        return session.ledger.amend(run, files=[each.path for each in saved], error=None)
    raise gone


def _renew_links(session: Session, run: Run) -> Run:
    """Ask for new links: older ones may have expired."""
    try:
        status = session.driver(run.provider).poll(session.ledger.as_sent(run))
    except (NoAnswer, Refused):
        return run  # the recorded links may still work
    if not status.outputs or status.outputs == run.outputs:
        return run
    deadline = result_deadline(session.service(run.provider), run, status.outputs)
    return session.ledger.amend(run, outputs=status.outputs, deadline=deadline)


def _record_dead_link(session: Session, run: Run, error: ResultGone) -> str:
    """Return what is left to do; after the deadline the run has expired."""
    if run.deadline and run.deadline < utc_now():
        title, until = session.service(run.provider).title, format_time(run.deadline)
        why = f"{title} kept the result until {until}: it is gone."
        session.ledger.move(run, "expired", error=why)
        return f"{why} {PAY_AGAIN}"
    session.ledger.amend(run, error=str(error))
    return f"{str(error).rstrip('.')}. Try again: wanprep runs fetch {run.id}"
