"""GET requests for many files: shared connections, redirects, and repetition as servers ask."""

from __future__ import annotations

import os
import threading
import time
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING, Final, TypeVar
from urllib.parse import urljoin, urlsplit

from wanprep.closing import Closing
from wanprep.dataclass import dataclass
from wanprep.errors import UsageError
from wanprep.media.facts import NOT_REACHED, REFUSED, UNSAFE, is_url
from wanprep.media.source import UrlReadError
from wanprep.net.reach import Reach, UnsafeAddress, allowed_hosts
from wanprep.net.urls import retry_after

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    import httpx

T = TypeVar("T")

_CONNECTIONS: Final = 32  # to all hosts together
_MAX_REDIRECTS: Final = 5
_SECONDS: Final = 10.0  # without a byte
# Temporary errors of the server, not of the file.
_TEMPORARY: Final = frozenset({408, 425, 429, 500, 502, 503, 504})
# What callers handle; all others refuse the file.
_ANSWERS: Final = frozenset({200, 206, 304, 416})
_WITH_FILE: Final = frozenset({200, 206})
_FIRST_PAUSE: Final = 0.25  # seconds, doubled each time
_MOST_DRAINED: Final = 64 * 1024
# Browsers take six; many servers of files allow fewer to one client. A host that answers well gets
# more and more, until it has asked for less once.
_AT_ONCE: Final = 4
_MOST: Final = 32
_ROUNDS: Final = 16
# A host without a good answer for so long gets no further attempts.
_PATIENCE: Final = 20.0


@dataclass(slots=True)
class Deadline:
    """When the work on one URL ends. Waiting for a turn at its host does not count."""

    end: float

    @classmethod
    def after(cls, seconds: float) -> Deadline:
        """Return the deadline that many seconds from now."""
        return cls(time.monotonic() + seconds)

    def check(self) -> None:
        """Raise UrlReadError when it has passed."""
        if time.monotonic() > self.end:
            raise UrlReadError(f"{NOT_REACHED}: its server is too slow")


class Unanswered(Exception):
    """A request had no usable answer, but a repetition may have one."""

    def __init__(self, reason: str, *, attempts: int, wait: float | None = None) -> None:
        super().__init__(reason)
        self.attempts = attempts  # how often to send the request at most
        self.wait = wait  # seconds, as the server asks


class Host:
    """How many requests a host gets at a time, and when it gets none. Used by several threads."""

    def __init__(self) -> None:
        self._change = threading.Condition()
        self._limit = _AT_ONCE
        self._most = _MOST
        self._streak = 0  # good answers since the limit was set
        self._active = 0
        self._resume = 0.0
        self._good: float | None = None  # when it was last answered well, or first asked
        self._is_failing = False

    @contextmanager
    def turn(self) -> Iterator[float]:
        """Wait until a request may be sent; yield how long that took."""
        begin = time.monotonic()
        with self._change:
            self._good = self._good or begin
            while (wait := self._wait_seconds()) is not None:
                self._change.wait(wait or None)
            self._active += 1
        try:
            yield time.monotonic() - begin
        finally:
            with self._change:
                self._active -= 1
                self._change.notify()

    def _wait_seconds(self) -> float | None:
        """Return for how long to wait, 0 for a free place; None: not at all."""
        pause = self._resume - time.monotonic()
        if pause > 0:
            return pause
        return 0.0 if self._active >= self._limit else None

    def succeed(self) -> None:
        """Note a good answer; after many rounds of them, twice as many are sent at once."""
        with self._change:
            self._good, self._is_failing = time.monotonic(), False
            self._streak += 1
            if self._limit < self._most and self._streak >= _ROUNDS * self._limit:
                self._limit, self._streak = min(2 * self._limit, self._most), 0
                self._change.notify_all()

    def fail(self) -> None:
        """Note that there was no good answer."""
        with self._change:
            self._is_failing, self._streak = True, 0

    @property
    def is_given_up(self) -> bool:
        """Whether it has failed for so long that no request is worth its time."""
        with self._change:
            is_late = self._good is not None and time.monotonic() - self._good > _PATIENCE
            return self._is_failing and is_late

    def back_off(self, seconds: float) -> bool:
        """Send nothing for some time, then less at once; False: the host was given up."""
        with self._change:
            now = time.monotonic()
            if now + seconds - (self._good or now) > _PATIENCE:
                return False
            if now >= self._resume:  # those that were under way together count as one
                self._limit = self._most = max(1, self._limit // 2)
            self._resume = max(self._resume, now + seconds)
            return True


class Requests(Closing):
    """Sends the requests of several threads."""

    def __init__(self, allow_hosts: Sequence[str]) -> None:
        self._allow_hosts = allow_hosts
        self._hosts: dict[str, Host] = {}
        self._lock = threading.Lock()
        self._opened: httpx.Client | None = None

    def close(self) -> None:
        """Close the connections."""
        if self._opened:
            self._opened.close()

    def _client(self) -> httpx.Client:
        from wanprep.net.client import open_client

        with self._lock:
            try:
                self._opened = self._opened or open_client(
                    Reach(hosts=allowed_hosts(os.environ, self._allow_hosts)),
                    timeout=_SECONDS, connections=_CONNECTIONS, keep_alive=True,
                )  # fmt: skip
            except UsageError as error:  # the environment names an invalid proxy or host
                raise UrlReadError(f"{NOT_REACHED}: {error}") from error
            return self._opened

    def _host(self, url: str) -> Host:
        try:
            authority = urlsplit(url).netloc.rpartition("@")[2].lower()
        except ValueError as error:
            raise UrlReadError(f"{NOT_REACHED}: invalid URL ({error})") from error
        with self._lock:
            return self._hosts.setdefault(authority, Host())

    def get(
        self,
        url: str,
        headers: Mapping[str, str],
        read: Callable[[httpx.Response], T],
        deadline: Deadline,
    ) -> T:
        """Send a request until `read` has taken its answer, which has one of a few statuses."""
        attempt = 0
        while True:
            attempt += 1
            try:
                return self._follow(url, headers, read, deadline)
            except Unanswered as error:
                host = self._host(url)
                host.fail()
                wait = _FIRST_PAUSE * 2 ** (attempt - 1) if error.wait is None else error.wait
                is_late = time.monotonic() + wait > deadline.end or not host.back_off(wait)
                if attempt >= error.attempts or is_late:
                    asks = f", which asks to wait {wait:.0f} s" if error.wait and is_late else ""
                    raise UrlReadError(f"{NOT_REACHED}: {error}{asks}") from error

    def _follow(
        self,
        url: str,
        headers: Mapping[str, str],
        read: Callable[[httpx.Response], T],
        deadline: Deadline,
    ) -> T:
        first = url
        for _ in range(_MAX_REDIRECTS + 1):
            deadline.check()
            host = self._host(url)
            with host.turn() as waited, _translate_errors():
                deadline.end += waited
                if host.is_given_up:
                    raise UrlReadError(f"{NOT_REACHED}: its host did not answer other requests")
                request = self._client().build_request("GET", url, headers=headers)
                with closing(self._client().send(request, stream=True)) as response:
                    if response.status_code in _ANSWERS:
                        result = read(response)
                        host.succeed()
                    if response.status_code not in _WITH_FILE:
                        _drain(response)
                    if response.status_code in _ANSWERS:
                        return result
            if not response.is_redirect:
                raise _refusal(response)
            url = _redirect_target(first, url, response.headers.get("location", ""))
        raise UrlReadError(f"{REFUSED}: more than {_MAX_REDIRECTS} redirects")


def body(response: httpx.Response, deadline: Deadline) -> Iterator[bytes]:
    """Yield the body as it was sent, in time."""
    for piece in response.iter_raw():
        deadline.check()
        yield piece


def _drain(response: httpx.Response) -> None:
    """Read a short body, after which the connection can be used again."""
    size = 0
    for piece in response.iter_raw():
        size += len(piece)
        if size > _MOST_DRAINED:
            return


def _refusal(response: httpx.Response) -> Exception:
    status = response.status_code
    reason = f"its server answered {status} {response.reason_phrase}".rstrip()
    if status in _TEMPORARY:
        return Unanswered(
            reason, attempts=4, wait=retry_after(response.headers.get("retry-after", ""))
        )
    return UrlReadError(f"{REFUSED}: {reason}")


def _redirect_target(first: str, url: str, location: str) -> str:
    if not location:
        raise UrlReadError(f"{REFUSED}: its server redirects without a location")
    try:
        target = urljoin(url, location)
        _ = urlsplit(target).port
    except ValueError as error:
        raise UrlReadError(f"{REFUSED}: it redirects to an invalid URL") from error
    is_https = target[:6].lower() == "https:"
    if not is_url(target) or (first[:6].lower() == "https:" and not is_https):
        raise UrlReadError(f"{UNSAFE}: it redirects to a URL that is not https")
    return target


@contextmanager
def _translate_errors() -> Iterator[None]:
    """Raise UrlReadError or Unanswered for the errors of httpx."""
    import httpx

    try:
        yield
    except UnsafeAddress as error:
        raise UrlReadError(f"{UNSAFE}: {error}") from error
    except (httpx.InvalidURL, httpx.UnsupportedProtocol) as error:
        raise UrlReadError(f"{NOT_REACHED}: invalid URL ({error})") from error
    except httpx.TimeoutException as error:
        late = f"its server did not answer within {_SECONDS:g} s"
        raise Unanswered(late, attempts=1) from error
    except httpx.ConnectError as error:
        raise Unanswered(str(error) or "no connection", attempts=3) from error
    except httpx.HTTPError as error:
        raise Unanswered(str(error) or type(error).__name__, attempts=3) from error
