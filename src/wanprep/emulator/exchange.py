"""What comes in and what goes out, as values."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path


class Wrong(Exception):
    """A request that is answered with an error, in the shape of the site it was sent to."""

    def __init__(self, status: int, message: str, *, code: str | int = "", **more: object) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.code = code  # the provider's own word or number for it
        self.more = more


@dataclass(frozen=True, slots=True, kw_only=True)
class Received:
    """One request."""

    method: str
    path: str  # as it came, not decoded
    query: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)  # names in lower case
    body: bytes = b""

    @property
    def key(self) -> str:
        """Return the bearer key, or nothing."""
        scheme, _, key = self.headers.get("authorization", "").partition(" ")
        return key.strip() if scheme.lower() == "bearer" else ""

    def json(self) -> dict[str, Any]:
        """Read the body as a JSON object."""
        try:
            data = json.loads(self.body)
        except ValueError as error:
            raise Wrong(400, "the body is no JSON") from error
        if not isinstance(data, dict):
            raise Wrong(400, "the body must be a JSON object")
        return data


@dataclass(frozen=True, slots=True)
class Slice:
    """A stretch of a file."""

    path: Path
    start: int
    length: int

    def __len__(self) -> int:
        return self.length


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """One answer."""

    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes | Slice = b""
    broken: bool = False  # the connection is cut when half of the body is out


@dataclass(frozen=True, slots=True)
class Stream:
    """An answer that goes on until one of the two has enough."""

    content_type: str
    pieces: Iterator[bytes]


@dataclass(frozen=True, slots=True)
class Cut:
    """No answer at all: the connection is cut."""


def json_reply(data: object, status: int = 200, **headers: str) -> Reply:
    """Answer with JSON; a header's name is written with underscores."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    body = json.dumps(data, ensure_ascii=False).encode()
    return Reply(status=status, headers={"Content-Type": "application/json", **named}, body=body)
