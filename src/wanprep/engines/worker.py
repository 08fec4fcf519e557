"""The worker process, which opens untrusted files so that the main process does not.

Requests are lines on standard input, each a JSON list: the folder of relative paths, and calls
`[task, argument, ...]`. Each call is answered by one JSON line on what was standard output, where
tasks cannot print. The kernel enforces the limits: an alarm ends what takes too long, in native
code too, and memory beyond the limit is refused. `missing_protections` of guard.py says what a
system does not enforce.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import threading
import warnings
from importlib import import_module
from queue import SimpleQueue
from typing import TYPE_CHECKING, Any

from wanprep.errors import WanprepError

if TYPE_CHECKING:
    from collections.abc import Callable


def main(seconds: str, memory: str, *tasks: str) -> None:
    """Serve until the input ends; an error outside of a task ends the process at once.

    Python's own exit would wait for the thread that reads the input, until the alarm makes the
    error look like a slow file.
    """
    try:
        _serve(float(seconds), int(memory), tasks)
    except BaseException:  # noqa: BLE001 - the parent gets the exit status
        os._exit(1)


def _serve(seconds: float, memory: int, tasks: tuple[str, ...]) -> None:
    if hasattr(signal, "SIGALRM"):
        signal.signal(signal.SIGALRM, signal.SIG_DFL)
    answers = _take_stdout()
    _limit_memory(memory)
    warnings.simplefilter("ignore")
    functions = {task: _function(task) for task in tasks}
    requests = _Requests()
    _send(answers, b"ready")
    here = current_folder()
    while request := requests.next():
        folder, calls = request
        if folder and folder != here:
            os.chdir(folder)
            here = folder
        if not calls:
            requests.finish()
        for index, (task, *arguments) in enumerate(calls, 1):
            _set_alarm(seconds)
            answer = _answer(functions[task], arguments)
            _set_alarm(0)
            if index == len(calls):
                requests.finish()
            _send(answers, answer)


def current_folder() -> str | None:
    """Return the current folder, unless it was removed."""
    try:
        return os.getcwd()
    except FileNotFoundError:
        return None


def _take_stdout() -> int:
    """Return a descriptor of standard output, where tasks and their children no longer print."""
    answers, nowhere = os.dup(1), os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    os.close(nowhere)
    return answers


def _set_alarm(seconds: float) -> None:
    """Let the kernel end this process if a call takes longer; elsewhere the parent does."""
    if hasattr(signal, "setitimer"):
        signal.setitimer(signal.ITIMER_REAL, seconds)


def _limit_memory(limit: int) -> None:
    """Set the limit that the kernel enforces (Linux counts data, macOS nothing)."""
    try:
        import resource
    except ImportError:  # Windows
        return
    _, hard = resource.getrlimit(resource.RLIMIT_DATA)
    resource.setrlimit(resource.RLIMIT_DATA, (limit, hard))


def _function(task: str) -> Callable[..., Any]:
    module, _, name = task.partition(":")
    function: Callable[..., Any] = getattr(import_module(module), name)
    return function


def _answer(function: Callable[..., Any], arguments: list[Any]) -> bytes:
    try:
        return json.dumps({"result": function(*arguments)}).encode("ascii")
    except WanprepError as error:
        answer = {"cause": "refused", "detail": str(error), "error": type(error).__name__}
    except OSError as error:
        answer = {"cause": "refused", "detail": str(error), "error": "OSError"}
    except MemoryError:
        answer = {"cause": "memory"}
    except Exception:  # noqa: BLE001 - the parent reports it
        import traceback

        answer = {"cause": "internal", "detail": traceback.format_exc()}
    return json.dumps(answer).encode("ascii")


def _send(answers: int, line: bytes) -> None:
    data = line + b"\n"
    while data:
        data = data[os.write(answers, data) :]


class _Requests:
    """Batches of calls, read by a thread of its own: if the parent dies, so does this process."""

    def __init__(self) -> None:
        self._inbox: SimpleQueue[list[Any]] = SimpleQueue()
        self._busy = threading.Event()
        threading.Thread(target=self._listen, daemon=True).start()

    def next(self) -> list[Any]:
        """Wait for a batch and its folder; an empty list is the last."""
        return self._inbox.get()

    def finish(self) -> None:
        """Mark the batch as done, before its last answer is sent."""
        self._busy.clear()

    def _listen(self) -> None:
        for line in sys.stdin.buffer:
            self._busy.set()
            self._inbox.put(json.loads(line))
        if self._busy.is_set() and hasattr(os, "killpg"):
            os.killpg(0, signal.SIGKILL)  # also an ffmpeg that a task waits for
        elif self._busy.is_set():
            os._exit(1)
        self._inbox.put([])
