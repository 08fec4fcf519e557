"""Worker processes that probe side by side; one that dies or hangs costs one file, not the run.

The answers come back in the order of the questions and never pile up: a few hundred files
are under way at a time, however many there are in all.
"""

from __future__ import annotations

import contextlib
import json
import os
import selectors
import signal
import subprocess
import sys
from collections import deque
from typing import TYPE_CHECKING, Final

from wanprep.closing import Closing
from wanprep.probe.facts import Facts
from wanprep.probe.handshake import READY
from wanprep.probe.problems import NOT_READ
from wanprep.probe.unread import unread

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

SECONDS: Final = 10.0
DEEP_SECONDS: Final = 120.0
# So many files at most are asked of a worker at a time, and are under way in all.
_BATCH: Final = 16
_AHEAD: Final = 256
# A first worker is started for the first file, another when there is this much to do for it.
_WORTH_A_WORKER: Final = 8
# The kernel's alarm ends a slow worker; should that fail, it is killed a little later.
_GRACE: Final = 5.0
_START: Final = "from wanprep.probe.worker import main; main({seconds}, deep={deep})"


class Crew(Closing):
    """Some worker processes, started when there is work and kept for more."""

    def __init__(
        self,
        *,
        deep: bool = False,
        remote: bool = False,
        workers: int | None = None,
        seconds: float | None = None,
    ) -> None:
        self._deep = deep
        self._slow = deep or remote  # each single file is worth a worker
        self._seconds = seconds or (DEEP_SECONDS if deep else SECONDS)
        self._most = workers or os.cpu_count() or 1
        self._workers: list[_Worker] = []

    def probe(self, items: Iterable[str | Facts]) -> Iterator[Facts]:
        """Answer each path with its facts, in order; facts known already pass in their place."""
        asked = _InOrder(items)
        try:
            yield from self._run(asked)
        finally:
            if any(worker.owed for worker in self._workers):
                self.close()  # left in the middle: nobody wants those answers any more

    def _run(self, asked: _InOrder) -> Iterator[Facts]:
        while True:
            asked.fetch()
            self._hand_out(asked)
            told = False
            for facts in asked.answered():
                told = True
                yield facts
            if asked.done:
                return
            if not told:
                self._collect(asked)

    def _hand_out(self, asked: _InOrder) -> None:
        for worker in self._workers:
            if asked.waiting and not worker.owed:
                worker.ask(asked.take(self._share(asked)))
        while asked.waiting and len(self._workers) < self._most:
            if self._workers and len(asked.waiting) < _WORTH_A_WORKER and not self._slow:
                return
            worker = _Worker(_START.format(seconds=self._seconds, deep=self._deep))
            self._workers.append(worker)
            worker.ask(asked.take(self._share(asked)))

    def _share(self, asked: _InOrder) -> int:
        """Tell how many files a worker gets now: few towards the end, so that all end together."""
        return 1 if self._slow else max(4, min(_BATCH, len(asked.waiting) // (2 * self._most)))

    def _collect(self, asked: _InOrder) -> None:
        """Wait for answers; a worker that ends without them failed at the file it was at."""
        busy = [worker for worker in self._workers if worker.owed]
        with selectors.DefaultSelector() as selector:
            for worker in busy:
                selector.register(worker.answers, selectors.EVENT_READ, worker)
            ready = [key.data for key, _ in selector.select(self._seconds + _GRACE)]
        for worker in ready:
            if not worker.receive(asked):
                self._bury(worker, asked)
        if not ready:
            for worker in busy:
                self._bury(worker, asked)

    def _bury(self, worker: _Worker, asked: _InOrder) -> None:
        self._workers.remove(worker)
        status = worker.kill()
        if not worker.started:
            raise RuntimeError(f"a probe worker could not be started (exit status {status})")
        index, path = worker.owed.popleft()
        asked.answer(index, unread(path, self._cause(status)))
        asked.put_back(worker.owed)

    def _cause(self, status: int) -> str:
        if status == -signal.SIGALRM:
            return f"{NOT_READ}: it took longer than {self._seconds:g} s"
        if status == -signal.SIGKILL:
            return f"{NOT_READ}: its reader was killed, most likely for want of memory"
        name = signal.Signals(-status).name if status < 0 else f"exit status {status}"
        return f"damaged: reading it crashed a media library ({name})"

    @property
    def process_ids(self) -> list[int]:
        """Tell the processes at work, for whoever watches over them."""
        return [worker.process_id for worker in self._workers]

    def close(self) -> None:
        """Send the workers home."""
        for worker in self._workers:
            worker.kill()
        self._workers.clear()


class _InOrder:
    """The files asked for: those waiting, and the answers that came before their turn."""

    def __init__(self, items: Iterable[str | Facts]) -> None:
        self._items = iter(items)
        self._exhausted = False
        self.waiting: deque[tuple[int, str]] = deque()
        self._answers: dict[int, Facts] = {}
        self._next = 0
        self._fetched = 0

    @property
    def done(self) -> bool:
        return self._exhausted and self._next == self._fetched

    def fetch(self) -> None:
        """Take in more questions, but not too far beyond the oldest that is open."""
        while not self._exhausted and self._fetched - self._next < _AHEAD:
            item = next(self._items, None)
            if item is None:
                self._exhausted = True
            elif isinstance(item, Facts):
                self._answers[self._fetched] = item
                self._fetched += 1
            else:
                self.waiting.append((self._fetched, item))
                self._fetched += 1

    def take(self, most: int) -> list[tuple[int, str]]:
        return [self.waiting.popleft() for _ in range(min(most, len(self.waiting)))]

    def put_back(self, questions: Iterable[tuple[int, str]]) -> None:
        self.waiting.extendleft(reversed(list(questions)))

    def answer(self, index: int, facts: Facts) -> None:
        self._answers[index] = facts

    def answered(self) -> Iterator[Facts]:
        while self._next in self._answers:
            facts = self._answers.pop(self._next)
            self._next += 1
            yield facts


class _Worker:
    """One process, the files it owes us, and the beginning of an answer not yet whole."""

    def __init__(self, code: str) -> None:
        # -P: the folder we stand in may hold a file named like a library of ours.
        self._process = subprocess.Popen(
            [sys.executable, "-P", "-c", code],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            start_new_session=True,  # Ctrl-C is for us; we then send the workers home
        )
        self.owed: deque[tuple[int, str]] = deque()
        self.started = False
        self._partial = b""

    @property
    def process_id(self) -> int:
        return self._process.pid

    @property
    def answers(self) -> int:
        assert self._process.stdout is not None  # noqa: S101 - it was asked for just above
        return self._process.stdout.fileno()

    def ask(self, questions: list[tuple[int, str]]) -> None:
        self.owed.extend(questions)
        paths = json.dumps([path for _, path in questions])
        assert self._process.stdin is not None  # noqa: S101 - as above
        # A worker that is gone by now is found out when its answers end.
        with contextlib.suppress(BrokenPipeError):
            self._process.stdin.write(paths.encode("ascii") + b"\n")
            self._process.stdin.flush()

    def receive(self, asked: _InOrder) -> bool:
        """Take what answers there are; False when there will be no more."""
        data = os.read(self.answers, 1 << 16)
        *lines, self._partial = (self._partial + data).split(b"\n")
        if lines and not self.started:
            self.started = lines.pop(0) + b"\n" == READY
        for line in lines:
            index, _ = self.owed.popleft()
            asked.answer(index, Facts.from_json(json.loads(line)))
        return bool(data)

    def kill(self) -> int:
        """End the process with all that it started, and tell how it ended."""
        if self.owed:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)
        with contextlib.suppress(BrokenPipeError):
            self._process.stdin.close()  # type: ignore[union-attr] # as above
        self._process.stdout.close()  # type: ignore[union-attr] # as above
        return self._process.wait()
