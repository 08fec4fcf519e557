"""The driver: runs a provider's flows over a real network.

An order is sent once. All other requests cost nothing and are repeated until they are answered.
"""

from __future__ import annotations

import time
from dataclasses import replace
from typing import TYPE_CHECKING, TypeVar

from wanprep.closing import Closing
from wanprep.net.secrets import redact, redact_json
from wanprep.plugins.flow import STATES, Cancelled, Refused, Unclear
from wanprep.plugins.provider import CannotHost
from wanprep.submit.errors import Broken, NoAnswer, redact_refusal
from wanprep.submit.http.client import HttpClient
from wanprep.submit.http.download import Downloaded, download
from wanprep.submit.http.paid import PaidRequest, describe, run_flow
from wanprep.submit.http.retries import (
    TRANSIENT,
    RetryPolicy,
    is_safe_to_resend,
    is_transient,
    retry,
)
from wanprep.submit.services.keys import need_key

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import IO

    from wanprep.net.reach import Reach
    from wanprep.plugins import (
        Accepted,
        Flow,
        HostedUrl,
        LocalFile,
        Order,
        Provider,
        Request,
        Response,
        Sent,
        Settings,
        Status,
    )
    from wanprep.submit.http.retries import Outcome
    from wanprep.submit.http.trace import Trace
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
        policy: RetryPolicy | None = None,
        reach: Reach | None = None,
        trace: Trace | None = None,
        pause: Callable[[float], None] = time.sleep,
    ) -> None:
        self.provider = provider
        self.service = service
        self.settings = settings or {}
        self.policy = policy or RetryPolicy()
        self.pause = pause
        bases = {name: service.base(name, environ, self.settings) for name in service.bases}
        key = need_key(service, environ, self.settings)
        self.client = HttpClient(bases, key, self.policy, reach, trace)

    def close(self) -> None:
        """Close the connections."""
        self.client.close()

    def submit(self, order: Order) -> Accepted:
        """Submit a job, once. Refused: no job exists. Uncertain: one may exist."""
        paid = PaidRequest(self.service.title, self._send_paid, self._send_free)
        accepted = paid.run(self.provider.submit(self._with_settings(order)))
        return replace(accepted, details=redact_json(dict(accepted.details)))

    def poll(self, sent: Sent) -> Status:
        """Request the status of a job."""
        status = self._run_free(self.provider.poll(self._current(sent)))
        details = redact_json(dict(status.details))
        if status.state not in STATES:  # a mistake of the plugin
            status = replace(status, state="unknown", word=status.word or str(status.state))
        return replace(status, error=redact(status.error), details=details)

    def cancel(self, sent: Sent) -> Cancelled:
        """Request that a job is cancelled, and return whether it was."""
        if self.provider.cancel is None:
            message = f"{self.service.title} has no way to cancel a job"
            return Cancelled(done=False, message=message)
        cancelled = self._run_free(self.provider.cancel(self._current(sent)))
        return replace(cancelled, message=redact(cancelled.message))

    def find(self, sent: Sent) -> Accepted | None:
        """Search for a job whose answer was lost; None unless it is found for certain."""
        if self.provider.find is None:
            return None
        found = self._run_free(self.provider.find(self._current(sent)))
        return found and replace(found, details=redact_json(dict(found.details)))

    def upload(self, file: LocalFile, order: Order) -> HostedUrl:
        """Upload a local file of an order to the provider."""
        if self.provider.upload is None:
            raise CannotHost(f"{self.service.title} has no uploads.")
        return self._run_free(self.provider.upload(file, self._with_settings(order)))

    def download(self, url: str, into: IO[bytes]) -> Downloaded:
        """Download a result, whole; a dead link is ResultGone."""
        return download(url, into, client=self.client, policy=self.policy, pause=self.pause)

    def _with_settings(self, order: Order) -> Order:
        """Add the settings, which are those of today also for a run of last week."""
        return replace(order, settings=self.settings)

    def _current(self, sent: Sent) -> Sent:
        return replace(sent, order=self._with_settings(sent.order))

    def _run_free(self, flow: Flow[T]) -> T:
        try:
            return run_flow(flow, self._send_unpaid)
        except Refused as error:
            raise redact_refusal(error) from None
        except Unclear as error:
            message = f"{self.service.title}'s answer cannot be read: {redact(str(error))}."
            raise NoAnswer(message) from None

    def _send_unpaid(self, request: Request) -> Response:
        if request.paid:
            raise NoAnswer(
                f"{self.service.title}'s plugin has a paid request outside of `submit`, which was"
                " not sent. Report it to the plugin's author."
            )
        return self._send_free(request)

    def _send_paid(self, request: Request) -> Outcome:
        return retry(lambda: self.client.send(request), is_safe_to_resend, self.policy, self.pause)

    def _send_free(self, request: Request) -> Response:
        outcome = retry(lambda: self.client.send(request), is_transient, self.policy, self.pause)
        match outcome:
            case Broken():
                message = f"{self.service.title} gives no answer: {outcome}."
                raise NoAnswer(message, hopeless=outcome.hopeless)
            case _ if request.server_errors and outcome.status >= 500:
                return outcome
            case _ if outcome.status in TRANSIENT:
                raise NoAnswer(f"{self.service.title} answers with {describe(outcome)}.")
            case _:
                return outcome
