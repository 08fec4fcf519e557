"""Wake those who wait: one whose job has news, or all when the waiting is called off."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator


class CalledOff(Exception):
    """Nothing new is begun any more."""


class Bells:
    """A bell for each job, by the provider's id; and what must not be disturbed."""

    def __init__(self) -> None:
        self.stop = threading.Event()
        self._lock = threading.Lock()
        self._bells: dict[str, threading.Event] = {}
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
            bells, careful = list(self._bells.values()), self._careful
        for bell in bells:
            bell.set()
        return careful > 0

    def calm(self) -> None:
        """Wait until nothing is under way that must not be disturbed."""
        with self._calm:
            self._calm.wait_for(lambda: self._careful == 0)

    def _bell(self, name: str) -> threading.Event:
        with self._lock:
            return self._bells.setdefault(name, threading.Event())
