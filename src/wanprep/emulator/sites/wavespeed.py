"""WaveSpeed: submit, ask, list, delete, balance and prices. No webhook is called."""

from __future__ import annotations

import secrets
from datetime import datetime
from math import inf
from typing import TYPE_CHECKING, Any, Final

from wanprep.emulator.addresses import may_be_called_back
from wanprep.emulator.exchange import Received, Reply, Wrong
from wanprep.emulator.jobs import ENDED, Job
from wanprep.emulator.links import result_link
from wanprep.emulator.routes import Route, Site
from wanprep.emulator.sites import wavespeed_files
from wanprep.emulator.sites.paging import page_of
from wanprep.emulator.sites.times import iso
from wanprep.emulator.sites.wavespeed_envelope import error, success
from wanprep.emulator.sites.wavespeed_orders import scene, understood
from wanprep.emulator.sites.wavespeed_prices import MODEL, balance, models, price
from wanprep.emulator.studio import take_job

if TYPE_CHECKING:
    from wanprep.emulator.state import State

_WEEK: Final = 7 * 86_400
_WORDS: Final = {
    "queued": "created",
    "running": "processing",
    "succeeded": "completed",
    "failed": "failed",
    "cancelled": "deleted",
}
_CODES: Final = {
    "policy": 1200,
    "parameters": 1401,
    "unreachable": 1402,
    "unfit": 1403,
    "internal": 5000,
}


def submit(state: State, received: Received) -> Reply:
    """Take a job."""
    body = understood(state, received.json())
    webhook = received.query.get("webhook")
    if webhook is not None and not may_be_called_back(webhook):
        raise Wrong(400, "webhook must be a public https address", code=1401)
    job = take_job(
        state,
        scene=scene(body),
        limits="wavespeed",
        name=f"pred_{secrets.token_hex(12)}",
        site="wavespeed",
        model=MODEL,
        body=body,
    )
    return success(_told(state, job, "created"))


def prediction(state: State, received: Received, name: str) -> Reply:  # noqa: ARG001
    """Tell how a job stands."""
    job = _get(state, name)
    word = _WORDS[job.phase]
    if job.phase not in ENDED and state.faults.take("unknown-state"):
        word = "warming_up"
    return success(_told(state, job, word))


def delete(state: State, received: Received, name: str) -> Reply:  # noqa: ARG001
    """Cancel a job as far as that goes, and forget it."""
    job = _get(state, name)
    state.jobs.cancel(job, running=True)
    state.jobs.remove(job)
    return success({"id": name, "status": "deleted"})


def delete_many(state: State, received: Received) -> Reply:
    """Delete all that are named."""
    names = received.json().get("ids")
    if not isinstance(names, list):
        raise Wrong(400, "ids must be a list", code=1400)
    for name in names:
        delete(state, received, str(name))
    return success({"ids": names, "status": "deleted"})


def search(state: State, received: Received) -> Reply:
    """List jobs, the newest first, as filtered by the body or, for GET, by the query."""
    asked = {**received.query, **(received.json() if received.body else {})}
    after, before = _moment(asked, "created_after", 0), _moment(asked, "created_before", inf)
    jobs = [job for job in state.jobs.of("wavespeed") if after <= job.born <= before]
    found = [_told(state, job, _WORDS[job.phase]) for job in jobs]
    for name in ("model", "status"):
        found = [one for one in found if asked.get(name, one[name]) == one[name]]
    part = page_of(found, page := asked.get("page", 1), size := asked.get("page_size", 20))
    paged = {"page": int(page), "page_size": int(size), "total": len(found)}
    return success({"items": part, **paged})


def _get(state: State, name: str) -> Job:
    job = state.jobs.get("wavespeed", name)
    if job is None:
        raise Wrong(404, f"there is no prediction {name}")
    return job


def _told(state: State, job: Job, word: str) -> dict[str, Any]:
    outputs = [result_link(state, job, lifetime=_WEEK)] if job.result else []
    failure = job.failure
    ended = job.finished or job.born
    return {
        "id": job.id,
        "model": MODEL,
        "outputs": outputs,
        "urls": {"get": f"{state.url}/wavespeed/api/v3/predictions/{job.id}/result"},
        "has_nsfw_contents": [False for _ in outputs],
        "status": word,
        "created_at": iso(job.born),
        "error": f"{_CODES[failure.reason]}: {failure.message}" if failure else "",
        "timings": {"inference": int((ended - job.born) * 1000)},
    }


def _moment(asked: dict[str, Any], name: str, usual: float) -> float:
    if name not in asked:
        return usual
    try:
        return datetime.fromisoformat(str(asked[name])).timestamp()
    except ValueError as fault:
        raise Wrong(
            400, f"{name} must be a time such as 2026-01-01T00:00:00Z", code=1401
        ) from fault


SITE = Site(
    "/wavespeed",
    (
        Route("POST", f"/api/v3/{MODEL}", submit, "submit"),
        Route("GET", "/api/v3/predictions/{name}/result", prediction, "poll"),
        Route("GET", "/api/v3/predictions/{name}", prediction, "poll"),
        Route("DELETE", "/api/v3/predictions/{name}", delete),
        Route("POST", "/api/v3/predictions/delete", delete_many),
        Route("POST", "/api/v3/predictions", search),
        Route("GET", "/api/v3/predictions", search),
        Route("POST", "/api/v3/model/price", price),
        Route("GET", "/api/v3/models", models),
        Route("GET", "/api/v3/balance", balance),
        Route("POST", "/api/v3/media/uploads", wavespeed_files.announce),
        Route("POST", "/api/v3/media/upload/binary", wavespeed_files.binary),
    ),
    error,
)
