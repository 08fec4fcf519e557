"""Switch faults while the emulator runs: `POST /_faults {"faults": ["lost-reply", "fail=2"]}`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wanprep.emulator.exchange import Received, Reply, Wrong, json_reply
from wanprep.emulator.routes import Route, Site
from wanprep.errors import WrongUse

if TYPE_CHECKING:
    from wanprep.emulator.state import State


def show(state: State, received: Received) -> Reply:  # noqa: ARG001 - as every route
    """Tell which faults are on and how often each will still strike; null is always."""
    return json_reply({"faults": state.faults.left()})


def switch(state: State, received: Received) -> Reply:
    """Have these faults and no others."""
    asked = received.json().get("faults")
    if not isinstance(asked, list) or not all(isinstance(name, str) for name in asked):
        raise Wrong(400, 'send {"faults": ["NAME", "NAME=TIMES", ...]}')
    try:
        state.faults.switch(asked)
    except WrongUse as error:
        raise Wrong(400, str(error)) from error
    return show(state, received)


def error(wrong: Wrong) -> Reply:
    """Say what is wrong."""
    return json_reply({"error": wrong.message}, wrong.status)


SITE = Site("/_faults", (Route("GET", "", show, "open"), Route("POST", "", switch, "open")), error)
