"""What can be made to go wrong, how often, and what is left of it."""

from __future__ import annotations

from dataclasses import dataclass
from threading import Lock
from typing import TYPE_CHECKING, Final

from wanprep.errors import WrongUse

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that goes wrong."""

    says: str
    times: int | None = 1  # how often, when nothing else is asked; None: always


FAULTS: Final[Mapping[str, Fault]] = {
    "bad-key": Fault("a request with a key is answered 401", None),
    "damaged-result": Fault("a download has only half of the video, and says no word of it"),
    "expired-link": Fault("a result link is answered 403"),
    "fail": Fault("a job fails: content policy", None),
    "half-answer": Fault("a job is taken; half of the answer comes, then the connection is cut"),
    "html-result": Fault("a download is a web page, answered 200"),
    "lost-reply": Fault("a job is taken, and the connection cut before the answer"),
    "lost-request": Fault("the connection is cut, and no job was taken"),
    "never-finishes": Fault("a job works for ever", None),
    "poll-error": Fault("asking for a job's status is answered 503", 2),
    "rate-limit": Fault("a request with a key is answered 429, Retry-After: 1", 2),
    "server-error": Fault("submitting is answered 500, and no job was taken"),
    "server-error-taken": Fault("submitting is answered 500, though the job was taken"),
    "short-result": Fault("a video is half as long as ordered", None),
    "slow": Fault("an answer comes 2 s late (at speed 1)", None),
    "truncated-download": Fault("a download is cut off half-way"),
    "unknown-state": Fault("a job's state is a word that nobody knows", 3),
}


def how_often(fault: Fault) -> str:
    """Say how often a fault strikes when no number is given."""
    words = {None: "always", 1: "once", 2: "twice"}
    return words.get(fault.times, f"{fault.times} times")


class Faults:
    """The faults that are switched on, each with the times that are left of it."""

    def __init__(self, asked: Iterable[str] = ()) -> None:
        self._lock = Lock()
        self._left: dict[str, int | None] = {}
        self.switch(asked)

    def switch(self, asked: Iterable[str]) -> None:
        """Have these faults and no others; NAME=N makes one happen N times."""
        left = dict(map(_read, asked))
        with self._lock:
            self._left = left

    def take(self, name: str) -> bool:
        """Tell whether a fault strikes now, and count it."""
        with self._lock:
            if name not in self._left:
                return False
            left = self._left[name]
            if left == 1:
                del self._left[name]
            elif left is not None:
                self._left[name] = left - 1
            return True

    def left(self) -> dict[str, int | None]:
        """Tell which faults will strike, and how often; None is always."""
        with self._lock:
            return dict(self._left)


def _read(asked: str) -> tuple[str, int | None]:
    name, equals, times = asked.partition("=")
    if name not in FAULTS:
        raise WrongUse(f"there is no fault '{name}'. There are: {', '.join(FAULTS)}.")
    if not equals:
        return name, FAULTS[name].times
    if not times.isdecimal() or int(times) < 1:
        raise WrongUse(f"'{asked}': write how often as a whole number from 1, as in {name}=2.")
    return name, int(times)
