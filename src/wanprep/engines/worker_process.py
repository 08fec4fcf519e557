"""One worker process, as its parent sees it: started, asked, ended, or kept for the next pool.

A new interpreter takes as long to start as the check of one file; a fork takes a tenth of that and
is kept apart just as well: it is a process of its own, with the alarm and the limit of memory of
every worker, so that a file that crashes, hangs or fills the memory costs one call. To read simple
formats in this process would save little more, and rely on every reader to end in time.

Only a small process with one thread is forked: in the child, what other threads have locked stays
locked, and a large process takes long to copy. macOS may end a fork that uses its libraries.

An editor, an agent or a Python program checks again and again; the last idle workers of each kind
wait for the next check and end with this process.
"""

from __future__ import annotations

import atexit
import contextlib
import json
import os
import select
import signal
import sys
import threading
import time
from collections import defaultdict
from typing import TYPE_CHECKING, Any, Final, Literal, NoReturn

from wanprep.dataclass import dataclass
from wanprep.errors import WanprepError

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable, Iterator

Call = tuple[Any, ...]
Outcome = Any  # the JSON value that a task returned, or a Failure
Kind = tuple[object, ...]  # workers of one kind are interchangeable
Start = tuple[str, ...]  # seconds, memory and tasks: the arguments of the worker's `main`

_START_SECONDS: Final = 60.0
_START: Final = "import sys; from wanprep.engines.worker import main; main(*sys.argv[1:])"
# The kernel's alarm ends a slow worker; if that fails, it is killed a little later.
_GRACE_SECONDS: Final = 5.0
_MOST_IDLE: Final = 2
# They decide which programs and libraries a worker finds.
_SEARCHED: Final = ("PATH", "PYTHONPATH", "LD_LIBRARY_PATH", "IMAGEIO_FFMPEG_EXE")
_MOST_DATA: Final = 256 * 2**20
_STANDARD: Final = 3  # input, output and errors come before


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a call has no result."""

    cause: Literal["slow", "memory", "killed", "crashed", "stopped", "refused", "internal"]
    detail: str = ""  # the time limit, signal, message or traceback
    error: str = ""  # the class of the error that a task raised


class Worker:
    """One process, and the answers that are expected from it."""

    def __init__(self, process: _Fork | subprocess.Popen[bytes], kind: Kind) -> None:
        assert process.stdin  # noqa: S101 - a pipe
        assert process.stdout  # noqa: S101 - a pipe
        self._process, self._calls, self._answers = process, process.stdin, process.stdout
        self.process_id, self.kind = self._process.pid, kind
        self.started = False
        self.is_killed = False
        self.late = False
        self.unanswered = 0
        self._received = b""

    def answers(self, calls: list[Call], seconds: float, folder: str | None) -> Iterator[Outcome]:
        """Yield the results of calls made in a folder; fewer if the process dies."""
        self.unanswered = len(calls)
        with contextlib.suppress(BrokenPipeError):  # noticed when no answers come
            self._calls.write(json.dumps([folder, calls]).encode("ascii") + b"\n")
            self._calls.flush()
        if not self.started:
            self.started = self._read_line(_START_SECONDS) is not None
        while self.unanswered and (line := self._read_line(seconds + _GRACE_SECONDS)) is not None:
            self.unanswered -= 1
            answer = json.loads(line)
            yield answer["result"] if "result" in answer else Failure(**answer)

    def _read_line(self, seconds: float) -> bytes | None:
        deadline = time.monotonic() + seconds
        while b"\n" not in self._received:
            data = self._read(max(0, deadline - time.monotonic()))
            if not data:
                return None
            self._received += data
        line, _, self._received = self._received.partition(b"\n")
        return line

    def _read(self, seconds: float) -> bytes:
        """Wait for some bytes; there are none if the process dies, or they come too late."""
        pipe = self._answers.fileno()
        if hasattr(select, "poll"):
            poll = select.poll()
            poll.register(pipe, select.POLLIN)
            self.late = not poll.poll(1000 * seconds)
            return b"" if self.late else os.read(pipe, 1 << 16)
        timer = threading.Timer(seconds, self._give_up)  # Windows cannot wait for pipes
        timer.start()
        try:
            return os.read(pipe, 1 << 16)
        finally:
            timer.cancel()

    def _give_up(self) -> None:
        self.late = True
        self.kill()

    def leave_folder(self) -> None:
        """Let an idle process leave the folder that it is in, which could not be unmounted."""
        with contextlib.suppress(BrokenPipeError):
            self._calls.write(json.dumps([os.sep, []]).encode("ascii") + b"\n")
            self._calls.flush()

    def is_alive(self) -> bool:
        """Whether the process runs, and goes on: one that was killed may take a moment to end."""
        return not self.is_killed and self._process.poll() is None

    def kill(self) -> None:
        """Kill the process and those that it started; on Windows, only itself."""
        self.is_killed = True
        try:
            os.killpg(self.process_id, signal.SIGKILL)
        except PermissionError:  # on macOS, where it has ended
            pass
        except (AttributeError, ProcessLookupError):  # or a fork that has no group yet
            self._process.kill()

    def end(self) -> int:
        """Let an idle process exit or kill a busy one; return the exit status."""
        with contextlib.suppress(BrokenPipeError):
            self._calls.close()
        if self.unanswered:  # a dead one keeps its status
            self.kill()
        status = self._process.wait()
        self._answers.close()
        return status


def start_worker(start: Start, *, fork: bool) -> Worker:
    """Start a worker, as a fork or as a new interpreter."""
    try:
        process = _fork(start) if fork else _start_interpreter(start)
    except OSError as error:
        raise WanprepError(
            f"a worker process cannot be started: {error.strerror}. Raise the limit of open files"
            " or of processes, as with `ulimit -n 256`."
        ) from error
    return Worker(process, _kind(start))


def _fork(start: Start) -> _Fork:
    from wanprep.engines.worker import main

    seconds, memory, *tasks = start
    return _Fork(lambda: main(seconds, f"{int(memory) + data_size()}", *tasks))


def _start_interpreter(start: Start) -> subprocess.Popen[bytes]:
    import subprocess

    return subprocess.Popen(
        # -P: the current folder may hold a file named like a library.
        [sys.executable, "-P", "-c", _START, *start],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        start_new_session=True,  # Ctrl-C reaches the parent, which then ends the workers
    )


_lock = threading.Lock()
_idle: Final[defaultdict[Kind, list[Worker]]] = defaultdict(list)


def keep_idle(worker: Worker) -> bool:
    """Keep a worker that is not needed now, unless it is dead or enough of its kind wait."""
    with _lock:
        others = _idle[worker.kind]
        if worker.is_alive() and len(others) < _MOST_IDLE:
            worker.leave_folder()
            others.append(worker)
            return True
    return False


def take_idle(start: Start) -> Worker | None:
    """Return a worker of an earlier pool that still runs."""
    with _lock:
        others = _idle[_kind(start)]
        while others:
            worker = others.pop()
            if worker.is_alive():
                return worker
            worker.end()
    return None


def _kind(start: Start) -> Kind:
    # A forked child must not use the workers of its parent, hence the process id.
    return os.getpid(), start, *map(os.environ.get, _SEARCHED)


@atexit.register
def end_idle() -> None:
    """End the workers that wait."""
    with _lock:
        for (process_id, *_), workers in _idle.items():
            while process_id == os.getpid() and workers:
                workers.pop().end()


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


class _Fork:
    """A child that runs a function, with pipes to its standard input and output."""

    def __init__(self, run: Callable[[], None]) -> None:
        self._status: int | None = None
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

    def poll(self) -> int | None:
        """Return the exit status or, negative, the signal that ended it; none if it still runs."""
        self._reap(os.WNOHANG)
        return self._status

    def wait(self) -> int:
        """Wait for its end, and return what `poll` returns."""
        while self._status is None:
            self._reap(0)
        return self._status

    def _reap(self, options: int) -> None:
        if self._status is None and (ended := os.waitpid(self.pid, options))[0]:
            self._status = os.waitstatus_to_exitcode(ended[1])


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
