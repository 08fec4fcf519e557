"""Signals that threads wait for: a job's new state, a free slot at a provider, or a stop."""

from __future__ import annotations

import threading
import time
from collections import deque
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

    from wanprep.submit.services.service import Pace

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
