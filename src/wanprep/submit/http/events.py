"""Listen to a provider's server-sent events, so that a finished job is noticed at once.

Jobs are polled as well, from time to time: errors in here are ignored. The parser is our own
because httpx-sse limits neither the length of a line nor that of an event.
"""

from __future__ import annotations

import codecs
import contextlib
import io
import itertools
import socket
import threading
from typing import TYPE_CHECKING, Final

from wanprep.closing import Closing

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    import httpx

    from wanprep.plugins.flow import Status
    from wanprep.submit.http.driver import Driver

_LARGEST_EVENT: Final = 1_000_000  # characters
_CONTENT_TYPE: Final = "text/event-stream"


class Listener(Closing):
    """A thread that reads events until it is closed, or until the stream ends."""

    def __init__(self, driver: Driver, on_event: Callable[[str, Status], None]) -> None:
        self._driver = driver
        self._on_event = on_event
        self._stream: httpx.Response | None = None
        self._closed = False
        self._answered = threading.Event()  # the stream is open, or has failed
        self._lock = threading.Lock()
        self._thread = threading.Thread(target=self._run, daemon=True, name="wanprep-events")

    @property
    def connected(self) -> bool:
        """Whether the stream is open."""
        return self._stream is not None

    def begin(self) -> None:
        """Connect, and return when that has succeeded or failed."""
        self._thread.start()
        policy = self._driver.policy
        self._answered.wait(policy.connect + policy.read)

    def close(self) -> None:
        """Stop listening at once, even in the middle of a read."""
        with self._lock:
            self._closed = True
            if self._stream is not None:
                _shut_down(self._stream)
        self._thread.join(self._driver.policy.connect)

    def _run(self) -> None:
        with contextlib.suppress(Exception):  # without events, polling finds out what happened
            self._listen()
        self._stream = None
        self._answered.set()

    def _listen(self) -> None:
        events = self._driver.provider.events
        if events is None:
            return
        with self._driver.client.open(events.connect()) as answer:
            content_type: str = answer.headers.get("content-type", "")
            is_stream = content_type.partition(";")[0].strip() == _CONTENT_TYPE
            if answer.status_code != 200 or not is_stream:
                return
            with self._lock:
                if self._closed:
                    return
                self._stream = answer
            self._answered.set()
            for name, data in parse(answer.iter_bytes()):
                with contextlib.suppress(Exception):  # the next event may be fine
                    if event := events.read(name, data):
                        self._on_event(*event)


def listen(driver: Driver, on_event: Callable[[str, Status], None]) -> Listener:
    """Connect to a provider's events, before anything is submitted: earlier ones are not repeated.

    `on_event` is called in another thread with the provider's id of a job and its status.
    """
    listener = Listener(driver, on_event)
    listener.begin()
    return listener


def parse(pieces: Iterable[bytes]) -> Iterator[tuple[str, str]]:
    """Read the name and data of each event, as the HTML standard defines them."""
    name, data, size = "", list[str](), 0
    for line in _lines(pieces):
        size += len(line)
        if size > _LARGEST_EVENT:
            return
        if not line:
            if data:
                yield name or "message", "\n".join(data)
            name, data, size = "", [], 0
            continue
        field, _, value = line.partition(":")
        value = value.removeprefix(" ")
        if field == "event":
            name = value
        elif field == "data":
            data.append(value)


def _lines(pieces: Iterable[bytes]) -> Iterator[str]:
    """Split at CR, LF or CRLF, and not at the other line ends of Unicode."""
    utf8 = codecs.getincrementaldecoder("utf-8-sig")("replace")
    decoder = io.IncrementalNewlineDecoder(utf8, translate=True)
    rest = ""
    for piece in itertools.chain(pieces, (None,)):
        *lines, rest = (rest + decoder.decode(piece or b"", final=piece is None)).split("\n")
        yield from lines
        if len(rest) > _LARGEST_EVENT:
            return


def _shut_down(stream: httpx.Response) -> None:
    """Wake the thread that reads from a connection, which closing the connection would not."""
    with contextlib.suppress(Exception):  # it may be closed by now
        connection = stream.extensions["network_stream"].get_extra_info("socket")
        connection.shutdown(socket.SHUT_RDWR)
