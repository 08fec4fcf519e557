"""Run a flow on written responses, and return its requests and its outcome."""

from __future__ import annotations

import hashlib
import json
import mimetypes
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Generic, NamedTuple, TypeVar

from wanprep.plugins.flow import Order, Refused, Response, Sent, Unclear
from wanprep.plugins.provider import LocalFile

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from wanprep.plugins.flow import Flow, Request


T = TypeVar("T")


class Replayed(NamedTuple, Generic[T]):
    """The requests of a flow, and its outcome: its value, or the exception instead."""

    requests: list[Request]
    outcome: T | Refused | Unclear


def replay(flow: Flow[T], answers: Iterable[Response]) -> Replayed[T]:
    """Send a flow one response after the other.

    It must send exactly as many requests as there are responses, else AssertionError is raised;
    so is every exception of the flow other than Refused and Unclear.
    """
    remaining, requests = list(answers), list[Any]()
    try:
        requests.append(next(flow))
        while True:
            if not remaining:
                raise AssertionError(f"no response is left for the last request: {_list(requests)}")
            requests.append(flow.send(remaining.pop(0)))
    except StopIteration as end:
        outcome: T | Refused | Unclear = end.value
    except (Refused, Unclear) as error:
        outcome = error
    finally:
        flow.close()
    if remaining:
        raise AssertionError(
            f"the flow ended with {len(remaining)} responses left: {_list(requests)}"
        )
    return Replayed(requests, outcome)


def _list(requests: list[Request]) -> str:
    return ", then ".join(f"{each.method} {each.url}" for each in requests) or "no requests"


def answer(status: int, body: Any = None, headers: Mapping[str, str] | None = None) -> Response:  # noqa: ANN401 - JSON
    """Make a response: bytes are the body itself, all else is written as JSON."""
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    lower = {name.lower(): value for name, value in (headers or {}).items()}
    return Response(status, lower, raw, "https://api.example.com/asked")


# Responses of proxies, outages and new versions. After an order, none shows whether a job exists.
NONSENSE: Final[Mapping[str, Response]] = {
    "nothing at all": answer(200, b""),
    "a page of HTML": answer(200, b"<html><body>Welcome to our proxy</body></html>"),
    "half of its JSON": answer(200, b'{"id": "job-'),
    "null": answer(200, None),
    "a number": answer(200, 7),
    "a string": answer(200, "ok"),
    "an empty list": answer(200, []),
    "an empty object": answer(200, {}),
    "an object of other things": answer(200, {"weather": {"today": ["rain", None, 7]}}),
    "known names with odd values": answer(
        200, {"id": [], "status": {}, "data": 7, "output": "x", "outputs": 7, "code": None}
    ),
}


# Refusals, in the shapes that most services use.
REFUSALS: Final[Mapping[str, Response]] = {
    "HTTP 400 with a message": answer(400, {"message": "the prompt is missing"}),
    "HTTP 401 with an error": answer(401, {"error": {"message": "no such key", "code": "key"}}),
    "HTTP 402 with a string": answer(402, {"error": "no money"}),
    "HTTP 403 with a page of HTML": answer(403, b"<html><body>Forbidden</body></html>"),
    "HTTP 404 with nothing": answer(404, b""),
    "HTTP 422 with a list": answer(422, {"detail": [{"loc": ["prompt"], "msg": "too long"}]}),
    "HTTP 422 with another list": answer(422, ["too long"]),
    "HTTP 429": answer(429, {"message": "slow down"}, {"Retry-After": "5"}),
}


def order(
    target: str,
    body: Mapping[str, Any] | None = None,
    *,
    model: str = "",
    query: Mapping[str, str] | None = None,
    idempotency_key: str = "",
    roles: Mapping[str, tuple[str, ...]] | None = None,
    parameters: Mapping[str, Any] | None = None,
    settings: Mapping[str, Any] | None = None,
) -> Order:
    """Make an order; without a body, of a prompt alone."""
    return Order(
        target=target,
        body={"prompt": "She waves."} if body is None else body,
        model=model,
        query=query or {},
        idempotency_key=idempotency_key,
        roles=roles or {},
        parameters=parameters or {},
        settings=settings or {},
    )


def sent(
    order: Order,
    provider_id: str = "job-1",
    *,
    sent_at: datetime = datetime(2026, 11, 20, 12, 0, tzinfo=UTC),
    taken: frozenset[str] = frozenset(),
    details: Mapping[str, Any] | None = None,
) -> Sent:
    """Make a sent order; with an id of "" its answer was lost."""
    return Sent(
        order=order, sent_at=sent_at, provider_id=provider_id, taken=taken, details=details or {}
    )


def local_file(path: str | Path) -> LocalFile:
    """Describe a file on this disk, for `upload`."""
    content = Path(path).read_bytes()
    name = Path(path).name
    return LocalFile(
        path=str(path),
        name=name,
        content_type=mimetypes.guess_type(name)[0] or "application/octet-stream",
        bytes=len(content),
        sha256=hashlib.sha256(content).hexdigest(),
    )


def problems(plugin: str) -> list[str]:
    """Return the problems of a plugin, given by its name or its folder."""
    from wanprep.testing.lint.check_plugin import check_plugin

    return [str(problem) for problem in check_plugin(plugin).problems]
