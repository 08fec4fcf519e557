"""Fetch what lies behind a link, whole or not at all."""

from __future__ import annotations

import hashlib
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from wanprep.net.secrets import redact
from wanprep.plugins.flow import Request, Response
from wanprep.submit.errors import BadResult, Broken, NoAnswer, ResultGone
from wanprep.submit.http.retries import PASSING, insist, may_pass

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import IO

    from wanprep.submit.http.client import Wire
    from wanprep.submit.http.retries import Patience

_MOST_BYTES: Final = 2 * 2**30
_LOCKED: Final = frozenset({401, 403})
_GONE: Final = _LOCKED | {404, 410}


@dataclass(frozen=True, slots=True)
class Downloaded:
    """What arrived."""

    bytes: int
    sha256: str


def download(
    url: str,
    into: IO[bytes],
    *,
    wire: Wire,
    patience: Patience,
    pause: Callable[[float], None],
) -> Downloaded:
    """Write what a link gives into a file, and tell its size and hash."""
    fetched = _Fetch(into, wire, patience.download)
    outcome = insist(lambda: fetched.attempt(_request(url)), may_pass, patience, pause)
    locked = isinstance(outcome, Response) and outcome.status in _LOCKED
    if locked and wire.is_own(url):
        # Links need no key; some services' own address may want it nevertheless.
        keyed = _request(url, key=True)
        opened = insist(lambda: fetched.attempt(keyed), may_pass, patience, pause)
        # A signed link answers a key with HTTP 400, which says nothing of the link.
        outcome = opened if isinstance(opened, Response) and opened.ok else outcome
    match outcome:
        case Response(status=200):
            return Downloaded(fetched.bytes, fetched.hashed.hexdigest())
        case Response(status=status) if status in _GONE:
            raise ResultGone(f"the link to the result is dead (HTTP {status}): {redact(url)}")
        case Response(status=status) if status not in PASSING:
            raise BadResult(f"the link to the result answers with HTTP {status}: {redact(url)}")
        case Response(status=status):
            why: object = f"HTTP {status}"
        case Broken(hopeless=True):
            raise BadResult(f"the result cannot be fetched: {outcome}.")
        case Broken():
            why = outcome
    raise NoAnswer(f"the result could not be fetched: {why}. It is still there: fetch it later.")


def _request(url: str, *, key: bool = False) -> Request:
    return Request(method="GET", url=url, key=key)


class _Fetch:
    """One download, begun anew with each attempt."""

    def __init__(self, into: IO[bytes], wire: Wire, patience: float) -> None:
        self._into = into
        self._wire = wire
        self._patience = patience
        self.bytes = 0
        self.hashed = hashlib.sha256()

    def attempt(self, request: Request) -> Response:
        """Read an answer into the file, if it is what was asked for."""
        begun = time.monotonic()
        self._begin()
        with self._wire.open(request) as answer:
            headers = {name.lower(): value for name, value in answer.headers.items()}
            if answer.status_code == 200:
                for piece in answer.iter_bytes():
                    self._keep(piece)
                    if time.monotonic() - begun > self._patience:
                        raise Broken("it takes too long", begun=True, hopeless=True)
        return Response(answer.status_code, headers, b"")

    def _begin(self) -> None:
        self._into.seek(0)
        self._into.truncate()
        self.bytes, self.hashed = 0, hashlib.sha256()

    def _keep(self, piece: bytes) -> None:
        self.bytes += len(piece)
        if self.bytes > _MOST_BYTES:
            raise Broken("it is larger than any result", begun=True, hopeless=True)
        self.hashed.update(piece)
        self._into.write(piece)
