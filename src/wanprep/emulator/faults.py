"""Faults that can be switched on, how often each happens, and the endpoint for it."""

from __future__ import annotations

from threading import Lock
from typing import TYPE_CHECKING, Final

from wanprep.dataclass import dataclass
from wanprep.emulator.messages import HttpError, Reply, Request, Route, Site, json_reply
from wanprep.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from wanprep.emulator.emulator import State


@dataclass(frozen=True, slots=True)
class Fault:
    """One kind of fault."""

    effect: str
    times: int | None = 1  # unless a number is given; None: always


FAULTS: Final[Mapping[str, Fault]] = {
    "bad-key": Fault("a request with a key is answered 401", None),
    "damaged-result": Fault("a download has only half of the video, without an error"),
    "expired-link": Fault("a result link is answered 403"),
    "fail": Fault("a job fails: content policy", None),
    "half-answer": Fault("a job is accepted; the connection is cut half-way through the reply"),
    "html-result": Fault("a download is a web page, answered 200"),
    "lost-reply": Fault("a job is accepted, and the connection cut before the reply"),
    "lost-request": Fault("the connection is cut, and no job was accepted"),
    "never-finishes": Fault("a job never ends", None),
    "no-reply": Fault("a job is accepted, and no reply comes"),
    "poll-error": Fault("a request for a job's status is answered 503", 2),
    "rate-limit": Fault("a request with a key is answered 429, Retry-After: 1", 2),
    "server-error": Fault("a submission is answered 500, and no job was accepted"),
    "server-error-taken": Fault("a submission is answered 500, though the job was accepted"),
    "short-result": Fault("a video is half as long as ordered", None),
    "slow": Fault("a reply comes 2 s late (at speed 1)", None),
    "truncated-download": Fault("a download is cut off half-way"),
    "unknown-state": Fault("a job's status is a word that is not documented", 3),
}


def how_often(fault: Fault) -> str:
    """Describe how often a fault occurs when no number is given."""
    counts = {None: "always", 1: "once", 2: "twice"}
    return counts.get(fault.times, f"{fault.times} times")


class Faults:
    """The faults that are switched on, and how many times each is still to occur."""

    def __init__(self, names: Iterable[str] = ()) -> None:
        self._lock = Lock()
        self._left: dict[str, int | None] = {}
        self.switch(names)

    def switch(self, names: Iterable[str]) -> None:
        """Switch on these faults and no others; NAME=N makes one happen N times."""
        left = dict(map(_parse, names))
        with self._lock:
            self._left = left

    def trigger(self, name: str) -> bool:
        """Whether a fault occurs now; count it if so."""
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
        """Return the faults that are on, and how often each is still to occur; None: always."""
        with self._lock:
            return dict(self._left)


def _parse(fault: str) -> tuple[str, int | None]:
    name, equals, times = fault.partition("=")
    if name not in FAULTS:
        raise UsageError(f"there is no fault '{name}'. Choose from: {', '.join(FAULTS)}.")
    if not equals:
        return name, FAULTS[name].times
    if not times.isdecimal() or int(times) < 1:
        raise UsageError(f"'{fault}': TIMES must be a whole number from 1, as in {name}=2.")
    return name, int(times)


def _show(state: State, _request: Request) -> Reply:
    return json_reply({"faults": state.faults.left()})


def _switch(state: State, request: Request) -> Reply:
    names = request.json().get("faults")
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        raise HttpError(400, 'send {"faults": ["NAME", "NAME=TIMES", ...]}')
    try:
        state.faults.switch(names)
    except UsageError as error:
        raise HttpError(400, str(error)) from error
    return _show(state, request)


SITE: Final = Site(
    name="_faults",
    routes=(Route("GET", "", _show, "open"), Route("POST", "", _switch, "open")),
    error=lambda error: json_reply({"error": error.message}, error.status),
)
