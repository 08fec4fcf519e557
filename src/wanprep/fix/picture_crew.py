"""Worker processes that mend pictures side by side; one that dies costs one file, not the run.

Threads ask, and each has a worker to itself until its answer is there. Workers are started
when there is work for them.
"""

from __future__ import annotations

import contextlib
import os
import pickle
import select
import signal
import subprocess
import sys
import threading
import time
from typing import TYPE_CHECKING, Any, Final

from wanprep.closing import Closing
from wanprep.fix.deliver import CannotWrite
from wanprep.fix.made import CannotMake
from wanprep.fix.picture_worker import LENGTH, Answer, Done, Fault, Ready, Refused, packed

if TYPE_CHECKING:
    from wanprep.fix.made import Made
    from wanprep.fix.picture.small import SmallPicture
    from wanprep.fix.recipe import PictureRecipe, Stripped
    from wanprep.probe.facts import Facts

SECONDS: Final = 300.0
# A picture of the most pixels twice over, and what Python and the codecs take themselves.
MEMORY: Final = 2304 * 2**20
# The kernel's alarm ends a slow worker; should that fail, it is killed a little later.
_GRACE: Final = 5.0
_START: Final = "from wanprep.fix.picture_worker import main; main({0}, {1}, {2})"


class PictureCrew(Closing):
    """Some worker processes, and the threads that wait for them."""

    def __init__(self, workers: int, *, seconds: float = SECONDS, memory: int = MEMORY) -> None:
        self._most = workers
        self._seconds = seconds
        self._memory = memory
        self._change = threading.Condition()
        self._free: list[_Worker] = []
        self._busy: list[_Worker] = []
        self._closed = False

    def make(
        self, source: str, recipe: PictureRecipe | Stripped, facts: Facts, into: str
    ) -> tuple[Made, float | None]:
        """Write the result into a file, and tell how like its source it is.

        What is only stripped of its position is the same picture, and not measured.
        """
        try:
            made: tuple[Made, float | None] = self._ask("make", source, recipe, facts, into)
        except BaseException as error:
            if not isinstance(error, CannotWrite):  # of a worker that died, half a file may be left
                with contextlib.suppress(FileNotFoundError):
                    os.unlink(into)
            raise
        return made

    def place(self, source: str, recipe: PictureRecipe, facts: Facts) -> PictureRecipe:
        """Fill in where the recipe's window lies."""
        placed: PictureRecipe = self._ask("place", source, recipe, facts)
        return placed

    def small(
        self, source: str, facts: Facts, copies: tuple[tuple[int, int], ...]
    ) -> tuple[SmallPicture, ...]:
        """Make small copies to be shown, each of so many pixels and bytes at most."""
        made: tuple[SmallPicture, ...] = self._ask("small", source, facts, copies)
        return made

    def _ask(self, task: str, *arguments: Any) -> Any:  # noqa: ANN401 - as the task has it
        worker = self._taken()
        answer = None
        try:
            answer = worker.ask((task, arguments), self._seconds + _GRACE)
        finally:
            status = self._give_back(worker, usable=answer is not None)
        match answer:
            case Done(value):
                return value
            case Refused(error):
                raise error
            case Fault(trace):
                raise RuntimeError(f"a picture worker failed:\n{trace}")
            case _:
                raise self._cause(worker, status)

    def _taken(self) -> _Worker:
        with self._change:
            while not self._closed and not self._free and len(self._busy) >= self._most:
                self._change.wait()
            if self._closed:
                raise _stopped()
            worker = self._free.pop() if self._free else self._started()
            self._busy.append(worker)
            return worker

    def _started(self) -> _Worker:
        return _Worker(self._seconds, self._memory)

    def _give_back(self, worker: _Worker, *, usable: bool) -> int:
        """Make room for the next; a worker that gave no answer is ended, and tells how it was."""
        status = 0 if usable else worker.end()
        with self._change:
            self._busy.remove(worker)
            if usable and not self._closed:
                self._free.append(worker)
            elif usable:
                worker.end()
            self._change.notify()
        return status

    def _cause(self, worker: _Worker, status: int) -> Exception:
        if self._closed:
            return _stopped()
        if not worker.started:
            return RuntimeError(f"a picture worker could not be started (exit status {status})")
        if status == -signal.SIGALRM or worker.late:
            return CannotMake(
                f"Mending it took longer than {self._seconds:g} s. Scale it down first."
            )
        if status == -signal.SIGKILL:
            return CannotMake(
                "The process that mended it was killed, most likely for want of memory."
                " Close other programs, or scale it down first."
            )
        name = signal.Signals(-status).name if status < 0 else f"exit status {status}"
        return CannotMake(
            f"It crashed the library that reads it ({name}). Export it again from the program"
            " that made it."
        )

    @property
    def process_ids(self) -> list[int]:
        """Tell the processes at work, for whoever watches over them."""
        with self._change:
            return [worker.process_id for worker in (*self._free, *self._busy)]

    def close(self) -> None:
        """Send the workers home; who still waits for one is told that the work was stopped."""
        with self._change:
            self._closed = True
            while self._free:
                self._free.pop().end()
            for worker in self._busy:
                worker.kill()  # the thread that waits for it does the rest
            self._change.notify_all()


def _stopped() -> CannotMake:
    return CannotMake("The work was stopped before it was done. Run it again.")


class _Worker:
    """One process, and the pipe that its answers come through."""

    def __init__(self, seconds: float, memory: int) -> None:
        self._answers, theirs = os.pipe()
        self.started = False
        self.late = False
        self._owes = False
        # -P: the folder we stand in may hold a file named like a library of ours.
        try:
            self._process = subprocess.Popen(
                [sys.executable, "-P", "-c", _START.format(theirs, seconds, memory)],
                stdin=subprocess.PIPE,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                pass_fds=(theirs,),
                start_new_session=True,  # Ctrl-C is for us; we then send the workers home
            )
        finally:
            os.close(theirs)

    @property
    def process_id(self) -> int:
        return self._process.pid

    def ask(self, question: object, seconds: float) -> Answer | None:
        """Wait for the answer; None when there will be none."""
        assert self._process.stdin is not None  # noqa: S101 - it was asked for just above
        self._owes = True
        with contextlib.suppress(BrokenPipeError):  # found out when its answer does not come
            self._process.stdin.write(packed(question))
            self._process.stdin.flush()
        answer = self._received(seconds)
        if isinstance(answer, Ready):
            self.started = True
            answer = self._received(seconds)
        self._owes = answer is None
        return answer

    def _received(self, seconds: float) -> Answer | None:
        until = time.monotonic() + seconds
        head = self._read(LENGTH, until)
        body = self._read(int.from_bytes(head, "big"), until)
        if not body:
            return None
        answer: Answer = pickle.loads(body)  # noqa: S301 - our child wrote it
        return answer

    def _read(self, length: int, until: float) -> bytes:
        """Read so many bytes; none at all when they do not come."""
        data = b""
        while len(data) < length:
            ready, _, _ = select.select([self._answers], [], [], max(0, until - time.monotonic()))
            self.late = not ready
            piece = os.read(self._answers, length - len(data)) if ready else b""
            if not piece:
                return b""
            data += piece
        return data

    def kill(self) -> None:
        with contextlib.suppress(ProcessLookupError, PermissionError):  # the latter on macOS
            os.killpg(self._process.pid, signal.SIGKILL)

    def end(self) -> int:
        """Let an idle process go, kill one at work, and tell how it ended."""
        with contextlib.suppress(BrokenPipeError):
            self._process.stdin.close()  # type: ignore[union-attr] # it was asked for
        if self._owes:  # what is dead already stays as it was
            self.kill()
        status = self._process.wait()
        os.close(self._answers)
        return status
