"""Work on many runs at once, and stop waiting when the user says so, without losing any."""

from __future__ import annotations

import queue
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Protocol

from wanprep.errors import WanprepError
from wanprep.submit.session.wakeups import CalledOff

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from wanprep.submit.ledger.run import Run
    from wanprep.submit.session.wakeups import Wakeups

_HANDS: Final = 64


class RunReporter(Protocol):
    """Hears how far a run is, and what the user should know when it is over."""

    def tell(self, words: str) -> None:
        """Hear how far it is."""
        ...

    def note(self, words: str) -> None:
        """Hear what should be known at the end."""
        ...


class RunProgress(Protocol):
    """Is told how the work goes on."""

    def tell(self, task: Task, words: str) -> None:
        """Hear how far a task is."""
        ...

    def end(self, task: Task) -> None:
        """Hear that a task has ended."""
        ...


class Task:
    """One run to be worked on: its name, what to do, and what has come of it."""

    def __init__(self, name: str, work: Callable[[Task], None]) -> None:
        self.name = name
        self.work = work
        self.run: Run | None = None
        self.estimate = ""
        self.notes: list[str] = []  # for the user, when it is over
        self.problem: WanprepError | None = None  # why it is not done
        self.ended = False
        self.heard: Callable[[str], None] = lambda _: None

    def tell(self, words: str) -> None:
        """Say how far it is."""
        self.heard(words)

    def note(self, words: str) -> None:
        """Say what the user should know at the end."""
        self.notes.append(words)


@dataclass(frozen=True, slots=True)
class Finished:
    """All has been worked on."""


@dataclass(frozen=True, slots=True)
class Interrupted:
    """The user waits no longer; what was sent goes on."""


def work_on(
    tasks: Sequence[Task], wakeups: Wakeups, watcher: RunProgress, say: Callable[[str], None]
) -> Finished | Interrupted:
    """Work on all tasks side by side; Ctrl-C ends the waiting, not the runs."""
    executors = _Executors(tasks, watcher)
    try:
        executors.begin()
        executors.finish()
    except KeyboardInterrupt:
        if wakeups.call_off():
            say("Finishing what is being sent or fetched. Ctrl-C once more leaves at once.")
            _let_finish(wakeups)
        return Interrupted()
    return Finished()


def _let_finish(wakeups: Wakeups) -> None:
    try:
        wakeups.calm()
    except KeyboardInterrupt:
        return  # what was being sent will be found uncertain, and looked for


class _Executors:
    """Threads that die with the program, so that leaving never waits for a network."""

    def __init__(self, tasks: Sequence[Task], watcher: RunProgress) -> None:
        self._watcher = watcher
        self._waiting: queue.SimpleQueue[Task] = queue.SimpleQueue()
        self._done: queue.SimpleQueue[BaseException | None] = queue.SimpleQueue()
        self._count = len(tasks)
        for task in tasks:
            self._waiting.put(task)

    def begin(self) -> None:
        for _ in range(min(self._count, _HANDS)):
            threading.Thread(target=self._work, daemon=True).start()

    def finish(self) -> None:
        """Wait for all; a fault of ours in one is told when the others are through."""
        faults = [self._done.get() for _ in range(self._count)]
        for fault in faults:
            if fault is not None:
                raise fault

    def _work(self) -> None:
        while True:
            try:
                task = self._waiting.get_nowait()
            except queue.Empty:
                return
            self._done.put(self._fault(task))

    def _fault(self, task: Task) -> BaseException | None:
        task.heard = lambda words: self._watcher.tell(task, words)
        try:
            task.work(task)
        except CalledOff:
            return None
        except WanprepError as error:
            task.problem = error
        except BaseException as fault:  # noqa: BLE001 - raised again where the user sees it
            return fault
        task.ended = True
        self._watcher.end(task)
        return None
