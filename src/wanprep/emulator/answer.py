"""From a request to its answer: find the route, look at the key, let the faults strike."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from wanprep.emulator.exchange import Cut, Reply, Stream, Wrong
from wanprep.emulator.sites import SITES

if TYPE_CHECKING:
    from wanprep.emulator.exchange import Received
    from wanprep.emulator.routes import Route, Site
    from wanprep.emulator.state import State

Answer = Reply | Stream | Cut


def answer(state: State, received: Received) -> Answer:
    """Answer one request."""
    if state.faults.take("slow"):
        state.closing.wait(2 / state.speed)
    site = next(site for site in SITES if received.path.startswith(site.prefix))
    try:
        return _routed(state, site, received)
    except Wrong as wrong:
        reply = site.error(wrong)
        return replace(reply, headers={**reply.headers, **_how_long(wrong)})


def _routed(state: State, site: Site, received: Received) -> Answer:
    found = site.match(received.method, received.path)
    if found is None:
        raise Wrong(404, f"there is no {received.method} {received.path}")
    route, places = found
    _disturb(state, route, received)
    if route.nature == "submit" and state.faults.take("lost-request"):
        return Cut()
    given = route.handle(state, received, **places)
    if isinstance(given, Reply) and route.nature == "submit":
        return _after_taking(state, given)
    return given


def _disturb(state: State, route: Route, received: Received) -> None:
    """Refuse before anything is done."""
    if route.nature != "open":
        if not received.key or state.faults.take("bad-key"):
            raise Wrong(401, "the key is missing or not valid")
        if state.faults.take("rate-limit"):
            raise Wrong(429, "too many requests")
    if route.nature == "poll" and state.faults.take("poll-error"):
        raise Wrong(503, "the service is unavailable")
    if route.nature == "submit" and state.faults.take("server-error"):
        raise Wrong(500, "internal error")


def _after_taking(state: State, given: Reply) -> Answer:
    """Spoil the answer to a job that was taken."""
    if state.faults.take("lost-reply"):
        return Cut()
    if state.faults.take("server-error-taken"):
        raise Wrong(500, "internal error")
    return replace(given, broken=True) if state.faults.take("half-answer") else given


def _how_long(wrong: Wrong) -> dict[str, str]:
    return {"Retry-After": "1"} if wrong.status == 429 else {}
