"""Perform a flow with answers that are written down, and see what it asked and came to."""

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
    """What a flow asked, and what it came to: its value, or why there is none."""

    requests: list[Request]
    outcome: T | Refused | Unclear


def replay(flow: Flow[T], answers: Iterable[Response]) -> Replayed[T]:
    """Give a flow one answer after the other.

    It must ask exactly as often as there are answers: AssertionError tells when it does not.
    Whatever else it raises is a fault of its own, and is raised.
    """
    waiting, asked = list(answers), list[Any]()
    try:
        asked.append(next(flow))
        while True:
            if not waiting:
                raise AssertionError(f"it asks once more, and no answer is left: {_told(asked)}")
            asked.append(flow.send(waiting.pop(0)))
    except StopIteration as end:
        outcome: T | Refused | Unclear = end.value
    except (Refused, Unclear) as error:
        outcome = error
    finally:
        flow.close()
    if waiting:
        raise AssertionError(f"it ends with {len(waiting)} answers left: {_told(asked)}")
    return Replayed(asked, outcome)


def _told(asked: list[Request]) -> str:
    return ", then ".join(f"{each.method} {each.url}" for each in asked) or "nothing was asked"


def answer(status: int, body: Any = None, headers: Mapping[str, str] | None = None) -> Response:  # noqa: ANN401 - JSON
    """Make an answer: bytes are a body as it is, all else is written as JSON."""
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    low = {name.lower(): value for name, value in (headers or {}).items()}
    return Response(status, low, raw, "https://api.example.com/asked")


# What stands where an answer should be when a proxy, an outage or a new version came between.
# After an order, none of it says whether there is a job.
NONSENSE: Final[Mapping[str, Response]] = {
    "nothing at all": answer(200, b""),
    "a page of HTML": answer(200, b"<html><body>Welcome to our proxy</body></html>"),
    "half of its JSON": answer(200, b'{"id": "job-'),
    "null": answer(200, None),
    "a number": answer(200, 7),
    "a text": answer(200, "ok"),
    "an empty list": answer(200, []),
    "an empty object": answer(200, {}),
    "an object of other things": answer(200, {"weather": {"today": ["rain", None, 7]}}),
    "known names with odd values": answer(
        200, {"id": [], "status": {}, "data": 7, "output": "x", "outputs": 7, "code": None}
    ),
}


# What a service says when it says no: the ways in which most of them write it.
REFUSALS: Final[Mapping[str, Response]] = {
    "HTTP 400 with a message": answer(400, {"message": "the prompt is missing"}),
    "HTTP 401 with an error": answer(401, {"error": {"message": "no such key", "code": "key"}}),
    "HTTP 402 with a text": answer(402, {"error": "no money"}),
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
) -> Order:
    """Make an order, of a prompt alone where nothing is said."""
    return Order(
        target=target,
        body={"prompt": "She waves."} if body is None else body,
        model=model,
        query=query or {},
        idempotency_key=idempotency_key,
    )


def sent(
    order: Order,
    provider_id: str = "job-1",
    *,
    sent_at: datetime = datetime(2026, 11, 20, 12, 0, tzinfo=UTC),
    taken: frozenset[str] = frozenset(),
) -> Sent:
    """Make of an order one that was sent; with an id of "" its answer was lost."""
    return Sent(order=order, sent_at=sent_at, provider_id=provider_id, taken=taken)


def local_file(path: str | Path) -> LocalFile:
    """Describe a file that lies on this disk, as an upload is given it."""
    content = Path(path).read_bytes()
    name = Path(path).name
    return LocalFile(
        path=str(path),
        name=name,
        content_type=mimetypes.guess_type(name)[0] or "application/octet-stream",
        bytes=len(content),
        sha256=hashlib.sha256(content).hexdigest(),
    )


def faults(plugin: str) -> list[str]:
    """Say what is wrong with a plugin, given by its name or its folder: nothing, one hopes."""
    from wanprep.testing.lint.check_plugin import check_plugin

    return [str(fault) for fault in check_plugin(plugin).faults]
