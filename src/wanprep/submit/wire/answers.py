"""What an answer says, in few and harmless words."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

from wanprep.submit.secrets import redact
from wanprep.text import visible

if TYPE_CHECKING:
    from collections.abc import Iterator

    from wanprep.submit.flow import Response

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
