"""A pool of worker processes; one that dies or hangs costs one call, not the run.

A call is a tuple of JSON values: the dotted path of a task, then its arguments. Only tasks
named when the pool is created can be called, and nothing that a worker sends is executed.
"""

from __future__ import annotations

import contextlib
import json
import os
import select
import signal
import subprocess
import sys
import threading
import time
from collections import deque
from dataclasses import dataclass, field
from queue import SimpleQueue
from typing import TYPE_CHECKING, Any, Final, Generic, Literal, TypeVar

from wanprep.closing import Closing

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

Call = tuple[Any, ...]
Outcome = Any  # the JSON value that a task returned, or a Failure
Key = TypeVar("Key")

# So many items at most are under way in `map`, however many there are in all.
_AHEAD: Final = 256
# The kernel's alarm ends a slow worker; should that fail, it is killed a little later.
_GRACE_SECONDS: Final = 5.0
_START_SECONDS: Final = 60.0
_START: Final = "import sys; from wanprep.engines.worker import main; main(*sys.argv[1:])"


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a call has no result."""

    cause: Literal["slow", "memory", "killed", "crashed", "stopped", "refused", "internal"]
    detail: str = ""  # the time limit, the signal, the message, the traceback
    error: str = ""  # the class of the error by which a task refused


class WorkerPool(Closing):
    """Worker processes that start when there is work and stay for more, until it is closed.

    `run` may be called from several threads; each call has a worker to itself.
    """

    def __init__(
        self, tasks: Iterable[str], *, seconds: float, memory: int, workers: int, batch: int = 1
    ) -> None:
        self._start = (f"{seconds}", f"{memory}", *tasks)
        self._seconds = seconds
        self._limit = workers
        self._batch = batch  # so many calls of `map` go to a worker at a time
        self._change = threading.Condition()
        self._free: list[_Worker] = []
        self._busy: list[_Worker] = []
        self._closed = False

    def run(self, task: str, *arguments: object) -> Outcome:
        """Wait for the outcome of one call."""
        return self._run([(task, *arguments)])[0]

    def map(self, items: Iterable[tuple[Key, Call | None]]) -> Iterator[tuple[Key, Outcome]]:
        """Yield the key of each item with the outcome of its call, if it has one, in order.

        Who leaves early closes the pool.
        """
        queue: SimpleQueue[_Batch[Key] | None] = SimpleQueue()
        threads: list[threading.Thread] = []
        under_way: deque[_Batch[Key]] = deque()
        batches = _batches(items, self._batch)
        try:
            while True:
                while sum(len(each.items) for each in under_way) < _AHEAD:
                    if (batch := next(batches, None)) is None:
                        break
                    under_way.append(batch)
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

    def _serve(self, queue: SimpleQueue[_Batch[Any] | None]) -> None:
        while batch := queue.get():
            try:
                batch.outcomes = self._run(batch.calls)
            except BaseException as error:  # noqa: BLE001 - raised where the batch is waited for
                batch.error = error
            batch.done.set()

    def _run(self, calls: list[Call]) -> list[Outcome]:
        """Give calls to a worker; what is left when it dies goes to another."""
        outcomes: list[Outcome] = []
        while len(outcomes) < len(calls):
            worker = self._take()
            if worker is None:
                return outcomes + [Failure("stopped")] * (len(calls) - len(outcomes))
            try:
                outcomes.extend(worker.answers(calls[len(outcomes) :], self._seconds))
            finally:
                status = self._give_back(worker)
            if status is not None:
                outcomes.append(self._failure(worker, status))
        return outcomes

    def _take(self) -> _Worker | None:
        with self._change:
            while not self._closed and not self._free and len(self._busy) >= self._limit:
                self._change.wait()
            if self._closed:
                return None
            self._busy.append(self._free.pop() if self._free else _Worker(self._start))
            return self._busy[-1]

    def _give_back(self, worker: _Worker) -> int | None:
        """Keep a worker for more; end one that owes an answer, and return its exit status."""
        status = worker.end() if worker.owed else None
        with self._change:
            self._busy.remove(worker)
            if status is None and not self._closed:
                self._free.append(worker)
            elif status is None:
                worker.end()
            self._change.notify()
        return status

    def _failure(self, worker: _Worker, status: int) -> Failure:
        if self._closed:
            return Failure("stopped")
        if not worker.started:
            raise RuntimeError(f"a worker process could not be started (exit status {status})")
        if status == -signal.SIGALRM or worker.late:
            return Failure("slow", f"{self._seconds:g} s")
        if status == -signal.SIGKILL:
            return Failure("killed")
        name = signal.Signals(-status).name if status < 0 else f"exit status {status}"
        return Failure("crashed", name)

    @property
    def process_ids(self) -> list[int]:
        """Return the workers that run now."""
        with self._change:
            return [worker.process_id for worker in (*self._free, *self._busy)]

    def close(self) -> None:
        """End the workers; a call that waits for one fails as stopped."""
        with self._change:
            self._closed = True
            while self._free:
                self._free.pop().end()
            for worker in self._busy:
                worker.kill()  # the thread that waits for it does the rest
            self._change.notify_all()


@dataclass(slots=True)
class _Batch(Generic[Key]):
    """Items that travel together, and what became of their calls."""

    items: list[tuple[Key, Call | None]] = field(default_factory=list)
    calls: list[Call] = field(default_factory=list)
    outcomes: list[Outcome] = field(default_factory=list)
    error: BaseException | None = None
    done: threading.Event = field(default_factory=threading.Event)

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
        if len(batch.calls) == size or len(batch.items) == _AHEAD:
            yield batch
            batch = _Batch[Key]()
    if batch.items:
        yield batch


class _Worker:
    """One process, the number of answers that it owes, and the beginning of the next."""

    def __init__(self, start: tuple[str, ...]) -> None:
        self._pipe, theirs = os.pipe()
        # -P: the current folder may hold a file named like a library.
        try:
            self._process = subprocess.Popen(
                [sys.executable, "-P", "-c", _START, f"{theirs}", *start],
                stdin=subprocess.PIPE,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                pass_fds=(theirs,),
                start_new_session=True,  # Ctrl-C reaches the parent, which then ends the workers
            )
        finally:
            os.close(theirs)
        self._poll = select.poll()
        self._poll.register(self._pipe, select.POLLIN)
        self.process_id = self._process.pid
        self.started = False
        self.late = False
        self.owed = 0
        self._received = b""

    def answers(self, calls: list[Call], seconds: float) -> Iterator[Outcome]:
        """Yield the results of calls; fewer than that when there will be no more."""
        self.owed = len(calls)
        assert self._process.stdin is not None  # noqa: S101 - it was asked for just above
        with contextlib.suppress(BrokenPipeError):  # found out when its answers do not come
            self._process.stdin.write(json.dumps(calls).encode("ascii") + b"\n")
            self._process.stdin.flush()
        if not self.started:
            self.started = self._line(_START_SECONDS) is not None
        while self.owed and (line := self._line(seconds + _GRACE_SECONDS)) is not None:
            self.owed -= 1
            answer = json.loads(line)
            yield answer["result"] if "result" in answer else Failure(**answer)

    def _line(self, seconds: float) -> bytes | None:
        until = time.monotonic() + seconds
        while b"\n" not in self._received:
            ready = self._poll.poll(1000 * max(0, until - time.monotonic()))
            self.late = not ready
            data = os.read(self._pipe, 1 << 16) if ready else b""
            if not data:
                return None
            self._received += data
        line, _, self._received = self._received.partition(b"\n")
        return line

    def kill(self) -> None:
        """Kill the process with all that it has started."""
        with contextlib.suppress(ProcessLookupError, PermissionError):  # the latter on macOS
            os.killpg(self.process_id, signal.SIGKILL)

    def end(self) -> int:
        """Let an idle process exit, kill one at work, and return its exit status."""
        with contextlib.suppress(BrokenPipeError):
            self._process.stdin.close()  # type: ignore[union-attr] # it was asked for
        if self.owed:  # one that is dead already keeps its status
            self.kill()
        status = self._process.wait()
        os.close(self._pipe)
        return status
