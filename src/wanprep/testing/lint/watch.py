"""Watch a plugin's own code: whether it uses a network, sleeps, prints, or shows a key.

The code of a flow runs only between a response and the next request, so that is when it is watched.
"""

from __future__ import annotations

import io
import logging
import sys
import threading
import time
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from dataclasses import field, replace
from functools import cache
from types import GeneratorType
from typing import TYPE_CHECKING, Any, Final

from wanprep.dataclass import dataclass

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator

    from wanprep.plugins import Provider, Request

CANARY: Final = "canary-7f3e9b1c5d2a4860"  # stands for the user's key
FLOWS: Final = ("submit", "poll", "cancel", "find", "upload")
_EVENTS: Final = {
    "os.system": "starts a process",
    "socket.bind": "opens a socket",
    "socket.connect": "opens a connection",
    "socket.getaddrinfo": "looks up a host",
    "socket.gethostbyname": "looks up a host",
    "socket.sendto": "sends to a host",
    "subprocess.Popen": "starts a process",
}


class NotAllowed(OSError):
    """A plugin does what only the driver may do."""


@dataclass(slots=True)
class Watch:
    """What a plugin's code did, by the flow in which it did it."""

    seen: dict[tuple[str, str], None] = field(default_factory=dict)
    thread: int = 0

    def note(self, flow: str, message: str) -> None:
        """Remember one thing."""
        self.seen[flow, message] = None

    @contextmanager
    def inside(self, flow: str) -> Iterator[None]:
        """Run some of a plugin's code."""
        printed, records = io.StringIO(), _Records()
        logging.getLogger().addHandler(records)
        hook = _audit_hook()
        hook.append((self, flow))
        self.thread = threading.get_ident()
        sleep, time.sleep = time.sleep, self._sleep(flow)
        try:
            with redirect_stdout(printed), redirect_stderr(printed):
                yield
        finally:
            time.sleep = sleep
            hook.pop()
            logging.getLogger().removeHandler(records)
            self._note_output(flow, printed.getvalue(), "\n".join(records.lines))

    def _sleep(self, flow: str) -> Callable[[Any], None]:
        """Replace `time.sleep`, of which no audit event tells before Python 3.13."""
        really = time.sleep

        def sleep(seconds: Any) -> None:  # noqa: ANN401 - whatever a sleep takes
            if _audit_hook() and threading.get_ident() == self.thread:
                self.note(flow, "sleeps itself: wanprep waits between polls.")
            else:
                really(seconds)

        return sleep

    def _note_output(self, flow: str, printed: str, logged: str) -> None:
        for text, verb in ((printed, "prints"), (logged, "logs")):
            if CANARY in text:
                self.note(flow, f"{verb} the user's key: read no key, the driver sends it.")
            elif text and verb == "prints":
                self.note(flow, f"prints {text.strip()[:60]!r}: return what the user must know.")

    def check_value(self, flow: str, value: object) -> None:
        """Note a key in a request or a result."""
        if CANARY in repr(value):
            self.note(
                flow, f"puts the user's key into a {type(value).__name__}: the driver adds it."
            )


class _Records(logging.Handler):
    def __init__(self) -> None:
        super().__init__()
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(record.getMessage())


@cache
def _audit_hook() -> list[tuple[Watch, str]]:
    """Install the one hook of this process, which does nothing while its list is empty."""
    watching: list[tuple[Watch, str]] = []

    def hook(event: str, _: tuple[Any, ...]) -> None:
        if watching and event in _EVENTS:
            watch, flow = watching[-1]
            if threading.get_ident() == watch.thread:
                what = f"{_EVENTS[event]} itself"
                watch.note(flow, f"{what}: yield a Request, which wanprep sends.")
                raise NotAllowed(f"the plugin {what}")

    sys.addaudithook(hook)
    return watching


def watched(provider: Provider, watch: Watch) -> Provider:
    """Return a provider whose flows are watched."""
    flows: dict[str, Any] = {
        name: _watched_flow(name, flow, watch)
        for name in FLOWS
        if (flow := getattr(provider, name)) is not None
    }
    return replace(provider, **flows)


def _watched_flow(name: str, start: Callable[..., object], watch: Watch) -> Callable[..., Any]:
    def started(*arguments: object) -> object:
        with watch.inside(name):
            flow = start(*arguments)
        return _relay(name, flow, watch) if isinstance(flow, GeneratorType) else flow

    return started


def _relay(
    name: str, flow: GeneratorType[Request, Any, Any], watch: Watch
) -> Generator[Request, Any, Any]:
    response = None
    try:
        while True:
            with watch.inside(name):
                try:
                    request = flow.send(response)
                except StopIteration as end:
                    watch.check_value(name, end.value)
                    return end.value
            watch.check_value(name, request)
            response = yield request
    finally:
        flow.close()
