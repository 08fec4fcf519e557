"""Follow a run from any state to its downloaded result.

Results are downloaded before their links expire, once, whichever process asks for them.
"""

from __future__ import annotations

import contextlib
import os
import time
from collections import deque
from glob import escape, glob
from typing import TYPE_CHECKING, Final

from wanprep.errors import WanprepError
from wanprep.files.locks import locked
from wanprep.plugins.flow import Refused
from wanprep.submit.errors import NoAnswer, ResultGone, refusal_text
from wanprep.submit.ledger.run import format_time, utc_now
from wanprep.submit.session.save import result_name, save_results
from wanprep.submit.session.status import (
    PAY_AGAIN,
    find_lost_run,
    record_status,
    refresh_run,
    result_deadline,
)
from wanprep.text import plain_number

if TYPE_CHECKING:
    from collections.abc import Iterator

    from wanprep.plugins.flow import Status
    from wanprep.submit.ledger.run import Run
    from wanprep.submit.session.session import Session
    from wanprep.submit.session.tasks import Task

_MOST_REFUSALS: Final = 3  # in a row, before polling ends
_MOST_UNKNOWN: Final = 30  # polls in a row with the same unknown word, before polling ends
_LINK_PAUSES: Final = (0.0, 2.0, 4.0)  # seconds: a fresh link may not work at once
_SENDER_INTERVAL: Final = 0.2  # seconds between checks of a run that another process is sending


class StillRunning(WanprepError):
    """The run continues, but polling it has ended."""

    exit_code = 4


class NotFinished(WanprepError):
    """There is no result to download yet."""

    exit_code = 1


def wait_and_fetch(session: Session, run: Run, folder: str | None, task: Task) -> None:
    """Search for a lost run, wait until it ends, and download its result.

    Without a folder, a result that was downloaded anywhere stays there; another is saved in the
    current folder.
    """
    task.run = run = resolve_run(session, run, task)
    if run.state == "accepted":
        task.report("accepted")
        task.run = run = wait_for_end(session, run, task)
    if run.state == "succeeded" and not has_results(run, folder):
        _download(session, run, folder or os.curdir, task)


def fetch_now(session: Session, run: Run, folder: str, task: Task) -> None:
    """Download a run's result without waiting for it."""
    task.run = run = refresh_run(session, resolve_run(session, run, task))
    if run.state == "succeeded":
        _download(session, run, folder, task)
    elif run.state == "accepted":
        raise NotFinished(f"it is not done yet. To wait for it: wanprep runs wait {run.id}")


def _download(session: Session, run: Run, folder: str, task: Task) -> None:
    with session.wakeups.uninterrupted():
        try:
            task.run = download_results(session, run, folder, task)
        except WanprepError:
            task.run = session.ledger.reload(run)  # it may have expired
            raise


def resolve_run(session: Session, run: Run, task: Task) -> Run:
    """Wait while another process sends a run, and search for one whose response was lost."""
    while run.state == "sending":
        task.report("another process is sending it")
        if not session.wakeups.wait(run.id, _SENDER_INTERVAL):
            break
        run = session.ledger.reload(run)
    if run.state != "uncertain":
        return run
    task.report("searching for it")
    return find_lost_run(session, run)


def wait_for_end(session: Session, run: Run, task: Task) -> Run:
    """Poll until a run has ended or all waiting is stopped; return it as it then is."""
    patience = session.service(run.provider).poll.patience
    end, refusals = time.monotonic() + patience, 0
    last: deque[Status] = deque(maxlen=_MOST_UNKNOWN)
    for pause in _pauses(session, run):
        if run.state != "accepted" or not session.wakeups.wait(run.provider_id or "", pause):
            return run
        try:
            status = session.driver(run.provider).poll(session.ledger.as_sent(run))
        except (NoAnswer, Refused) as error:
            if isinstance(error, NoAnswer):
                task.report(f"no answer for now ({error})")
            refusals += isinstance(error, Refused) or error.hopeless
            if refusals >= _MOST_REFUSALS:
                return _give_up(session, run, error)
        else:
            refusals = 0
            task.report(status_text(status))
            run = record_status(session, run, status)
            last.append(status)
            _require_known_state(session, run, last)
        if run.state == "accepted" and time.monotonic() > end:
            raise StillRunning(
                f"it takes longer than {patience / 60:.0f} minutes, and may still"
                f" succeed. To keep waiting: wanprep runs wait {run.id}"
            )
    raise AssertionError("pauses have no end")


def _require_known_state(session: Session, run: Run, last: deque[Status]) -> None:
    """Stop polling when a word stays the same that may mean that the job has ended."""
    words = {status.word if status.state == "unknown" else None for status in last}
    if len(last) < _MOST_UNKNOWN or len(words) > 1 or None in words:
        return
    raise StillRunning(
        f"{session.service(run.provider).title} has reported {last[-1].word!r} {len(last)} times in"
        " a row, a state that wanprep does not know: the run may have ended. Check the provider's"
        f" own list of jobs. To keep waiting: wanprep runs wait {run.id}"
    )


def _pauses(session: Session, run: Run) -> Iterator[float]:
    """Pause as the service wants it; an old run is polled at once."""
    pauses = session.service(run.provider).poll.waits(session.environ)
    first = next(pauses)
    yield max(0.0, first - (utc_now() - run.sent).total_seconds())
    yield from pauses


def _give_up(session: Session, run: Run, error: NoAnswer | Refused) -> Run:
    """Stop polling; a job that is older than the service keeps results has expired."""
    if isinstance(error, NoAnswer):
        raise StillRunning(f"{error} To keep waiting: wanprep runs wait {run.id}") from error
    why = refusal_text(error)
    end = result_deadline(session.service(run.provider), run, ())
    if end and end < utc_now():
        return session.ledger.move(run, "expired", error=why)
    raise StillRunning(why) from error


def status_text(status: Status) -> str:
    """Format how far a job is, with the provider's own word for its state."""
    text = status.word or status.state
    if status.state == "unknown":
        text = f"{text!r}, an unknown state"
    if status.position is not None:
        text += f", {status.position} before it"
    if status.progress is not None and status.state in {"queued", "running"}:
        text += f", {plain_number(round(100 * status.progress))} %"
    return text


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
