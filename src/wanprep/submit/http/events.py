"""Listen to a provider's server-sent events, to be woken when a job is done.

It is a courtesy: whoever listens asks as well, from time to time, so that whatever goes wrong
here may be passed over in silence.
"""

from __future__ import annotations

import contextlib
import socket
import threading
from typing import TYPE_CHECKING, Final

from wanprep.closing import Closing

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    import httpx

    from wanprep.plugins.flow import Status
    from wanprep.submit.http.driver import Driver

_MOST_BYTES: Final = 1_000_000  # of one event
_STREAM: Final = "text/event-stream"


class Listener(Closing):
    """A thread that reads events until it is closed, or until the stream ends."""

    def __init__(self, driver: Driver, on_event: Callable[[str, Status], None]) -> None:
        self._driver = driver
        self._on_event = on_event
        self._stream: httpx.Response | None = None
        self._closed = False
        self._known = threading.Event()
        self._lock = threading.Lock()
        self._thread = threading.Thread(target=self._run, daemon=True, name="wanprep-events")

    @property
    def connected(self) -> bool:
        """Tell whether events will be heard."""
        return self._stream is not None

    def begin(self) -> None:
        """Connect, and come back when that is done or has failed."""
        self._thread.start()
        patience = self._driver.patience
        self._known.wait(patience.connect + patience.read)

    def close(self) -> None:
        """Stop listening at once, even in the middle of a read."""
        with self._lock:
            self._closed = True
            if self._stream is not None:
                _hang_up(self._stream)
        self._thread.join(self._driver.patience.connect)

    def _run(self) -> None:
        # Whatever a network or a plugin can raise only means that nobody is woken.
        with contextlib.suppress(Exception):
            self._listen()
        self._stream = None
        self._known.set()

    def _listen(self) -> None:
        events = self._driver.provider.events
        if events is None:
            return
        with self._driver.wire.open(events.connect()) as answer:
            told: str = answer.headers.get("content-type", "")
            if answer.status_code != 200 or told.partition(";")[0].strip() != _STREAM:
                return
            with self._lock:
                if self._closed:
                    return
                self._stream = answer
            self._known.set()
            for name, data in parse(answer.iter_bytes()):
                self._tell(events.read, name, data)

    def _tell(
        self, read: Callable[[str, str], tuple[str, Status] | None], name: str, data: str
    ) -> None:
        with contextlib.suppress(Exception):  # one strange event does not deafen us to others
            if found := read(name, data):
                self._on_event(*found)


def listen(driver: Driver, on_event: Callable[[str, Status], None]) -> Listener:
    """Connect to a provider's events, before anything is ordered: none of them is kept for us.

    `on_event` is called in another thread with the provider's id of a job and how it stands.
    """
    listener = Listener(driver, on_event)
    listener.begin()
    return listener


def parse(pieces: Iterable[bytes]) -> Iterator[tuple[str, str]]:
    """Read events as HTML's living standard has them: name and data of each."""
    name, data, size = "", list[str](), 0
    for line in _lines(pieces):
        size += len(line)
        if size > _MOST_BYTES:
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
    """Split at CR, LF or both together, and at nothing else that Unicode calls a line's end."""
    rest, after_cr = b"", False
    for piece in pieces:
        # A pair may be torn apart by the network: its second half is then no empty line.
        fresh = piece[1:] if after_cr and piece.startswith(b"\n") else piece
        after_cr = piece.endswith(b"\r")
        *lines, rest = (rest + fresh).replace(b"\r\n", b"\n").replace(b"\r", b"\n").split(b"\n")
        for line in lines:
            yield line.decode("utf-8", "replace").removeprefix("\ufeff")
        if len(rest) > _MOST_BYTES:
            return


def _hang_up(stream: httpx.Response) -> None:
    """Wake whoever reads from a connection: to close it would not."""
    with contextlib.suppress(Exception):  # it may be closed by now
        line = stream.extensions["network_stream"].get_extra_info("socket")
        line.shutdown(socket.SHUT_RDWR)
