"""Perform a flow with answers that are written down, and see what it asked and came to."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeVar

from wanprep.plugins.flow import Order, Refused, Request, Response, Sent, Unclear
from wanprep.plugins.provider import LocalFile

if TYPE_CHECKING:
    from collections.abc import Mapping

    from wanprep.plugins.flow import Flow

T = TypeVar("T")
SENT_AT: Final = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
UNIX: Final = int(SENT_AT.timestamp())


@dataclass(frozen=True, slots=True)
class Played:
    """What a flow asked, and what it came to."""

    asked: list[Request]
    came_to: Any

    @property
    def refusal(self) -> Refused:
        assert isinstance(self.came_to, Refused), self.came_to
        return self.came_to

    @property
    def lines(self) -> list[str]:
        return [f"{request.method} {request.url}" for request in self.asked]


def answer(
    status: int, body: Any = None, headers: Mapping[str, str] | None = None, url: str = ""
) -> Response:
    """Make an answer; bytes are a body as it is."""
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return Response(status, headers or {}, raw, url)


def play(flow: Flow[Any], *answers: Response) -> Played:
    """Perform a flow: it must ask exactly as often as there are answers."""
    asked: list[Request] = []
    remaining = list(answers)
    try:
        request = next(flow)
        while True:
            asked.append(request)
            request = flow.send(remaining.pop(0))
    except StopIteration as end:
        came_to = end.value
    except (Refused, Unclear) as error:
        came_to = error
    assert not remaining, f"asked only {asked}"
    return Played(asked, came_to)


def order(target: str, model: str, body: Mapping[str, Any], **more: Any) -> Order:
    return Order(target=target, model=model, body=body, **more)


def sent(order: Order, provider_id: str = "", *taken: str) -> Sent:
    return Sent(order=order, sent_at=SENT_AT, provider_id=provider_id, taken=frozenset(taken))


def image(folder: Path, name: str = "hero.jpg", content_type: str = "image/jpeg") -> LocalFile:
    """Write a few bytes to be uploaded; what they show is nobody's business here."""
    path = folder / name
    path.write_bytes(b"\xff\xd8 an image")
    return LocalFile(
        path=str(path),
        name=name,
        content_type=content_type,
        bytes=path.stat().st_size,
        sha256="0123456789abcdef" * 4,
    )
