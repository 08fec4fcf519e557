"""What providers say and hear: requests and answers as values, with no network in them.

A flow is a generator that yields a Request, is sent a Response, and returns what came of it.
The driver performs it; `--dry-run` prints it; tests replay it.
"""

from __future__ import annotations

import json
from collections.abc import Generator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, TypeVar

if TYPE_CHECKING:
    from datetime import datetime

# Where a run can stand at its provider. What a word of theirs means that nobody knows is
# "unknown": it is waited for and shown, never taken for an end.
State = Literal["queued", "running", "succeeded", "failed", "cancelled", "unknown"]


@dataclass(frozen=True, slots=True, kw_only=True)
class FileContent:
    """A local file in a request: a field of a form, or with no field the whole body."""

    path: str
    name: str  # as the service is to see it
    content_type: str
    form_field: str | None = None
    form: Mapping[str, str] = field(default_factory=dict)  # the form's other fields


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One request. The driver adds the key, unless told not to."""

    method: str
    url: str  # "/v1/tasks/1" below one of the provider's bases, or a whole address
    base: str = "api"
    query: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    json: Any = None
    file: FileContent | None = None
    key: bool = True
    paid: bool = False  # what costs money is sent once; all else may be repeated


@dataclass(frozen=True, slots=True)
class Response:
    """One answer, whatever its status."""

    status: int
    headers: Mapping[str, str]  # names in lower case
    body: bytes
    url: str = ""  # whole, as it was asked

    @property
    def ok(self) -> bool:
        """Tell whether the status is one of success."""
        return 200 <= self.status < 300

    def json(self) -> Any:  # noqa: ANN401 - whatever a service answers
        """Read the body; one that is no JSON is Unclear."""
        try:
            return json.loads(self.body)
        except (ValueError, RecursionError) as error:
            raise Unclear("the answer is no JSON") from error


T = TypeVar("T")
Flow = Generator[Request, Response, T]


class Refused(Exception):
    """The provider says no, and no job exists."""

    def __init__(self, message: str, *, code: str = "", advice: str = "") -> None:
        super().__init__(message)
        self.code = code  # the provider's own word for it
        self.advice = advice  # what to do next, where it is known


class Unclear(Exception):
    """An answer that nobody can make sense of: after a paid request, all is possible."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What is to be bought."""

    target: str
    body: Mapping[str, Any]
    model: str = ""  # as the provider calls it
    query: Mapping[str, str] = field(default_factory=dict)
    idempotency_key: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """An order that was sent, perhaps without an answer."""

    order: Order
    sent_at: datetime
    provider_id: str = ""
    taken: frozenset[str] = frozenset()  # the provider's ids of other runs, which are never ours


@dataclass(frozen=True, slots=True, kw_only=True)
class Accepted:
    """The provider has the job."""

    provider_id: str
    told: Mapping[str, Any] = field(default_factory=dict)  # worth keeping: credits reserved, ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Status:
    """How far a job is."""

    state: State
    word: str  # the provider's own
    outputs: tuple[str, ...] = ()  # addresses of results
    error: str = ""
    progress: float | None = None  # from 0 to 1
    position: int | None = None  # in a queue
    told: Mapping[str, Any] = field(default_factory=dict)  # cost, times, ...


@dataclass(frozen=True, slots=True)
class Cancelled:
    """What came of asking to cancel: HTTP 200 alone does not prove it."""

    done: bool
    says: str


@dataclass(frozen=True, slots=True)
class HostedUrl:
    """A public address of a local file."""

    url: str
    expires: datetime | None = None
