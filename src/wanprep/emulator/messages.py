"""Requests, replies, and the sites and routes that answer them."""

from __future__ import annotations

import json
import re
from dataclasses import field, replace
from datetime import UTC, datetime
from functools import cache
from typing import TYPE_CHECKING, Any, Final, Literal
from urllib.parse import unquote

from wanprep.dataclass import dataclass

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    from wanprep.emulator.emulator import State

# "submit" costs money, "poll" asks for a job's status, "open" needs no key.
RouteKind = Literal["plain", "submit", "poll", "open"]
KEY: Final = "emulated"  # any other key that is not empty will do as well
_RANGE: Final = re.compile(r"bytes=(\d*)-(\d*)")


class HttpError(Exception):
    """An error, which each site answers in its own shape."""

    def __init__(self, status: int, message: str, *, code: str | int = "", **more: object) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.code = code  # the provider's own word or number for it
        self.more = more


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One request."""

    method: str
    path: str  # as received, not decoded
    query: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)  # names in lower case
    body: bytes = b""

    @property
    def key(self) -> str:
        """The bearer key, or nothing."""
        return self.key_in("Authorization", "Bearer")

    def key_in(self, header: str, prefix: str) -> str:
        """Return the key in a header after a word, such as `Key KEY`; empty if there is none."""
        found, _, key = self.headers.get(header.lower(), "").rpartition(" ")
        return key if found.strip().lower() == prefix.lower() else ""

    def json(self) -> dict[str, Any]:
        """Read the body as a JSON object."""
        try:
            data = json.loads(self.body)
        except ValueError as error:
            raise HttpError(400, "the body is not JSON") from error
        if not isinstance(data, dict):
            raise HttpError(400, "the body must be a JSON object")
        return data

    def form(self) -> Form:
        """Read the body as a multipart form."""
        return _read_form(self)


@dataclass(frozen=True, slots=True)
class Slice:
    """A range of a file's bytes."""

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
    """An answer that goes on until either side ends it."""

    content_type: str
    pieces: Iterator[bytes]


@dataclass(frozen=True, slots=True)
class Cut:
    """No answer: the connection is cut."""


Answer = Reply | Stream | Cut


def json_reply(data: object, status: int = 200, **headers: str) -> Reply:
    """Answer with JSON; a header's name is written with underscores."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    body = json.dumps(data, ensure_ascii=False).encode()
    return Reply(status=status, headers={"Content-Type": "application/json", **named}, body=body)


def file_reply(request: Request, path: Path, content_type: str) -> Reply:
    """Answer with a file's bytes: all of them, or the one range that was requested."""
    size = path.stat().st_size
    headers = {"Content-Type": content_type, "Accept-Ranges": "bytes"}
    match = _RANGE.fullmatch(request.headers.get("range", ""))
    if not match or match[0] == "bytes=-":
        return Reply(headers=headers, body=Slice(path, 0, size))
    if not match[1]:  # the last so many bytes
        start, end = max(size - int(match[2]), 0), size - 1
    else:
        start, end = int(match[1]), min(int(match[2] or size), size - 1)
    if start >= size or end < start:
        return Reply(status=416, headers=headers | {"Content-Range": f"bytes */{size}"})
    headers["Content-Range"] = f"bytes {start}-{end}/{size}"
    return Reply(status=206, headers=headers, body=Slice(path, start, end - start + 1))


@dataclass(frozen=True, slots=True)
class FormFile:
    """A file in a form."""

    name: str
    content_type: str
    content: bytes


@dataclass(frozen=True, slots=True)
class Form:
    """The fields of a multipart form."""

    strings: dict[str, str]
    files: dict[str, FormFile]

    def file(self, *names: str) -> FormFile:
        """Return the file of the first of these fields that there is."""
        for name in names:
            if name in self.files:
                return self.files[name]
        raise HttpError(400, f"the form has no file in the field '{names[0]}'")


def _read_form(request: Request) -> Form:
    from email.parser import BytesParser
    from email.policy import HTTP

    kind = request.headers.get("content-type", "")
    if not kind.lower().startswith("multipart/form-data"):
        raise HttpError(400, "the body must be multipart/form-data")
    message = BytesParser(policy=HTTP).parsebytes(
        b"Content-Type: " + kind.encode() + b"\r\n\r\n" + request.body
    )
    form = Form({}, {})
    for part in message.iter_parts():
        field = part.get_param("name", header="content-disposition")
        content = part.get_payload(decode=True)
        if not isinstance(field, str) or not isinstance(content, bytes):
            continue
        if (name := part.get_filename()) is not None:
            form.files[field] = FormFile(name, part.get_content_type(), content)
        else:
            form.strings[field] = content.decode(errors="replace")
    return form


def page_of(
    items: Sequence[object], query: Mapping[str, Any], key: str, *, size: str = "page_size"
) -> dict[str, object]:
    """Answer with the page of a list that a query asks for, counted from 1."""
    number, length = _whole_number(query.get("page", 1)), _whole_number(query.get(size, 20))
    part = items[(number - 1) * length : number * length]
    return {key: part, "page": number, size: length, "total": len(items)}


def _whole_number(value: object) -> int:
    string = str(value)
    if not string.isdecimal() or int(string) < 1:
        raise HttpError(400, f"{string[:20]!r} is not a page number: pages are counted from 1")
    return int(string)


def iso_time(seconds: float) -> str:
    """Write a time as 2026-01-01T12:00:00.000Z."""
    written = datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds")
    return written.replace("+00:00", "Z")


@dataclass(frozen=True, slots=True)
class Route:
    """One endpoint. `{name}` in its path is one segment, `{name...}` the rest with its slashes.

    `handle(state, request, name=...)` returns a `Reply` or a `Stream`, or raises `HttpError`.
    Requests come from several threads at once.
    """

    method: str
    path: str
    handle: Callable[..., Reply | Stream]
    kind: RouteKind = "plain"


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """A service below /NAME, or a part of it that has errors of another shape, below a path."""

    name: str  # the provider's
    path: str = ""
    key_variable: str = ""  # the environment variable that holds the provider's key
    key_header: str = "Authorization"  # in which requests have the key
    key_prefix: str = "Bearer"  # the word before it
    key: str = KEY
    routes: tuple[Route, ...]
    error: Callable[[HttpError], Reply]

    @property
    def prefix(self) -> str:
        """Where the site begins."""
        return f"/{self.name}{self.path}" if self.name else ""

    def serves(self, path: str) -> bool:
        """Whether a path lies below this site."""
        return path == self.prefix or path.startswith(f"{self.prefix}/")

    def find_route(self, method: str, path: str) -> tuple[Route, dict[str, str]]:
        """Find the route of a path, and the values of its placeholders."""
        for route in self.routes:
            match = _pattern(self.prefix + route.path).fullmatch(path)
            if match and route.method == ("GET" if method == "HEAD" else method):
                return route, {name: unquote(value) for name, value in match.groupdict().items()}
        raise HttpError(404, f"there is no {method} {path}")


@cache
def _pattern(path: str) -> re.Pattern[str]:
    rest = re.sub(r"\\\{(\w+)\\\.\\\.\\\.\\\}", r"(?P<\1>.+)", re.escape(path))
    return re.compile(re.sub(r"\\\{(\w+)\\\}", r"(?P<\1>[^/]+)", rest))


def dispatch(state: State, sites: Iterable[Site], request: Request) -> Answer:
    """Answer one request from the first site that serves its path."""
    if state.faults.trigger("slow"):
        state.closing.wait(2 / state.speed)
    site = next(site for site in sites if site.serves(request.path))
    try:
        route, values = site.find_route(request.method, request.path)
        _raise_fault(state, site, route, request)
        if route.kind == "submit" and state.faults.trigger("lost-request"):
            return Cut()
        reply = route.handle(state, request, **values)
        if isinstance(reply, Reply) and route.kind == "submit":
            return _with_faults(state, reply)
    except HttpError as error:
        reply = site.error(error)
        wait = {"Retry-After": "1"} if error.status == 429 else {}
        return replace(reply, headers={**reply.headers, **wait})
    return reply


def _raise_fault(state: State, site: Site, route: Route, request: Request) -> None:
    """Refuse before anything is done."""
    if route.kind != "open":
        if not request.key_in(site.key_header, site.key_prefix) or state.faults.trigger("bad-key"):
            raise HttpError(401, "the key is missing or not valid")
        if state.faults.trigger("rate-limit"):
            raise HttpError(429, "too many requests")
    if route.kind == "poll" and state.faults.trigger("poll-error"):
        raise HttpError(503, "the service is unavailable")
    if route.kind == "submit" and state.faults.trigger("server-error"):
        raise HttpError(500, "internal error")


def _with_faults(state: State, reply: Reply) -> Answer:
    """Apply the faults that are on to the reply to an accepted job."""
    if state.faults.trigger("lost-reply"):
        return Cut()
    if state.faults.trigger("no-reply"):
        state.closing.wait()
        return Cut()
    if state.faults.trigger("server-error-taken"):
        raise HttpError(500, "internal error")
    return replace(reply, broken=True) if state.faults.trigger("half-answer") else reply
