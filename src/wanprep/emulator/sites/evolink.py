"""EvoLink: submit, ask, list, credits and prices. No callback is called."""

from __future__ import annotations

import json
import re
import secrets
import time
from typing import TYPE_CHECKING, Any, Final

from wanprep.emulator.exchange import Received, Reply, Wrong, json_reply
from wanprep.emulator.routes import Route, Site
from wanprep.emulator.sites.evolink_orders import look_at, scene, understood
from wanprep.emulator.sites.evolink_tasks import (
    CNY_PER_USD,
    MODEL,
    USD_PER_SECOND,
    WORDS,
    bare_task,
    told_task,
)
from wanprep.emulator.sites.paging import page_of
from wanprep.emulator.studio import take_job

if TYPE_CHECKING:
    from wanprep.emulator.jobs import Job
    from wanprep.emulator.state import State

_KEY: Final = re.compile(r"[A-Za-z0-9._-]{16,96}")
_ID: Final = re.compile(r"task-unified-\d+-\w+")
_ERRORS: Final = {
    400: ("invalid_parameters", "invalid_request_error"),
    401: ("invalid_api_key", "authentication_error"),
    404: ("resource_not_found", "invalid_request_error"),
    409: ("idempotency_conflict", "invalid_request_error"),
    413: ("request_too_large", "invalid_request_error"),
    429: ("rate_limit_exceeded", "rate_limit_error"),
    503: ("service_unavailable", "server_error"),
}


def submit(state: State, received: Received) -> Reply:
    """Take a job; the same key with the same body is the same job."""
    body = received.json()
    look_at(state, body)
    key = received.headers.get("idempotency-key", "")
    if key and not _KEY.fullmatch(key):
        raise Wrong(400, "Idempotency-Key must be 16 to 96 letters, digits, . _ or -")
    sent = json.dumps(body, sort_keys=True)
    with state.lock:
        known = _known(state, key)
        job = known or _take(state, body, {"key": key, "sent": sent})
    if known is None:
        return json_reply(bare_task(job, "pending"))
    if known.notes["sent"] != sent:
        raise Wrong(409, "this idempotency key was used with another body")
    return json_reply(told_task(state, known), idempotency_replayed="true")


def task(state: State, received: Received, name: str) -> Reply:  # noqa: ARG001
    """Tell how a job stands."""
    if not _ID.fullmatch(name):
        raise Wrong(400, f"'{name}' is no task id", code="invalid_task_id")
    job = state.jobs.get("evolink", name)
    if job is None:
        raise Wrong(404, f"there is no task {name}")
    return json_reply(told_task(state, job))


def batch(state: State, received: Received) -> Reply:
    """Tell how up to 50 jobs stand; unknown ones are left out."""
    names = received.json().get("task_ids")
    if not isinstance(names, list) or not 1 <= len(names) <= 50:
        raise Wrong(400, "task_ids must hold 1 to 50 ids")
    jobs = [state.jobs.get("evolink", str(name)) for name in names]
    return json_reply({"data": [told_task(state, job) for job in jobs if job]})


def listed(state: State, received: Received) -> Reply:
    """List jobs, the newest first, without the links of their results."""
    found = [bare_task(job, WORDS[job.phase]) for job in state.jobs.of("evolink")]
    for name in ("status", "type", "model"):
        found = [one for one in found if received.query.get(name, one[name]) == one[name]]
    page, size = received.query.get("page", 1), received.query.get("page_size", 20)
    part = page_of(found, page, size)
    return json_reply(
        {"data": part, "page": int(page), "page_size": int(size), "total": len(found)}
    )


def credits_left(state: State, received: Received) -> Reply:  # noqa: ARG001
    """Tell a balance that nobody pays for."""
    return json_reply({"data": {"credits": 6800.0, "usd": 100.0}})


def pricing(state: State, received: Received) -> Reply:  # noqa: ARG001
    """Tell what a second costs."""
    low, high = USD_PER_SECOND["720p"], USD_PER_SECOND["1080p"]
    price = {
        "sku_name": MODEL,
        "model_name": MODEL,
        "billing_rule": "per_second",
        "price_range": {"min_usd": low, "max_usd": high},
        "resolution_multipliers": {"720p": 1, "1080p": round(high / low, 4)},
        "cny_price": round(low * CNY_PER_USD, 4),
    }
    return json_reply({"success": True, "data": [price]})


def error(wrong: Wrong) -> Reply:
    """Answer in the shape of this API's errors."""
    usual, kind = _ERRORS.get(wrong.status, ("internal_error", "server_error"))
    told = {"code": wrong.code or usual, "message": wrong.message, "type": kind, **wrong.more}
    told["request_id"] = secrets.token_hex(8)
    return json_reply({"error": told}, wrong.status)


def _take(state: State, body: dict[str, Any], notes: dict[str, Any]) -> Job:
    return take_job(
        state,
        scene=scene(body),
        limits="evolink",
        name=f"task-unified-{int(time.time())}-{secrets.token_hex(4)}",
        site="evolink",
        model=MODEL,
        body=understood(body),
        notes=notes,
    )


def _known(state: State, key: str) -> Job | None:
    jobs = state.jobs.of("evolink") if key else []
    return next((job for job in jobs if job.notes["key"] == key), None)


SITE = Site(
    "/evolink",
    (
        Route("POST", "/v1/videos/generations", submit, "submit"),
        Route("GET", "/v1/tasks/{name}", task, "poll"),
        Route("GET", "/v1/tasks", listed),
        Route("POST", "/v1/tasks/batch", batch, "poll"),
        Route("GET", "/v1/credits", credits_left),
        Route("GET", "/web/api/models/pricing", pricing, "open"),
    ),
    error,
)
