"""Answers of a service, written by hand: those of a plugin's author, and some that all get."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

from wanprep.submit.flow import Response

if TYPE_CHECKING:
    from collections.abc import Mapping


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
