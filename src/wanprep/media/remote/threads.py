"""Threads that wait for servers, and for which nothing else waits."""

from __future__ import annotations

import threading
from concurrent.futures import Future
from queue import SimpleQueue
from typing import TYPE_CHECKING, Any, TypeVar

from wanprep.closing import Closing

if TYPE_CHECKING:
    from collections.abc import Callable

T = TypeVar("T")


class DaemonThreads(Closing):
    """Calls functions in threads, which are started as they are needed.

    They are daemons, unlike those of `concurrent.futures`: a server that does not answer must not
    delay the end of an interrupted run.
    """

    def __init__(self, most: int, first: int | None = None) -> None:
        """Start at most `most` threads; only `first` of them before `allow` is called."""
        self._most = most
        self._allowed = first or most
        self._started = 0
        self._lock = threading.Lock()
        self._free = threading.Semaphore(0)
        self._queue: SimpleQueue[tuple[Future[Any], Callable[[], Any]] | None] = SimpleQueue()

    def submit(self, call: Callable[[], T]) -> Future[T]:
        """Call a function as soon as a thread is free."""
        future: Future[T] = Future()
        self._queue.put((future, call))
        if not self._free.acquire(blocking=False):
            self._start()
        return future

    def allow(self, count: int) -> None:
        """Let more threads work on what waits."""
        self._allowed = max(self._allowed, min(count, self._most))
        for _ in range(min(self._queue.qsize(), self._allowed - self._started)):
            self._start()

    def _start(self) -> None:
        with self._lock:
            if self._started >= self._allowed:
                return
            self._started += 1
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        while item := self._queue.get():
            future, call = item
            if future.set_running_or_notify_cancel():
                try:
                    future.set_result(call())
                except BaseException as error:  # noqa: BLE001 - raised where it is waited for
                    future.set_exception(error)
            self._free.release()

    def close(self) -> None:
        """Drop the calls that did not begin, and let the threads end."""
        while not self._queue.empty():
            if item := self._queue.get_nowait():
                item[0].cancel()
        for _ in range(self._started):
            self._queue.put(None)
