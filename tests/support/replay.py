"""Run a flow on written responses, and make the orders and files to run it on."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from wanprep import testing
from wanprep.plugins import LocalFile, Order, Refused, Request, Response, Sent

if TYPE_CHECKING:
    from collections.abc import Mapping

    from wanprep.plugins import Flow

SENT_AT: Final = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
UNIX: Final = int(SENT_AT.timestamp())


@dataclass(frozen=True, slots=True)
class Played:
    """The requests and the outcome of a flow."""

    requests: list[Request]
    outcome: Any

    @property
    def refusal(self) -> Refused:
        assert isinstance(self.outcome, Refused), self.outcome
        return self.outcome

    @property
    def lines(self) -> list[str]:
        return [f"{request.method} {request.url}" for request in self.requests]


def answer(
    status: int, body: Any = None, headers: Mapping[str, str] | None = None, url: str = ""
) -> Response:
    return replace(testing.answer(status, body, headers), url=url)


def play(flow: Flow[Any], *answers: Response) -> Played:
    """Run a flow, which must send exactly as many requests as there are answers."""
    return Played(*testing.replay(flow, answers))


def order(target: str, model: str, body: Mapping[str, Any], **more: Any) -> Order:
    return Order(target=target, model=model, body=body, **more)


def sent(order: Order, provider_id: str = "", *taken: str) -> Sent:
    return Sent(order=order, sent_at=SENT_AT, provider_id=provider_id, taken=frozenset(taken))


def image(folder: Path, name: str = "hero.jpg", content_type: str = "image/jpeg") -> LocalFile:
    """Write a few bytes to upload."""
    path = folder / name
    path.write_bytes(b"\xff\xd8 an image")
    return LocalFile(
        path=str(path),
        name=name,
        content_type=content_type,
        bytes=path.stat().st_size,
        sha256="0123456789abcdef" * 4,
    )
