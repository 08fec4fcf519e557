"""Work on many runs at once, in threads that Ctrl-C can abandon without losing a run.

They wait for signals: a job's new state, a free slot at a provider, or a stop.
"""

from __future__ import annotations

import contextlib
import queue
import threading
import time
from collections import deque
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final, Protocol

from wanprep.errors import WanprepError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from wanprep.submit.ledger.run import Run
    from wanprep.submit.services.service import Pace
    from wanprep.submit.session.session import Session

    Update = Callable[[Session, Run, "Task"], None]

_MINUTE: Final = 60.0
_CHECK_INTERVAL: Final = 0.2  # seconds until a waiting thread notices a stop


class Stopped(Exception):
    """A stop was requested: nothing new is started."""


class Wakeups:
    """One event for each job, by its id, and the sections that must not be interrupted."""

    def __init__(self) -> None:
        self.stopped = threading.Event()
        self._changed = threading.Condition()
        self._events: dict[str, threading.Event] = {}
        self._critical = 0

    def wait(self, job: str, seconds: float) -> bool:
        """Wait for a job's event, or for some time; return False after a stop."""
        event = self._event(job)
        if not self.stopped.is_set():
            event.wait(seconds)
            event.clear()
        return not self.stopped.is_set()

    def wake(self, job: str) -> None:
        """Wake the thread that waits for a job, now or soon."""
        self._event(job).set()

    @contextmanager
    def uninterrupted(self) -> Iterator[None]:
        """Finish a `with` block despite a stop; raise Stopped if there was one before."""
        with self._changed:
            if self.stopped.is_set():
                raise Stopped
            self._critical += 1
        try:
            yield
        finally:
            with self._changed:
                self._critical -= 1
                self._changed.notify_all()

    def stop(self) -> bool:
        """End all waiting; return whether something must still be finished."""
        with self._changed:
            self.stopped.set()
            for event in self._events.values():
                event.set()
            return self._critical > 0

    def wait_until_idle(self) -> None:
        """Wait until all uninterrupted sections have ended."""
        with self._changed:
            self._changed.wait_for(lambda: self._critical == 0)

    def _event(self, job: str) -> threading.Event:
        with self._changed:
            return self._events.setdefault(job, threading.Event())


class RateLimiter:
    """Keeps to the number of jobs that a provider takes at once and per minute."""

    def __init__(
        self, pace: Pace | None, stopped: threading.Event, minute: float = _MINUTE
    ) -> None:
        self._pace = pace
        self._stopped = stopped
        self._minute = minute
        self._started: deque[float] = deque()
        self._active = 0
        self._changed = threading.Condition()

    @contextmanager
    def slot(self, *, new: bool) -> Iterator[None]:
        """Hold a slot while a job runs; raise Stopped if a stop comes before one is free.

        A job that runs already takes its slot at once: others wait for it to end.
        """
        self._acquire(new=new)
        try:
            yield
        finally:
            with self._changed:
                self._active -= 1
                self._changed.notify_all()

    def _acquire(self, *, new: bool) -> None:
        with self._changed:
            while new and not self._stopped.is_set() and (wait := self._seconds_to_wait()):
                self._changed.wait(min(wait, _CHECK_INTERVAL))
            if new and self._stopped.is_set():
                raise Stopped
            self._active += 1
            if new:
                self._started.append(time.monotonic())

    def _seconds_to_wait(self) -> float:
        if self._pace is None:
            return 0
        if self._active >= self._pace.at_once:
            return _CHECK_INTERVAL
        now = time.monotonic()
        while self._started and now - self._started[0] >= self._minute:
            self._started.popleft()
        if len(self._started) < self._pace.per_minute:
            return 0
        return self._minute - (now - self._started[0])


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


def tasks_of(
    session: Session, runs: Iterable[Run], update: Update, name_of: Callable[[Run], str]
) -> list[Task]:
    """Make a task of each run, in which it is updated."""

    def task_of(run: Run) -> Task:
        return Task(name_of(run), lambda task: update(session, run, task), run)

    return [task_of(run) for run in runs]


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
