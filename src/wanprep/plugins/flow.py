"""Requests, answers and outcomes of a provider's flows, as values without a network.

A flow is a generator that yields a Request, is sent a Response, and returns an outcome. The driver
runs it over the network; `--dry-run` prints its requests; tests replay it.
"""

from __future__ import annotations

import json
from collections.abc import Generator, Mapping
from dataclasses import field
from typing import TYPE_CHECKING, Any, Final, Literal, TypeVar, get_args

from wanprep.dataclass import dataclass

if TYPE_CHECKING:
    from datetime import datetime

# The state of a run at its provider. "failed" and "cancelled" mean that nothing was paid for: the
# same job may be sent again. "expired" has ended as well, but may have been paid for. A word that
# the plugin does not list is "unknown": it is waited for like "running", until it stays the same.
State = Literal["queued", "running", "succeeded", "failed", "cancelled", "expired", "unknown"]
STATES: Final = frozenset[str](get_args(State))


@dataclass(frozen=True, slots=True, kw_only=True)
class FileContent:
    """A local file to send: as a field of a multipart form, else as the whole body."""

    path: str
    name: str  # the file name to send
    content_type: str
    form_field: str | None = None
    form: Mapping[str, str] = field(default_factory=dict)  # the form's other fields


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One request. The driver adds the key, unless `key` is False."""

    method: str
    url: str  # "/v1/tasks/1" below one of the provider's bases, or a whole URL
    base: str = "api"
    query: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    json: Any = None
    file: FileContent | None = None
    key: bool = True
    # Whether it may cost money, and so is sent once; all others may be repeated. None: in `submit`
    # every request may but GET and HEAD, in the other flows none. Set False for a step of `submit`
    # that orders nothing, such as an upload.
    paid: bool | None = None
    # Whether the flow reads an HTTP 5xx that is still there after all attempts, where a job's own
    # failure comes so; else the run goes on, and is polled again later.
    server_errors: bool = False

    @property
    def may_order(self) -> bool:
        """Whether it may cost money as a request of `submit`, which makes one such request."""
        reads = self.method.upper() in {"GET", "HEAD"}
        return self.paid if self.paid is not None else not reads


@dataclass(frozen=True, slots=True)
class Response:
    """One answer, of any status."""

    status: int
    headers: Mapping[str, str]  # names in lower case
    body: bytes
    url: str = ""  # the whole URL of the request

    @property
    def ok(self) -> bool:
        """Whether the status is 2xx."""
        return 200 <= self.status < 300

    def json(self) -> Any:  # noqa: ANN401 - whatever a service answers
        """Read the body as JSON; raise Unclear if it is none."""
        try:
            return json.loads(self.body)
        except (ValueError, RecursionError) as error:
            raise Unclear("the answer is not JSON") from error


T = TypeVar("T")
Flow = Generator[Request, Response, T]


class Refused(Exception):
    """The provider rejected the request, and no job exists."""

    def __init__(self, message: str, *, code: str = "", advice: str = "") -> None:
        super().__init__(message)
        self.code = code  # the provider's own error code
        self.advice = advice  # what to do next, if that is clear


class Unclear(Exception):
    """An answer that cannot be understood: after a paid request, a job may exist."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """One job to submit."""

    target: str
    body: Mapping[str, Any]
    model: str = ""  # as the provider calls it
    query: Mapping[str, str] = field(default_factory=dict)
    idempotency_key: str = ""
    # What the body is made of, for what a flow decides by the job: a header, an endpoint.
    roles: Mapping[str, tuple[str, ...]] = field(default_factory=dict)  # URLs, in the job's order
    parameters: Mapping[str, Any] = field(default_factory=dict)  # by their common names
    settings: Mapping[str, Any] = field(default_factory=dict)  # of [providers.NAME], at any time


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """An order that was sent; without a `provider_id` its answer was lost."""

    order: Order
    sent_at: datetime
    provider_id: str = ""
    taken: frozenset[str] = frozenset()  # the provider's ids of other runs
    details: Mapping[str, Any] = field(default_factory=dict)  # of earlier answers, secrets hidden


@dataclass(frozen=True, slots=True, kw_only=True)
class Accepted:
    """The provider accepted the job."""

    provider_id: str
    details: Mapping[str, Any] = field(default_factory=dict)  # kept with the run: credits, ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Status:
    """The state of a job."""

    state: State
    word: str  # the provider's own
    outputs: tuple[str, ...] = ()  # URLs of results
    error: str = ""
    progress: float | None = None  # from 0 to 1
    position: int | None = None  # in a queue
    details: Mapping[str, Any] = field(default_factory=dict)  # kept with the run: cost, times, ...


@dataclass(frozen=True, slots=True)
class Cancelled:
    """The outcome of a request to cancel: HTTP 200 alone does not prove it."""

    done: bool
    message: str


@dataclass(frozen=True, slots=True)
class HostedUrl:
    """A public URL of a local file."""

    url: str
    expires: datetime | None = None
