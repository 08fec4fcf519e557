"""Wake those who wait: one whose job has news, or all when the waiting is called off."""

from __future__ import annotations

import threading
import time
from collections import deque
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

    from wanprep.submit.services.service import Pace


class CalledOff(Exception):
    """Nothing new is begun any more."""


class Wakeups:
    """A bell for each job, by the provider's id; and what must not be disturbed."""

    def __init__(self) -> None:
        self.stop = threading.Event()
        self._lock = threading.Lock()
        self._wakeups: dict[str, threading.Event] = {}
        self._careful = 0
        self._calm = threading.Condition(self._lock)

    def pause(self, name: str, seconds: float) -> bool:
        """Wait until some time is over or the bell rings; False when all is called off."""
        bell = self._bell(name)
        if not self.stop.is_set():
            bell.wait(seconds)
            bell.clear()
        return not self.stop.is_set()

    def ring(self, name: str) -> None:
        """Tell whoever waits for this job, now or soon, that there is news."""
        self._bell(name).set()

    @contextmanager
    def undisturbed(self) -> Iterator[None]:
        """Do what is finished even when all is called off, but not begun any more."""
        with self._lock:
            if self.stop.is_set():
                raise CalledOff
            self._careful += 1
        try:
            yield
        finally:
            with self._calm:
                self._careful -= 1
                self._calm.notify_all()

    def call_off(self) -> bool:
        """End all waiting; tell whether something is under way that must not be disturbed."""
        with self._lock:
            self.stop.set()
            wakeups, careful = list(self._wakeups.values()), self._careful
        for bell in wakeups:
            bell.set()
        return careful > 0

    def calm(self) -> None:
        """Wait until nothing is under way that must not be disturbed."""
        with self._calm:
            self._calm.wait_for(lambda: self._careful == 0)

    def _bell(self, name: str) -> threading.Event:
        with self._lock:
            return self._wakeups.setdefault(name, threading.Event())


_MINUTE: Final = 60.0


_LOOK_UP: Final = 0.2  # how soon one who waits notices that all is called off


class Gate:
    """Lets jobs through to one service."""

    def __init__(self, pace: Pace | None, minute: float = _MINUTE) -> None:
        self._pace = pace
        self._minute = minute
        self._sent: deque[float] = deque()
        self._busy = 0
        self._changed = threading.Condition()

    @contextmanager
    def place(self, stop: threading.Event, *, new: bool) -> Iterator[bool]:
        """Hold a place while a job is there; False if all was called off before there was one.

        A job that is there already takes its place at once: others wait for it to end.
        """
        got = self._enter(stop, new=new)
        try:
            yield got
        finally:
            if got:
                with self._changed:
                    self._busy -= 1
                    self._changed.notify_all()

    def _enter(self, stop: threading.Event, *, new: bool) -> bool:
        with self._changed:
            while new and not stop.is_set() and (wait := self._must_wait()):
                self._changed.wait(min(wait, _LOOK_UP))
            if new and stop.is_set():
                return False
            self._busy += 1
            if new:
                self._sent.append(time.monotonic())
            return True

    def _must_wait(self) -> float:
        """Tell for how many seconds at least nobody may enter."""
        if self._pace is None:
            return 0
        if self._busy >= self._pace.at_once:
            return _LOOK_UP
        now = time.monotonic()
        while self._sent and now - self._sent[0] >= self._minute:
            self._sent.popleft()
        if len(self._sent) < self._pace.per_minute:
            return 0
        return self._minute - (now - self._sent[0])
