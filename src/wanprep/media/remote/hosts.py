"""How many requests a host gets at a time, and when it gets none."""

from __future__ import annotations

import threading
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

# Browsers take six; many servers of files allow fewer to one client. A host that answers well gets
# more and more, until it has asked for less once.
_AT_ONCE: Final = 4
_MOST: Final = 32
_ROUNDS: Final = 16
# A host without a good answer for so long gets no further attempts.
_PATIENCE: Final = 20.0


class Host:
    """The requests to one host. Used by several threads."""

    def __init__(self) -> None:
        self._change = threading.Condition()
        self._limit = _AT_ONCE
        self._most = _MOST
        self._streak = 0  # good answers since the limit was set
        self._active = 0
        self._resume = 0.0
        self._good: float | None = None  # when it was last answered well, or first asked
        self._is_failing = False

    @contextmanager
    def turn(self) -> Iterator[float]:
        """Wait until a request may be sent; yield how long that took."""
        begin = time.monotonic()
        with self._change:
            self._good = self._good or begin
            while (wait := self._wait_seconds()) is not None:
                self._change.wait(wait or None)
            self._active += 1
        try:
            yield time.monotonic() - begin
        finally:
            with self._change:
                self._active -= 1
                self._change.notify()

    def _wait_seconds(self) -> float | None:
        """Return for how long to wait, 0 for a free place; None: not at all."""
        pause = self._resume - time.monotonic()
        if pause > 0:
            return pause
        return 0.0 if self._active >= self._limit else None

    def succeed(self) -> None:
        """Note a good answer; after many rounds of them, twice as many are sent at once."""
        with self._change:
            self._good, self._is_failing = time.monotonic(), False
            self._streak += 1
            if self._limit < self._most and self._streak >= _ROUNDS * self._limit:
                self._limit, self._streak = min(2 * self._limit, self._most), 0
                self._change.notify_all()

    def fail(self) -> None:
        """Note that there was no good answer."""
        with self._change:
            self._is_failing, self._streak = True, 0

    @property
    def is_given_up(self) -> bool:
        """Whether it has failed for so long that no request is worth its time."""
        with self._change:
            is_late = self._good is not None and time.monotonic() - self._good > _PATIENCE
            return self._is_failing and is_late

    def back_off(self, seconds: float) -> bool:
        """Send nothing for some time, then less at once; False: the host was given up."""
        with self._change:
            now = time.monotonic()
            if now + seconds - (self._good or now) > _PATIENCE:
                return False
            if now >= self._resume:  # those that were under way together count as one
                self._limit = self._most = max(1, self._limit // 2)
            self._resume = max(self._resume, now + seconds)
            return True


class Hosts:
    """All hosts of a run."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._hosts: dict[str, Host] = {}

    def of(self, authority: str) -> Host:
        """Return a host by its name and port."""
        with self._lock:
            return self._hosts.setdefault(authority, Host())
