"""Start the emulator, and stop it without leaving a thread, a socket or a file."""

from __future__ import annotations

import secrets
from collections import deque
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Thread
from typing import TYPE_CHECKING, Final

from wanprep.closing import Closing
from wanprep.emulator.answer import answer
from wanprep.emulator.faults import Faults
from wanprep.emulator.jobs import Job, Jobs
from wanprep.emulator.server import Server
from wanprep.emulator.shelf import Shelf
from wanprep.emulator.state import State
from wanprep.errors import WrongUse

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from wanprep.emulator.exchange import Cut, Received, Reply, Stream

KEY: Final = "emulated"  # any other key that is not empty will do as well
_KEYS: Final = {
    "evolink": "EVOLINK_API_KEY",
    "oxen": "OXEN_API_KEY",
    "runcomfy": "RUNCOMFY_API_TOKEN",
    "wavespeed": "WAVESPEED_API_KEY",
}
_REMEMBERED: Final = 1000  # requests
_BODY: Final = 1_000_000  # bytes of each that are remembered


class Emulator(Closing):
    """A running emulator."""

    def __init__(
        self, *, port: int, faults: Iterable[str], speed: float, log: Callable[[str], None]
    ) -> None:
        switched = Faults(faults)
        self._received: deque[Received] = deque(maxlen=_REMEMBERED)
        self._server = _listen(port, self._answer, log)
        self._folder = TemporaryDirectory(prefix="wanprep-emulator-")
        folder = Path(self._folder.name)
        self._state = State(
            url=f"http://127.0.0.1:{self._server.server_port}",
            folder=folder,
            speed=speed,
            faults=switched,
            jobs=Jobs(),
            shelf=Shelf(folder),
            secret=secrets.token_bytes(),
        )
        self._thread = Thread(target=self._server.serve_forever, args=(0.02,))
        self._thread.start()

    @property
    def url(self) -> str:
        """Return where it listens."""
        return self._state.url

    @property
    def environment(self) -> dict[str, str]:
        """Return the environment that leads all providers here, without any waiting."""
        bases = {f"WANPREP_{name.upper()}_BASE_URL": f"{self.url}/{name}" for name in _KEYS}
        return bases | dict.fromkeys(_KEYS.values(), KEY) | {"WANPREP_POLL_INTERVAL": "0.2"}

    @property
    def requests(self) -> list[Received]:
        """List what was received, the oldest first."""
        return list(self._received)

    @property
    def jobs(self) -> list[Job]:
        """List the jobs that were taken, the oldest first."""
        return self._state.jobs.all()

    def switch(self, *faults: str) -> None:
        """Have these faults from now on, and no others."""
        self._state.faults.switch(faults)

    def close(self) -> None:
        """Stop: answer nothing more, end what is open, and clear up."""
        if self._state.closing.is_set():
            return
        self._state.closing.set()
        self._server.shutdown()
        self._thread.join()
        self._server.hang_up()
        self._server.server_close()
        self._state.jobs.close()
        self._folder.cleanup()

    def _answer(self, received: Received) -> Reply | Stream | Cut:
        self._received.append(replace(received, body=received.body[:_BODY]))
        return answer(self._state, received)


def emulate(
    port: int = 0,
    *,
    faults: Iterable[str] = (),
    speed: float = 1,
    log: Callable[[str], None] = lambda _: None,
) -> Emulator:
    """Start an emulator on 127.0.0.1; port 0 takes any that is free. Use it in a `with`."""
    return Emulator(port=port, faults=faults, speed=speed, log=log)


def _listen(
    port: int, listener: Callable[[Received], Reply | Stream | Cut], log: Callable[[str], None]
) -> Server:
    try:
        return Server(port, listener, log)
    except OSError as error:
        raise WrongUse(
            f"port {port} cannot be had: {error.strerror}. Choose another with --port."
        ) from error
