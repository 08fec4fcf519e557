"""Start and stop the emulator; stopping leaves no thread or file behind."""

from __future__ import annotations

import hmac
import secrets
import time
from collections import deque
from dataclasses import field, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Event, RLock, Thread
from typing import TYPE_CHECKING, Any, Final

from wanprep.closing import Closing
from wanprep.dataclass import dataclass
from wanprep.emulator import faults as faults_site
from wanprep.emulator import uploads as public_site
from wanprep.emulator.faults import Faults
from wanprep.emulator.jobs import ENDED, Job, Jobs
from wanprep.emulator.messages import dispatch
from wanprep.emulator.uploads import Uploads
from wanprep.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from wanprep.emulator.messages import Answer, Request, Site
    from wanprep.emulator.server import Server

_REMEMBERED: Final = 1000  # requests
_BODY: Final = 1_000_000  # bytes of each that are remembered


@dataclass(slots=True, kw_only=True)
class State:
    """What the sites of one running emulator share."""

    url: str  # the emulator's own, without a slash at its end
    folder: Path
    speed: float
    faults: Faults
    jobs: Jobs
    uploads: Uploads
    extra: dict[str, Any] = field(default_factory=dict)  # what a site keeps, under its name
    closing: Event = field(default_factory=Event)
    lock: RLock = field(default_factory=RLock)  # guards what only one thread may do at a time
    _secret: bytes = field(default_factory=secrets.token_bytes)

    def status_word(self, job: Job, words: Mapping[str, str]) -> str:
        """Return the provider's word for a job's phase, or the one that a fault injects."""
        if job.phase not in ENDED and self.faults.trigger("unknown-state"):
            return "warming_up"
        return words[job.phase]

    def result_link(self, job: Job, *, lifetime: float) -> str:
        """Make a signed URL of a job's video that works for some seconds."""
        expires = str(int(time.time() + lifetime))
        query = f"Expires={expires}&Signature={self._sign(job.id, expires)}"
        return f"{self.url}/results/{job.id}/video.mp4?{query}"

    def is_valid_link(self, job_id: str, query: Mapping[str, str]) -> bool:
        """Whether a link is signed by this emulator and has not expired."""
        expires = query.get("Expires", "")
        signed = hmac.compare_digest(query.get("Signature", ""), self._sign(job_id, expires))
        return signed and int(expires) > time.time()

    def _sign(self, job_id: str, expires: str) -> str:
        return hmac.new(self._secret, f"{job_id} {expires}".encode(), "sha256").hexdigest()[:40]


class Emulator(Closing):
    """A server of these sites on 127.0.0.1; port 0 takes any that is free. Use it in a `with`."""

    def __init__(
        self,
        sites: Iterable[Site],
        *,
        port: int = 0,
        faults: Iterable[str] = (),
        speed: float = 1,
        log: Callable[[str], None] = lambda _: None,
    ) -> None:
        switched = Faults(faults)
        self._emulated = tuple(sites)
        # Of two that serve a path the longer one answers; the public site serves all the rest.
        all_sites = (*self._emulated, faults_site.SITE, public_site.SITE)
        self._sites = sorted(all_sites, key=lambda site: len(site.prefix), reverse=True)
        self._requests: deque[Request] = deque(maxlen=_REMEMBERED)
        self._server = _listen(port, self._answer, log)
        self._folder = TemporaryDirectory(prefix="wanprep-emulator-")
        folder = Path(self._folder.name)
        self._state = State(
            url=f"http://127.0.0.1:{self._server.server_port}",
            folder=folder,
            speed=speed,
            faults=switched,
            jobs=Jobs(),
            uploads=Uploads(folder),
        )
        self._thread = Thread(target=self._server.serve_forever, args=(0.02,))
        self._thread.start()

    @property
    def url(self) -> str:
        """The URL at which it listens."""
        return self._state.url

    @property
    def environment(self) -> dict[str, str]:
        """The variables that point all providers to this emulator, polled without delay."""
        bases = {
            f"WANPREP_{name.upper().replace('-', '_')}_BASE_URL": f"{self.url}/{name}"
            for name in sorted({site.name for site in self._emulated})
        }
        keys = {site.key_variable: site.key for site in self._emulated if site.key_variable}
        return bases | keys | {"WANPREP_POLL_INTERVAL": "0.2"}

    @property
    def requests(self) -> list[Request]:
        """The requests that arrived, the oldest first."""
        return list(self._requests)

    @property
    def jobs(self) -> list[Job]:
        """The jobs that were accepted, the oldest first."""
        return self._state.jobs.all()

    def switch(self, *faults: str) -> None:
        """Switch on these faults, and no others."""
        self._state.faults.switch(faults)

    def close(self) -> None:
        """Stop serving, end open connections, and remove temporary files."""
        if self._state.closing.is_set():
            return
        self._state.closing.set()
        self._server.shutdown()
        self._thread.join()
        self._server.hang_up()
        self._server.server_close()
        self._state.jobs.close()
        self._folder.cleanup()

    def _answer(self, request: Request) -> Answer:
        self._requests.append(replace(request, body=request.body[:_BODY]))
        return dispatch(self._state, self._sites, request)


def _listen(port: int, answer: Callable[[Request], Answer], log: Callable[[str], None]) -> Server:
    from wanprep.emulator.server import Server

    try:
        return Server(port, answer, log)
    except OSError as error:
        raise UsageError(
            f"port {port} is not available: {error.strerror}. Choose another with --port."
        ) from error
