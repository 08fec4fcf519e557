"""A pool of worker processes; one that dies or hangs costs one call, not the run.

A call is a tuple of JSON values: the dotted path of a task, then its arguments. Only tasks
named when the pool is created can be called, and nothing that a worker sends is executed.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections import deque
from dataclasses import field
from functools import partial
from queue import SimpleQueue
from typing import TYPE_CHECKING, Any, Final, Generic, TypeVar

from wanprep.closing import Closing
from wanprep.dataclass import dataclass
from wanprep.engines.worker import current_folder
from wanprep.engines.worker_process import (
    Call,
    Failure,
    Outcome,
    Worker,
    can_fork,
    keep_idle,
    start_worker,
    take_idle,
)
from wanprep.errors import WanprepError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

Key = TypeVar("Key")

# The most items of `map` that are queued or being worked on.
_MAX_QUEUED: Final = 256
# A worker takes two pipes. The others are for the start of one, the cache and what is printed.
_FILES_OF_WORKER: Final = 2
_OTHER_FILES: Final = 14


class CannotStart(WanprepError):
    """A worker ended before it was ready, most often for lack of memory or files."""


class WorkerPool(Closing):
    """Worker processes that are started when needed, and end or wait for others with the pool.

    `run` may be called from several threads; each call has a worker to itself. Relative paths in
    calls are of the folder in which the pool was made.
    """

    def __init__(
        self,
        tasks: Iterable[str],
        *,
        seconds: float,
        memory: int,
        workers: int,
        batch: int = 1,
        queued: int = _MAX_QUEUED,
    ) -> None:
        self._start = (f"{seconds}", f"{memory}", *tasks)
        self._folder = current_folder()
        self._seconds = seconds
        self._limit = min(workers, _most_workers())
        self._batch = batch  # calls of `map` that are sent to a worker at once
        self._queued = queued  # the most items of `map` under way: their answers are in memory
        self._change = threading.Condition()
        self._free: list[Worker] = []
        self._busy: list[Worker] = []
        self._closed = False

    def run(self, task: str, *arguments: object) -> Outcome:
        """Wait for the outcome of one call."""
        return self._run([(task, *arguments)])[0]

    def map(self, items: Iterable[tuple[Key, Call | None]]) -> Iterator[tuple[Key, Outcome]]:
        """Yield the key of each item with the outcome of its call, if it has one, in order.

        Leaving the iteration early closes the pool. Few calls are run by this thread.
        """
        queue: SimpleQueue[_Batch[Key] | None] = SimpleQueue()
        threads: list[threading.Thread] = []
        under_way: deque[_Batch[Key]] = deque()
        batches = _batches(items, self._batch)
        try:
            while True:
                while sum(len(each.items) for each in under_way) < self._queued:
                    if (batch := next(batches, None)) is None:
                        break
                    under_way.append(batch)
                    if not threads and self._is_last(batch):
                        batch.run(partial(self._run, fork=can_fork()))
                        continue
                    queue.put(batch)
                    if len(threads) < self._limit and batch.calls:
                        threads.append(threading.Thread(target=self._serve, args=(queue,)))
                        threads[-1].start()
                if not under_way:
                    return
                under_way[0].wait()
                yield from under_way.popleft().results()
        finally:
            for _ in threads:
                queue.put(None)
            if under_way:
                self.close()
            for thread in threads:
                thread.join()

    def _is_last(self, batch: _Batch[Key]) -> bool:
        """Whether a batch is short because there are no more items."""
        return len(batch.calls) < self._batch and len(batch.items) < _MAX_QUEUED

    def _serve(self, queue: SimpleQueue[_Batch[Any] | None]) -> None:
        while batch := queue.get():
            batch.run(self._run)

    def _run(self, calls: list[Call], *, fork: bool = False) -> list[Outcome]:
        """Send calls to a worker; those left when it dies go to another."""
        outcomes: list[Outcome] = []
        while len(outcomes) < len(calls):
            worker = self._acquire(fork=fork)
            if worker is None:
                return outcomes + [Failure("stopped")] * (len(calls) - len(outcomes))
            try:
                outcomes.extend(worker.answers(calls[len(outcomes) :], self._seconds, self._folder))
            finally:
                status = self._release(worker)
            if status is not None:
                outcomes.append(self._failure(worker, status))
        return outcomes

    def _acquire(self, *, fork: bool) -> Worker | None:
        with self._change:
            while not self._closed and not self._free and len(self._busy) >= self._limit:
                self._change.wait()
            if self._closed:
                return None
            worker = self._free.pop() if self._free else self._new_worker(fork=fork)
            self._busy.append(worker)
            return worker

    def _new_worker(self, *, fork: bool) -> Worker:
        # One that waits cannot enter a folder that is gone or closed; a new one is in it.
        can_enter = self._folder and os.access(self._folder, os.X_OK)
        idle = take_idle(self._start) if can_enter else None
        return idle or start_worker(self._start, fork=fork)

    def _release(self, worker: Worker) -> int | None:
        """Keep a worker; end one with calls unanswered, and return its exit status."""
        status = worker.end() if worker.unanswered else None
        with self._change:
            self._busy.remove(worker)
            if status is None and not self._closed:
                self._free.append(worker)
            elif status is None:
                self._put_away(worker)
            self._change.notify()
        return status

    def _failure(self, worker: Worker, status: int) -> Failure:
        if self._closed:
            return Failure("stopped")
        if not worker.started:
            raise CannotStart(
                f"a worker process could not be started (exit status {status}): raise the limits of"
                " this process (ulimit -a), or run `wanprep doctor`"
            )
        name = signal.Signals(-status).name if status < 0 else f"exit status {status}"
        if name == "SIGALRM" or worker.late:
            return Failure("slow", f"{self._seconds:g} s")
        return Failure("killed") if name == "SIGKILL" else Failure("crashed", name)

    @property
    def process_ids(self) -> list[int]:
        """The processes that run now."""
        with self._change:
            return [worker.process_id for worker in (*self._free, *self._busy)]

    def close(self) -> None:
        """Need the workers no more; calls that wait for one fail as stopped."""
        with self._change:
            self._closed = True
            while self._free:
                self._put_away(self._free.pop())
            for worker in self._busy:
                worker.kill()  # the thread that waits for it ends it
            self._change.notify_all()

    def _put_away(self, worker: Worker) -> None:
        if not keep_idle(worker):
            worker.end()


@dataclass(slots=True)
class _Batch(Generic[Key]):
    """Items that are sent to a worker together, and the outcomes of their calls."""

    items: list[tuple[Key, Call | None]] = field(default_factory=list)
    calls: list[Call] = field(default_factory=list)
    outcomes: list[Outcome] = field(default_factory=list)
    error: BaseException | None = None
    done: threading.Event = field(default_factory=threading.Event)

    def run(self, run: Callable[[list[Call]], list[Outcome]]) -> None:
        try:
            self.outcomes = run(self.calls) if self.calls else []
        except BaseException as error:  # noqa: BLE001 - raised where the batch is waited for
            self.error = error
        self.done.set()

    def wait(self) -> None:
        if self.calls:
            self.done.wait()
        if self.error:
            raise self.error

    def results(self) -> Iterator[tuple[Key, Outcome]]:
        outcomes = iter(self.outcomes)
        for key, call in self.items:
            yield key, next(outcomes) if call else None


def _batches(items: Iterable[tuple[Key, Call | None]], size: int) -> Iterator[_Batch[Key]]:
    batch = _Batch[Key]()
    for key, call in items:
        batch.items.append((key, call))
        if call:
            batch.calls.append(call)
        if len(batch.calls) == size or len(batch.items) == _MAX_QUEUED:
            yield batch
            batch = _Batch[Key]()
    if batch.items:
        yield batch


def _most_workers() -> int:
    """Return how many workers there can be with the files that this process may open."""
    try:
        import resource
    except ImportError:  # Windows
        return sys.maxsize
    files, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    if files == resource.RLIM_INFINITY:
        return sys.maxsize
    return max(1, (files - _OTHER_FILES) // _FILES_OF_WORKER)
