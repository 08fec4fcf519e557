"""Oxen's event stream: tells of jobs that end while somebody listens, and of other things."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Final

from wanprep.emulator.exchange import Received, Stream
from wanprep.emulator.jobs import ENDED, Job
from wanprep.emulator.links import result_link

if TYPE_CHECKING:
    from collections.abc import Iterator

    from wanprep.emulator.state import State

_IDLE: Final = 15  # seconds at speed 1 between two signs of life
_LOOK: Final = 0.05
_HOUR: Final = 3600


def events(state: State, received: Received) -> Stream:  # noqa: ARG001
    """Tell of every job that ends from now on; what ended before is not told again."""
    over = {job.id for job in state.jobs.of("oxen") if job.phase in ENDED}
    return Stream("text/event-stream", _pieces(state, over))


def _pieces(state: State, over: set[str]) -> Iterator[bytes]:
    yield b": keep-alive\n\n"
    spoken = time.monotonic()
    while not state.closing.wait(_LOOK):
        for job in reversed(state.jobs.of("oxen")):
            if job.id not in over and job.phase in ENDED:
                over.add(job.id)
                spoken = time.monotonic()
                yield from _told(state, job)
        if time.monotonic() - spoken > _IDLE / state.speed:
            spoken = time.monotonic()
            yield b": keep-alive\n\n"


def _told(state: State, job: Job) -> Iterator[bytes]:
    if job.phase == "cancelled":
        return  # documented: a cancelled job fires nothing
    told = {"generation_id": job.id, "status": job.phase, "media_type": "video"}
    # The stream is the user's: events of other kinds come along.
    yield _event("storage_updated", {"generation_id": job.id, "bytes": 1})
    if job.result:
        link = result_link(state, job, lifetime=_HOUR)
        yield _event("media_generation_completed", {**told, "model": job.model, "url": link})
    elif job.failure:
        yield _event("media_generation_completed", {**told, "error": job.failure.message})


def _event(name: str, data: dict[str, object]) -> bytes:
    return f"event: {name}\ndata: {json.dumps(data)}\n\n".encode()
