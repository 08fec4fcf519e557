"""The process in which pictures are mended, so that a codec that crashes takes no run with it.

Questions and answers are pickles between a parent and its own child, each behind its length.
The kernel keeps the limits: an alarm ends what takes too long, in native code too, and there
is no more memory than is allowed.
"""

from __future__ import annotations

import os
import pickle
import signal
import sys
import threading
import traceback
import warnings
from dataclasses import dataclass
from queue import SimpleQueue
from typing import TYPE_CHECKING, Any, Final

from wanprep.errors import WanprepError
from wanprep.fix.made import CannotMake
from wanprep.fix.picture.make import make_and_measure
from wanprep.fix.picture.place import place_window
from wanprep.fix.picture.small import small_copies
from wanprep.probe.worker import limit_memory

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

TASKS: Final[Mapping[str, Callable[..., Any]]] = {
    "make": make_and_measure,
    "place": place_window,
    "small": small_copies,
}
LENGTH: Final = 8  # bytes of the length in front of every pickle


@dataclass(frozen=True, slots=True)
class Ready:
    """The process runs, and waits for its first question."""


@dataclass(frozen=True, slots=True)
class Done:
    """What a task returned."""

    value: Any


@dataclass(frozen=True, slots=True)
class Refused:
    """Why a picture cannot be mended."""

    error: WanprepError


@dataclass(frozen=True, slots=True)
class Fault:
    """A fault of ours, with where it happened."""

    trace: str


Answer = Ready | Done | Refused | Fault


def main(answers: int, seconds: float, memory: int) -> None:
    """Serve until the input ends."""
    from PIL import Image

    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    limit_memory(memory)
    warnings.simplefilter("ignore")
    Image.MAX_IMAGE_PIXELS = None  # `decode` has a limit of its own, which fits the memory
    questions = _Questions()
    _send(answers, Ready())
    while question := questions.next():
        signal.setitimer(signal.ITIMER_REAL, seconds)
        answer = _answer(*question)
        signal.setitimer(signal.ITIMER_REAL, 0)
        questions.answered()
        _send(answers, answer)


def _answer(task: str, arguments: tuple[Any, ...]) -> Answer:
    try:
        return Done(TASKS[task](*arguments))
    except WanprepError as error:
        return Refused(error)
    except MemoryError:
        return Refused(
            CannotMake(
                "Mending it takes more memory than a picture may have here. Scale it down first."
            )
        )
    except Exception:  # noqa: BLE001 - whatever it was, the parent raises it
        return Fault(traceback.format_exc())


class _Questions:
    """What is asked, read beside the work: should the parent die, the work ends as well."""

    def __init__(self) -> None:
        self._inbox: SimpleQueue[tuple[str, tuple[Any, ...]] | None] = SimpleQueue()
        self._busy = threading.Event()
        threading.Thread(target=self._listen, daemon=True).start()

    def next(self) -> tuple[str, tuple[Any, ...]] | None:
        """Wait for a question; None says that there will be no more."""
        return self._inbox.get()

    def answered(self) -> None:
        """Say so before the answer is given, which may bring the next question."""
        self._busy.clear()

    def _listen(self) -> None:
        while head := sys.stdin.buffer.read(LENGTH):
            self._busy.set()
            question = sys.stdin.buffer.read(int.from_bytes(head, "big"))
            self._inbox.put(pickle.loads(question))  # noqa: S301 - our parent wrote it
        if self._busy.is_set():
            os.killpg(0, signal.SIGKILL)
        self._inbox.put(None)


def packed(message: object) -> bytes:
    """Write a message as it travels."""
    body = pickle.dumps(message)
    return len(body).to_bytes(LENGTH, "big") + body


def _send(answers: int, answer: Answer) -> None:
    data = packed(answer)
    while data:
        data = data[os.write(answers, data) :]
