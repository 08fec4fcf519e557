"""A worker process as a fork of this one, for a few calls.

A new interpreter takes as long to start as the check of one file; a fork takes a tenth of that and
is kept apart just as well: it is a process of its own, with the alarm and the limit of memory of
every worker, so that a file that crashes, hangs or fills the memory costs one call. To read simple
formats in this process would save little more, and rely on every reader to end in time.

Only a small process with one thread is forked: in the child, what other threads have locked stays
locked, and a large process takes long to copy. macOS may end a fork that uses its libraries.
"""

from __future__ import annotations

import contextlib
import os
import signal
import sys
from typing import TYPE_CHECKING, Final, NoReturn

if TYPE_CHECKING:
    from collections.abc import Callable

_MOST_DATA: Final = 256 * 2**20
_STANDARD: Final = 3  # input, output and errors come before


def can_fork() -> bool:
    """Whether this process may be forked, and quickly."""
    if sys.platform != "linux" or not hasattr(os, "fork"):
        return False
    return len(os.listdir("/proc/self/task")) == 1 and data_size() < _MOST_DATA


def data_size() -> int:
    """Return how much memory counts for RLIMIT_DATA now."""
    with open("/proc/self/statm", "rb") as file:
        pages = int(file.read().split()[5])
    return pages * os.sysconf("SC_PAGE_SIZE")


class Fork:
    """A child that runs a function, with pipes to its standard input and output."""

    def __init__(self, run: Callable[[], None]) -> None:
        calls, to_child = os.pipe()
        from_child, answers = os.pipe()
        try:
            self.pid = os.fork()
            if self.pid == 0:
                _run(run, calls, answers, unused=(to_child, from_child))
        except OSError:
            os.close(to_child)
            os.close(from_child)
            raise
        finally:
            os.close(calls)
            os.close(answers)
        self.stdin, self.stdout = os.fdopen(to_child, "wb"), os.fdopen(from_child, "rb")

    def kill(self) -> None:
        """Kill the child."""
        with contextlib.suppress(ProcessLookupError):
            os.kill(self.pid, signal.SIGKILL)

    def wait(self) -> int:
        """Wait for its end, and return the exit status or, negative, the signal that ended it."""
        return os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])


def _run(run: Callable[[], None], calls: int, answers: int, unused: tuple[int, ...]) -> NoReturn:
    """Run in the child, as in a new process: nothing of the parent is open or handled there."""
    status = 1
    try:
        for each in unused:  # first: this process may open few files
            os.close(each)
        os.setsid()  # Ctrl-C reaches the parent, which then ends the workers
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, signal.SIG_DFL)
        nowhere = os.open(os.devnull, os.O_WRONLY)
        for standard, opened in enumerate([_moved_up(each) for each in (calls, answers, nowhere)]):
            os.dup2(opened, standard)
        _close_others()
        sys.stdin = os.fdopen(0, closefd=False)
        with contextlib.suppress(OSError):  # files there may be named like libraries
            here = os.getcwd()
            sys.path[:] = [each for each in sys.path if os.path.abspath(each) != here]
        run()
        status = 0
    finally:
        os._exit(status)


def _moved_up(opened: int) -> int:
    """Return a descriptor that is none of the standard ones, which this process may lack."""
    return opened if opened >= _STANDARD else _moved_up(os.dup(opened))


def _close_others() -> None:
    for name in os.listdir("/proc/self/fd"):
        if int(name) >= _STANDARD:
            with contextlib.suppress(OSError):  # that of the list itself
                os.close(int(name))
