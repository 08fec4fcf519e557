"""Orders, sent ones and files, as flows are given them."""

from __future__ import annotations

import hashlib
import mimetypes
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from wanprep.submit.flow import Order, Sent
from wanprep.submit.provider import LocalFile

if TYPE_CHECKING:
    from collections.abc import Mapping


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
