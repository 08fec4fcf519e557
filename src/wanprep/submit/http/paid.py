"""Run the flow of an order: send its paid request once, and decide what its outcome means."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final, TypeVar

from wanprep.net.secrets import redact
from wanprep.plugins.flow import Refused, Unclear
from wanprep.submit.errors import Broken, NoAnswer, NotSent, Uncertain, redact_refusal
from wanprep.text import visible

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from wanprep.plugins.flow import Accepted, Flow, Request, Response
    from wanprep.submit.http.retries import Outcome

T = TypeVar("T")
_LONGEST_MESSAGE: Final = 300
_MESSAGE_KEYS: Final = (
    *("message", "detail", "error_message", "error", "msg", "title"),
    *("status_message", "reason", "data"),
)
# Headers by which a provider's support can find a request.
_REQUEST_IDS: Final = (
    *("x-request-id", "x-oneapi-request-id", "request-id", "x-amzn-requestid", "x-trace-id"),
    *("cf-ray", "date", "idempotency-replayed"),
)
# Also the redirects of servers that have accepted a POST, and show a page about it.
_SEE_OTHER: Final = frozenset({302, 303})


class PaidRequest:
    """Runs the flow of one order, and sends its paid request once."""

    def __init__(
        self,
        title: str,
        send_paid: Callable[[Request], Outcome],
        send_free: Callable[[Request], Response],
    ) -> None:
        self._title = title
        self._send_paid = send_paid
        self._send_free = send_free
        self._answer: Response | None = None
        self._sent_more = False  # another request after the paid one

    def run(self, flow: Flow[Accepted]) -> Accepted:
        """Place the order; Refused means that no job exists, Uncertain that one may exist."""
        try:
            return run_flow(flow, self._send)
        except (NotSent, Uncertain):
            raise
        except Refused as error:
            if self._sent_more:
                raise self._uncertain(f"afterwards: {error}") from None
            raise redact_refusal(error) from None
        except Exception as error:
            # Every error after the paid request, of a plugin too.
            if self._answer is None:
                raise self._not_sent(error) from None
            if isinstance(error, Unclear) and _is_plain_refusal(self._answer):
                raise Refused(f"{self._title} refuses: {describe(self._answer)}") from None
            raise self._uncertain(str(error) or type(error).__name__) from error

    def _send(self, request: Request) -> Response:
        if not request.may_order:
            self._sent_more = self._answer is not None
            return self._send_free(request)
        if self._answer is not None:
            message = f"{self._title}'s plugin has a second paid request, which was not sent"
            raise Uncertain(message)
        self._answer = self._check_outcome(self._send_paid(request))
        return self._answer

    def _check_outcome(self, outcome: Outcome) -> Response:
        """Raise for outcomes that the transport decides; the provider's flow reads all others."""
        if isinstance(outcome, Broken):
            raise self._broken(outcome)
        if outcome.status >= 500:
            raise Uncertain(
                f"{self._title} answers with {describe(outcome)}. The job may exist all the same",
                status=outcome.status,
                headers=_request_ids(outcome),
            )
        if 300 <= outcome.status < 400:
            raise self._redirected(outcome)
        return outcome

    def _redirected(self, answer: Response) -> Exception:
        location = redact(answer.headers.get("location", "elsewhere"))
        message = f"{self._title} redirects to {location}, which a paid request never follows"
        if answer.status in _SEE_OTHER:
            return Uncertain(f"{message}. The job may exist", status=answer.status)
        return Refused(
            message,
            code=f"HTTP {answer.status}",
            advice="Check the provider's base URL (wanprep doctor).",
        )

    def _broken(self, broken: Broken) -> Exception:
        if broken.begun:
            return Uncertain(
                f"the order was sent, but {self._title}'s answer is missing: {broken}. "
                "The job may exist"
            )
        return NotSent(
            f"{self._title} was not reached: {broken}. Nothing was sent",
            code="not-sent",
            advice="Check the connection (and the proxy, if there is one), and run this again.",
        )

    def _not_sent(self, error: Exception) -> Exception:
        """Turn an error before the order into NotSent; internal errors stay what they are."""
        if not isinstance(error, NoAnswer | Unclear):
            return error
        message = f"before the order: {redact(str(error)).rstrip('.')}. Nothing was sent"
        return NotSent(message, code="not-sent", advice="Run this again.")

    def _uncertain(self, reason: str) -> Uncertain:
        message = f"{self._title}'s answer cannot be read ({redact(reason)}). The job may exist"
        if self._answer is None:
            return Uncertain(message)
        return Uncertain(message, status=self._answer.status, headers=_request_ids(self._answer))


def _is_plain_refusal(answer: Response) -> bool:
    """Whether a 4xx is not JSON: a gateway's page, whose status says all."""
    if not 400 <= answer.status < 500:
        return False
    try:
        json.loads(answer.body)
    except (ValueError, RecursionError):
        return True
    return False


def run_flow(flow: Flow[T], send: Callable[[Request], Response]) -> T:
    """Run a flow to its end, and close it when `send` raises."""
    try:
        response: Response | None = None
        while True:
            try:
                request = next(flow) if response is None else flow.send(response)
            except StopIteration as end:
                value: T = end.value
                return value
            response = send(request)
    finally:
        flow.close()


def describe(response: Response) -> str:
    """Return the status and the service's message, if there is one."""
    message = _message(response.body)
    return f"HTTP {response.status}: {message}" if message else f"HTTP {response.status}"


def _request_ids(response: Response) -> dict[str, str]:
    headers = response.headers
    return {name: redact(headers[name]) for name in _REQUEST_IDS if name in headers}


def _message(body: bytes) -> str:
    text = body.decode("utf-8", "replace").strip()
    try:
        text = next(_strings(json.loads(text)), "")
    except (ValueError, RecursionError):
        if text.startswith("<"):
            text = "a web page"
    # Redacted before it is cut, because half a key is a secret as well.
    return visible(" ".join(redact(text).split()))[:_LONGEST_MESSAGE]


def _strings(value: Any) -> Iterator[str]:  # noqa: ANN401 - JSON
    match value:
        case str() if value.strip():
            yield value
        case dict():
            for name in _MESSAGE_KEYS:
                yield from _strings(value.get(name))
        case [first, *_]:
            yield from _strings(first)
