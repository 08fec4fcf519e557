"""RunComfy: both models, submit, status, result and cancel. It has no webhooks."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any, Final

from wanprep.emulator.exchange import Received, Reply, Wrong, json_reply
from wanprep.emulator.jobs import ENDED, Job
from wanprep.emulator.links import result_link
from wanprep.emulator.routes import Route, Site
from wanprep.emulator.sites.runcomfy_models import (
    USD_PER_SECOND,
    document_of,
    models,
    one_model,
)
from wanprep.emulator.sites.runcomfy_orders import understood
from wanprep.emulator.sites.times import iso
from wanprep.emulator.studio import take_job

if TYPE_CHECKING:
    from wanprep.emulator.state import State

_HOUR: Final = 3600
# There is no documented word for failure: such a job is completed, with an error and no output.
_WORDS: Final = {
    "queued": "in_queue",
    "running": "in_progress",
    "succeeded": "completed",
    "failed": "completed",
    "cancelled": "cancelled",
}
_CODES: Final = {400: 400001, 401: 401001, 404: 404001, 422: 422001, 500: 500001}


def submit(state: State, received: Received, model: str) -> Reply:
    """Take a job."""
    if not received.path.endswith(model):
        raise Wrong(404, "the slashes of a model's name must not be encoded", code=400001)
    name = document_of(model)
    body, scene = understood(state, name, received.json())
    job = take_job(
        state,
        scene=scene,
        limits=name,
        name=str(uuid.uuid4()),
        site="runcomfy",
        model=model,
        body=body,
    )
    return json_reply({"request_id": job.id, **_urls(state, job)})


def status(state: State, received: Received, name: str) -> Reply:  # noqa: ARG001
    """Tell how a job stands."""
    job = _get(state, name)
    told: dict[str, Any] = {"status": _word(state, job)}
    if job.phase == "queued":
        told["queue_position"] = _before(state, job)
    return json_reply({**told, **_urls(state, job)})


def result(state: State, received: Received, name: str) -> Reply:
    """Give the result; asked too early, tell how the job stands."""
    job = _get(state, name)
    word = _word(state, job)  # first, so that a job that ends meanwhile is not half told
    failure = job.failure
    told = {
        "request_id": job.id,
        "model_id": job.model,
        "status": word,
        "output": {"video": result_link(state, job, lifetime=_HOUR)} if job.result else None,
        "created_at": iso(job.born),
        "finished_at": iso(job.finished) if job.finished else None,
        "error": failure.message if failure else None,
    }
    if received.query.get("include_cost") == "true" and job.result:
        told["cost"] = round(USD_PER_SECOND * job.body["duration"], 4)
    return json_reply(told)


def cancel(state: State, received: Received, name: str) -> Reply:  # noqa: ARG001
    """Cancel a job that still waits; HTTP 200 says nothing about that."""
    job = _get(state, name)
    done = state.jobs.cancel(job, running=False)
    outcome = "cancelled" if done else "not_cancellable"
    return json_reply({"request_id": job.id, "status": _WORDS[job.phase], "outcome": outcome})


def error(wrong: Wrong) -> Reply:
    """Answer in the shape of this API's errors."""
    code = wrong.code or _CODES.get(wrong.status, wrong.status * 1000 + 1)
    told = {"error_code": code, "error_message": wrong.message, **wrong.more}
    return json_reply(told, wrong.status)


def _get(state: State, name: str) -> Job:
    job = state.jobs.get("runcomfy", name)
    if job is None:
        raise Wrong(404, f"there is no request {name}")
    return job


def _word(state: State, job: Job) -> str:
    if job.phase not in ENDED and state.faults.take("unknown-state"):
        return "warming_up"
    return _WORDS[job.phase]


def _before(state: State, job: Job) -> int:
    """Count the jobs that wait in front of this one, and this one."""
    waiting = [one for one in state.jobs.of("runcomfy") if one.phase == "queued"]
    return 1 + sum(one.born < job.born for one in waiting)


def _urls(state: State, job: Job) -> dict[str, str]:
    base = f"{state.url}/runcomfy/v1/requests/{job.id}"
    return {f"{name}_url": f"{base}/{name}" for name in ("status", "result", "cancel")}


SITE = Site(
    "/runcomfy",
    (
        Route("POST", "/v1/models/{model...}", submit, "submit"),
        Route("GET", "/v1/requests/{name}/status", status, "poll"),
        Route("GET", "/v1/requests/{name}/result", result, "poll"),
        Route("POST", "/v1/requests/{name}/cancel", cancel),
        Route("GET", "/v1/models", models),
        Route("GET", "/v1/models/{model...}", one_model),
    ),
    error,
)
