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
from pathlib import Path
from types import GeneratorType
from typing import TYPE_CHECKING, Any, Final

from wanprep.dataclass import dataclass

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator
    from types import FrameType

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


Line = tuple[str, int]  # a file below the plugin's package, and a line in it


@dataclass(slots=True)
class Watch:
    """What a plugin's code did, by the flow in which it did it."""

    folder: Path  # of the plugin's package
    seen: dict[tuple[str, str], Line | None] = field(default_factory=dict)
    thread: int = 0

    def note(self, flow: str, message: str, line: Line | None = None) -> None:
        """Remember one thing, and the line that is running."""
        self.seen.setdefault((flow, message), line or self.line_of(_caller()))

    def line_of(self, frame: FrameType | None) -> Line | None:
        """Find the plugin's own line that a frame was called from."""
        while frame is not None:
            file = Path(frame.f_code.co_filename)
            if self.folder in file.parents:
                return file.relative_to(self.folder).as_posix(), frame.f_lineno
            frame = frame.f_back
        return None

    @contextmanager
    def inside(self, flow: str) -> Iterator[None]:
        """Run some of a plugin's code."""
        printed, records = _Printed(self), _Records(self)
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
            self._note_output(flow, printed, "prints")
            self._note_output(flow, records.printed, "logs")

    def _sleep(self, flow: str) -> Callable[[Any], None]:
        """Replace `time.sleep`, of which no audit event tells before Python 3.13."""
        really = time.sleep

        def sleep(seconds: Any) -> None:  # noqa: ANN401 - whatever a sleep takes
            if _audit_hook() and threading.get_ident() == self.thread:
                self.note(flow, "sleeps itself: wanprep waits between polls.")
            else:
                really(seconds)

        return sleep

    def _note_output(self, flow: str, printed: _Printed, verb: str) -> None:
        text = printed.getvalue()
        if CANARY in text:
            message = f"{verb} the user's key: read no key, the driver sends it."
            self.note(flow, message, printed.line)
        elif text and verb == "prints":
            message = f"prints {text.strip()[:60]!r}: return what the user must know."
            self.note(flow, message, printed.line)

    def check_value(self, flow: str, value: object, frame: FrameType | None = None) -> None:
        """Note a key in a request or a result."""
        if CANARY in repr(value):
            message = f"puts the user's key into a {type(value).__name__}: the driver adds it."
            self.note(flow, message, self.line_of(frame))


def _caller() -> FrameType:
    return sys._getframe(1)  # noqa: SLF001 - without the lines of the sources, and so much faster


class _Printed(io.StringIO):
    """What is printed, and the line that printed first."""

    def __init__(self, watch: Watch) -> None:
        super().__init__()
        self._watch = watch
        self.line: Line | None = None

    def write(self, text: str) -> int:
        self.line = self.line or self._watch.line_of(_caller())
        return super().write(text)


class _Records(logging.Handler):
    def __init__(self, watch: Watch) -> None:
        super().__init__()
        self.printed = _Printed(watch)

    def emit(self, record: logging.LogRecord) -> None:
        self.printed.write(f"{record.getMessage()}\n")


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
            watch.check_value(name, request, flow.gi_frame)
            response = yield request
    finally:
        flow.close()
