"""One paid request and what became of it: refused, accepted, or nobody knows."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final, TypeVar

from wanprep.net.secrets import redact
from wanprep.plugins.flow import Refused, Unclear
from wanprep.submit.errors import Broken, NoAnswer, NotSent, Uncertain
from wanprep.text import visible

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from wanprep.plugins.flow import Accepted, Flow, Request, Response
    from wanprep.submit.http.retries import Outcome


_LONGEST: Final = 300


_NAMES: Final = (
    *("message", "detail", "error_message", "error", "msg", "title"),
    *("status_message", "reason", "data"),
)


# By these a provider's support finds a request again.
_TRACES: Final = (
    *("x-request-id", "x-oneapi-request-id", "request-id", "x-amzn-requestid", "x-trace-id"),
    *("cf-ray", "date", "idempotency-replayed"),
)


def said(response: Response) -> str:
    """Tell the status and what the service says of it, if it says anything."""
    words = _message(response.body)
    return f"HTTP {response.status}: {words}" if words else f"HTTP {response.status}"


def traces(response: Response) -> dict[str, str]:
    """Keep the headers that name a request."""
    return {name: redact(response.headers[name]) for name in _TRACES if name in response.headers}


def _message(body: bytes) -> str:
    text = body.decode("utf-8", "replace").strip()
    try:
        text = next(_texts(json.loads(text)), "")
    except (ValueError, RecursionError):
        if text.startswith("<"):
            text = "a web page"
    # Hidden before it is cut, for half a key is a secret as well.
    return visible(" ".join(redact(text).split()))[:_LONGEST]


def _texts(value: Any) -> Iterator[str]:  # noqa: ANN401 - whatever JSON holds
    match value:
        case str() if value.strip():
            yield value
        case dict():
            for name in _NAMES:
                yield from _texts(value.get(name))
        case [first, *_]:
            yield from _texts(first)


T = TypeVar("T")


def perform(flow: Flow[T], answer: Callable[[Request], Response]) -> T:
    """Run a flow to its end; what `answer` raises ends it as well."""
    try:
        response: Response | None = None
        while True:
            try:
                request = next(flow) if response is None else flow.send(response)
            except StopIteration as end:
                value: T = end.value
                return value
            response = answer(request)
    finally:
        flow.close()


def hushed(error: Refused) -> Refused:
    """Take secrets out of a refusal: services like to quote the key that they refuse."""
    error.args = (redact(str(error)),)
    error.code, error.advice = redact(str(error.code)), redact(error.advice)
    return error


# So answers also who has taken what was posted, and shows a page about it.
_SEE_OTHER: Final = frozenset({302, 303})


class Purchase:
    """Performs the flow of one order, and lets it pay once."""

    def __init__(
        self,
        title: str,
        pay: Callable[[Request], Outcome],
        ask: Callable[[Request], Response],
    ) -> None:
        self._title = title
        self._pay = pay
        self._ask = ask
        self._answer: Response | None = None
        self._asked_since = False

    def make(self, flow: Flow[Accepted]) -> Accepted:
        """Order; Refused means that no job exists, Uncertain that there may be one."""
        try:
            return perform(flow, self._perform)
        except (NotSent, Uncertain):
            raise
        except Refused as error:
            if self._asked_since:
                raise self._uncertain(f"afterwards: {error}") from None
            raise hushed(error) from None
        except Exception as error:
            # Whatever goes wrong once the money may be spent, a fault of a plugin included.
            if self._answer is None:
                raise self._unpaid(error) from None
            if isinstance(error, Unclear) and self._is_plain_refusal(self._answer):
                raise Refused(f"{self._title} refuses: {said(self._answer)}") from None
            raise self._uncertain(str(error) or type(error).__name__) from error

    def _perform(self, request: Request) -> Response:
        if not request.paid:
            self._asked_since = self._answer is not None
            return self._ask(request)
        if self._answer is not None:
            raise Uncertain(f"{self._title}'s plugin wants to order twice; only once was ordered")
        self._answer = self._taken(self._pay(request))
        return self._answer

    def _taken(self, outcome: Outcome) -> Response:
        """Decide what the transport alone can tell; the rest is for the provider to read."""
        if isinstance(outcome, Broken):
            raise self._broken(outcome)
        if outcome.status >= 500:
            raise Uncertain(
                f"{self._title} answers with {said(outcome)}. The job may exist all the same",
                status=outcome.status,
                told=traces(outcome),
            )
        if 300 <= outcome.status < 400:
            raise self._redirected(outcome)
        return outcome

    def _redirected(self, answer: Response) -> Exception:
        onward = redact(answer.headers.get("location", "elsewhere"))
        say = f"{self._title} redirects to {onward}, which a paid request never follows"
        if answer.status in _SEE_OTHER:
            return Uncertain(f"{say}. The job may exist", status=answer.status)
        return Refused(
            say,
            code=f"HTTP {answer.status}",
            advice="Look whether the provider's address is set right (wanprep doctor).",
        )

    def _broken(self, broken: Broken) -> Exception:
        if broken.begun:
            return Uncertain(
                f"the order has left, but {self._title}'s answer is missing: {broken}. "
                "The job may exist"
            )
        return NotSent(
            f"{self._title} was not reached: {broken}. Nothing was sent",
            code="not-sent",
            advice="Look at the connection (and the proxy, if there is one), and run this again.",
        )

    def _unpaid(self, error: Exception) -> Exception:
        """Say of a question before the order that nothing was ordered; a fault stays one."""
        if not isinstance(error, NoAnswer | Unclear):
            return error
        say = f"before the order: {redact(str(error)).rstrip('.')}. Nothing was sent"
        return NotSent(say, code="not-sent", advice="Run this again.")

    def _uncertain(self, why: str) -> Uncertain:
        told = traces(self._answer) if self._answer else {}
        status = self._answer.status if self._answer else None
        say = f"{self._title}'s answer makes no sense ({redact(why)}). The job may exist"
        return Uncertain(say, status=status, told=told)

    @staticmethod
    def _is_plain_refusal(answer: Response) -> bool:
        """Tell a gateway's page, whose status says all, from words that want to be understood."""
        if not 400 <= answer.status < 500:
            return False
        try:
            json.loads(answer.body)
        except (ValueError, RecursionError):
            return True
        return False
