"""See a run through: from wherever it stands to its result at home."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Final

from wanprep.errors import WanprepError
from wanprep.submit.journey.cancelling import asked
from wanprep.submit.journey.fetching import fetched, is_home
from wanprep.submit.journey.lost_runs import looked_for
from wanprep.submit.journey.waiting import wait

if TYPE_CHECKING:
    from wanprep.submit.journey.desk import Desk
    from wanprep.submit.journey.side_by_side import Task
    from wanprep.submit.ledger.run import Run

_LOOK: Final = 0.2  # at a run that another process is sending


def see_through(desk: Desk, run: Run, folder: str | None, task: Task) -> None:
    """Find it if it is lost, wait until it ends, and fetch its result.

    Without a folder, results that lie anywhere are left there, others come to where we are.
    """
    task.run = run = found(desk, run, task)
    if run.state == "accepted":
        task.tell("accepted")
        task.run = run = wait(desk, run, task)
    if run.state == "succeeded" and not _there(run, folder):
        _bring(desk, run, folder or os.curdir, task)


class NotYet(WanprepError):
    """There is no result to fetch so far."""

    exit_code = 1


def bring(desk: Desk, run: Run, folder: str, task: Task) -> None:
    """Fetch a run's result now, if there is one."""
    task.run = run = asked(desk, found(desk, run, task))
    if run.state == "succeeded":
        _bring(desk, run, folder, task)
    elif run.state == "accepted":
        raise NotYet(f"it is not done yet. To wait for it: wanprep runs wait {run.id}")


def _bring(desk: Desk, run: Run, folder: str, task: Task) -> None:
    with desk.bells.undisturbed():
        try:
            task.run = fetched(desk, run, folder, task)
        except WanprepError:
            task.run = desk.ledger.again(run)  # it may have expired
            raise


def found(desk: Desk, run: Run, task: Task) -> Run:
    """Wait while another process sends it, and look for one whose answer was lost."""
    while run.state == "sending":
        task.tell("another process is sending it")
        desk.bells.pause(run.id, _LOOK)
        if desk.bells.stop.is_set():
            break
        run = desk.ledger.again(run)
    if run.state != "uncertain":
        return run
    task.tell("looking for it")
    return looked_for(desk, run)


def _there(run: Run, folder: str | None) -> bool:
    if folder is not None:
        return is_home(run, folder)
    return bool(run.files) and all(os.path.isfile(file) for file in run.files)
