"""Hear of finished generations as they finish. Nothing is kept for those who come later."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Final

from wanprep.plugins.answers import job_id
from wanprep.plugins.flow import Request, Unclear
from wanprep.plugins.provider import Events
from wanprep_oxen.generation import status_of

if TYPE_CHECKING:
    from wanprep.plugins.flow import Status

_COMPLETED: Final = "media_generation_completed"


def connect() -> Request:
    """Ask for the account's stream of events."""
    return Request(method="GET", url="/api/events", headers={"Accept": "text/event-stream"})


def read(event: str, data: str) -> tuple[str, Status] | None:
    """Read an event: other kinds, which the same stream carries, are nothing to us."""
    if event != _COMPLETED:
        return None
    try:
        generation = json.loads(data)
        if not isinstance(generation, dict):
            return None
        return job_id(generation.get("generation_id")), status_of(generation)
    except (ValueError, RecursionError, Unclear):
        return None


EVENTS: Final = Events(connect=connect, read=read)
