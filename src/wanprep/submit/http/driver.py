"""The driver: performs what providers say over a real network.

An order is sent once. All else costs nothing and is asked again, patiently, until it is
answered.
"""

from __future__ import annotations

import time
from dataclasses import replace
from typing import TYPE_CHECKING, TypeVar

from wanprep.closing import Closing
from wanprep.net.secrets import redact, redact_json
from wanprep.plugins.flow import Cancelled, Refused, Unclear
from wanprep.submit.errors import Broken, CannotHost, NoAnswer
from wanprep.submit.http.client import Wire
from wanprep.submit.http.download import Downloaded, download
from wanprep.submit.http.purchase import Purchase, hushed, perform, said
from wanprep.submit.http.retries import PASSING, Outcome, Patience, insist, may_pass, never_arrived
from wanprep.submit.services.keys import need_key

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import IO

    from wanprep.plugins.flow import (
        Accepted,
        Flow,
        HostedUrl,
        Order,
        Request,
        Response,
        Sent,
        Status,
    )
    from wanprep.plugins.provider import LocalFile, Provider, Settings
    from wanprep.submit.services.service import Service

T = TypeVar("T")


class Driver(Closing):
    """Talks to one provider. May be used by several threads at once."""

    def __init__(
        self,
        provider: Provider,
        service: Service,
        *,
        environ: Mapping[str, str],
        settings: Settings | None = None,
        patience: Patience | None = None,
        pause: Callable[[float], None] = time.sleep,
    ) -> None:
        self.provider = provider
        self.service = service
        self.settings = settings or {}
        self.patience = patience or Patience()
        self.pause = pause
        bases = {name: service.base(name, environ) for name in service.bases}
        self.wire = Wire(bases, need_key(service, environ), self.patience)

    def close(self) -> None:
        """Let go of the connections."""
        self.wire.close()

    def submit(self, order: Order) -> Accepted:
        """Order a job, once. Refused: there is none. Uncertain: there may be one."""
        accepted = Purchase(self.service.title, self._pay, self._ask).make(
            self.provider.submit(order)
        )
        return replace(accepted, told=redact_json(dict(accepted.told)))

    def poll(self, sent: Sent) -> Status:
        """Ask how far a job is."""
        status = self._free(self.provider.poll(sent))
        return replace(status, error=redact(status.error), told=redact_json(dict(status.told)))

    def cancel(self, sent: Sent) -> Cancelled:
        """Ask to cancel a job; the answer says what came of it."""
        if self.provider.cancel is None:
            return Cancelled(done=False, says=f"{self.service.title} has no way to cancel a job")
        done = self._free(self.provider.cancel(sent))
        return replace(done, says=redact(done.says))

    def find(self, sent: Sent) -> Accepted | None:
        """Look for a job whose answer was lost. None where nothing certain is found."""
        if self.provider.find is None:
            return None
        found = self._free(self.provider.find(sent))
        return found and replace(found, told=redact_json(dict(found.told)))

    def upload(self, file: LocalFile) -> HostedUrl:
        """Put a local file where the provider keeps such."""
        if self.provider.upload is None:
            raise CannotHost(f"{self.service.title} takes no uploads.")
        return self._free(self.provider.upload(file, self.settings))

    def download(self, url: str, into: IO[bytes]) -> Downloaded:
        """Fetch what lies behind a result's link, whole; a dead link is ResultGone."""
        return download(url, into, wire=self.wire, patience=self.patience, pause=self.pause)

    def _free(self, flow: Flow[T]) -> T:
        try:
            return perform(flow, self._ask)
        except Refused as error:
            raise hushed(error) from None
        except Unclear as error:
            say = f"{self.service.title}'s answer makes no sense: {redact(str(error))}."
            raise NoAnswer(say) from None

    def _pay(self, request: Request) -> Outcome:
        return insist(lambda: self.wire.send(request), never_arrived, self.patience, self.pause)

    def _ask(self, request: Request) -> Response:
        outcome = insist(lambda: self.wire.send(request), may_pass, self.patience, self.pause)
        match outcome:
            case Broken():
                raise NoAnswer(f"{self.service.title} gives no answer: {outcome}.")
            case _ if outcome.status in PASSING:
                raise NoAnswer(f"{self.service.title} answers with {said(outcome)}.")
            case _:
                return outcome
