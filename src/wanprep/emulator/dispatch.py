"""From a request to its reply: the sites and their routes, keys, and the faults that strike."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from functools import cache
from typing import TYPE_CHECKING, Literal
from urllib.parse import unquote

from wanprep.emulator.messages import Cut, HttpError, Reply, Stream

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from wanprep.emulator.emulator import State
    from wanprep.emulator.messages import Request

# "submit" costs money, "poll" asks for a job's status, "open" needs no key.
RouteKind = Literal["plain", "submit", "poll", "open"]
Answer = Reply | Stream | Cut


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
    routes: tuple[Route, ...]
    error: Callable[[HttpError], Reply]

    @property
    def prefix(self) -> str:
        """Where the site begins."""
        return f"/{self.name}{self.path}" if self.name else ""

    def serves(self, path: str) -> bool:
        """Answer whether a path lies below this site."""
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
    if state.faults.strikes("slow"):
        state.closing.wait(2 / state.speed)
    site = next(site for site in sites if site.serves(request.path))
    try:
        route, values = site.find_route(request.method, request.path)
        _raise_fault(state, route, request)
        if route.kind == "submit" and state.faults.strikes("lost-request"):
            return Cut()
        reply = route.handle(state, request, **values)
        if isinstance(reply, Reply) and route.kind == "submit":
            return _disturbed(state, reply)
    except HttpError as error:
        reply = site.error(error)
        wait = {"Retry-After": "1"} if error.status == 429 else {}
        return replace(reply, headers={**reply.headers, **wait})
    return reply


def _raise_fault(state: State, route: Route, request: Request) -> None:
    """Refuse before anything is done."""
    if route.kind != "open":
        if not request.key or state.faults.strikes("bad-key"):
            raise HttpError(401, "the key is missing or not valid")
        if state.faults.strikes("rate-limit"):
            raise HttpError(429, "too many requests")
    if route.kind == "poll" and state.faults.strikes("poll-error"):
        raise HttpError(503, "the service is unavailable")
    if route.kind == "submit" and state.faults.strikes("server-error"):
        raise HttpError(500, "internal error")


def _disturbed(state: State, reply: Reply) -> Answer:
    """Let faults strike the reply to a job that was accepted."""
    if state.faults.strikes("lost-reply"):
        return Cut()
    if state.faults.strikes("server-error-taken"):
        raise HttpError(500, "internal error")
    return replace(reply, broken=True) if state.faults.strikes("half-answer") else reply
