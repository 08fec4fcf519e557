"""Work on many runs at once, in threads that Ctrl-C can abandon without losing a run."""

from __future__ import annotations

import contextlib
import queue
import threading
from typing import TYPE_CHECKING, Final, Protocol

from wanprep.errors import WanprepError
from wanprep.submit.session.wakeups import Stopped

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from wanprep.submit.ledger.run import Run
    from wanprep.submit.session.wakeups import Wakeups

_MOST_THREADS: Final = 64


class RunProgress(Protocol):
    """Shows how far tasks are."""

    def report(self, task: Task, message: str) -> None:
        """Show how far a task is."""
        ...

    def end(self, task: Task) -> None:
        """Show that a task has ended."""
        ...


class Task:
    """One run to work on, and its outcome."""

    def __init__(self, name: str, work: Callable[[Task], None], run: Run | None = None) -> None:
        self.name = name
        self.work = work
        self.run = run
        self.lasting = True  # the run is still known when the command has ended
        self.estimate = ""
        self.notes: list[str] = []  # for the user, in the end
        self.problem: WanprepError | None = None  # why it is not done
        self.report: Callable[[str], None] = lambda _: None  # shows how far it is

    @property
    def title(self) -> str:
        """The name, and the run's id if that leads somewhere."""
        return f"{self.name} ({self.run.id})" if self.run and self.lasting else self.name


def run_tasks(
    tasks: Sequence[Task], wakeups: Wakeups, progress: RunProgress, say: Callable[[str], None]
) -> bool:
    """Work on all tasks; return whether Ctrl-C ended the waiting. What was sent goes on.

    An internal error in one task is raised when the others have ended.
    """
    waiting: queue.SimpleQueue[Task] = queue.SimpleQueue()
    ended: queue.SimpleQueue[BaseException | None] = queue.SimpleQueue()
    for task in tasks:
        waiting.put(task)
    try:
        for _ in range(min(len(tasks), _MOST_THREADS)):
            # Daemons end with the program: leaving never waits for a network.
            threading.Thread(target=_work, args=(waiting, ended, progress), daemon=True).start()
        errors = [ended.get() for _ in tasks]
    except KeyboardInterrupt:
        if wakeups.stop():
            say("Finishing what is being sent or downloaded. Ctrl-C once more leaves at once.")
            # If they are abandoned, runs that were being sent are found to be uncertain later.
            with contextlib.suppress(KeyboardInterrupt):
                wakeups.wait_until_idle()
        return True
    for error in filter(None, errors):
        raise error
    return False


def _work(
    waiting: queue.SimpleQueue[Task],
    ended: queue.SimpleQueue[BaseException | None],
    progress: RunProgress,
) -> None:
    with contextlib.suppress(queue.Empty):
        while True:
            ended.put(_run_task(waiting.get_nowait(), progress))


def _run_task(task: Task, progress: RunProgress) -> BaseException | None:
    task.report = lambda message: progress.report(task, message)
    try:
        task.work(task)
    except Stopped:
        return None
    except WanprepError as error:
        task.problem = error
    except BaseException as error:  # noqa: BLE001 - raised again in the main thread
        return error
    progress.end(task)
    return None
