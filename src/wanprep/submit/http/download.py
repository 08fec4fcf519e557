"""Download a result, whole or not at all."""

from __future__ import annotations

import hashlib
import time
from typing import TYPE_CHECKING, Final

from wanprep.dataclass import dataclass
from wanprep.net.secrets import redact
from wanprep.plugins.flow import Request, Response
from wanprep.submit.errors import BadResult, Broken, NoAnswer, ResultGone
from wanprep.submit.http.retries import TRANSIENT, is_transient, retry

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import IO

    from wanprep.submit.http.client import HttpClient
    from wanprep.submit.http.retries import Outcome, RetryPolicy

_MOST_BYTES: Final = 2 * 2**30
_UNAUTHORIZED: Final = frozenset({401, 403})
_GONE: Final = _UNAUTHORIZED | {404, 410}


@dataclass(frozen=True, slots=True)
class Downloaded:
    """The size and hash of a downloaded file."""

    bytes: int
    sha256: str


def download(
    url: str,
    into: IO[bytes],
    *,
    client: HttpClient,
    policy: RetryPolicy,
    pause: Callable[[float], None],
) -> Downloaded:
    """Write the content of a URL to a file; raise ResultGone, BadResult or NoAnswer on failure."""
    attempt = _Download(into, client, policy.download)

    def fetch(*, key: bool) -> Outcome:
        request = Request(method="GET", url=url, key=key)
        return retry(lambda: attempt.run(request), is_transient, policy, pause)

    outcome = fetch(key=False)
    if isinstance(outcome, Response) and outcome.status in _UNAUTHORIZED and client.is_own(url):
        # Links need no key, but on a service's own host some do.
        with_key = fetch(key=True)
        # A signed link answers a key with HTTP 400, which does not mean that it is dead.
        outcome = with_key if isinstance(with_key, Response) and with_key.ok else outcome
    match outcome:
        case Response(status=200):
            return Downloaded(attempt.bytes, attempt.hash.hexdigest())
        case Response(status=status) if status in _GONE:
            raise ResultGone(f"the link to the result is dead (HTTP {status}): {redact(url)}")
        case Response(status=status) if status not in TRANSIENT:
            raise BadResult(f"the link to the result answers with HTTP {status}: {redact(url)}")
        case Response(status=status):
            reason: object = f"HTTP {status}"
        case Broken(hopeless=True):
            raise BadResult(f"the result cannot be downloaded: {outcome}.")
        case Broken():
            reason = outcome
    raise NoAnswer(
        f"the result could not be downloaded: {reason}. It still exists: fetch it later."
    )


class _Download:
    """A file that is written again with each attempt."""

    def __init__(self, into: IO[bytes], client: HttpClient, timeout: float) -> None:
        self._into = into
        self._client = client
        self._timeout = timeout

    def run(self, request: Request) -> Response:
        """Write the body of a response to the file, if its status is 200."""
        started = time.monotonic()
        self._into.seek(0)
        self._into.truncate()
        self.bytes, self.hash = 0, hashlib.sha256()
        with self._client.open(request) as answer:
            headers = {name.lower(): value for name, value in answer.headers.items()}
            if answer.status_code == 200:
                for piece in answer.iter_bytes():
                    self._write(piece)
                    if time.monotonic() - started > self._timeout:
                        raise Broken("it takes too long", begun=True, hopeless=True)
        return Response(answer.status_code, headers, b"")

    def _write(self, piece: bytes) -> None:
        self.bytes += len(piece)
        if self.bytes > _MOST_BYTES:
            raise Broken("it is larger than 2 GiB", begun=True, hopeless=True)
        self.hash.update(piece)
        self._into.write(piece)
