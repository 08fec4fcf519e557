"""Oxen: the queue, the blocking endpoint, the model's schema. It has no webhooks.

The queue looks at little when it takes a job: what is wrong with it shows when it runs.
"""

from __future__ import annotations

from base64 import b64encode
from typing import TYPE_CHECKING, Any, Final

from wanprep.emulator.exchange import Received, Reply, Wrong, json_reply
from wanprep.emulator.jobs import ENDED, Job
from wanprep.emulator.links import result_link
from wanprep.emulator.routes import Route, Site
from wanprep.emulator.sites import oxen_events, oxen_repositories
from wanprep.emulator.sites.oxen_models import MODEL, models, one_model
from wanprep.emulator.sites.oxen_orders import refuse_unknown_model, take, what_is_wrong

if TYPE_CHECKING:
    from wanprep.emulator.state import State

_HOUR: Final = 3600
_WORDS: Final = {
    "queued": "queued",
    "running": "processing",
    "succeeded": "succeeded",
    "failed": "failed",
    "cancelled": "cancelled",
}
_TYPES: Final = {401: "unauthenticated", 404: "resource_not_found"}


def enqueue(state: State, received: Received) -> Reply:
    """Take one to four jobs, without looking at the model's own parameters."""
    body = received.json()
    refuse_unknown_model(body)
    number = body.get("num_generations", 1)
    if type(number) is not int or not 1 <= number <= 4:
        raise Wrong(400, "num_generations must be an integer between 1 and 4", code="message")
    jobs = [take(state, body) for _ in range(number)]
    told = [{"generation_id": job.id, "status": "queued"} for job in jobs]
    return json_reply({"generations": told})


def generate(state: State, received: Received) -> Reply:
    """Take a job and answer when it is done; here parameters are looked at first."""
    body = received.json()
    refuse_unknown_model(body)
    if wrong := what_is_wrong(body):
        raise Wrong(400, wrong, code="invalid_params")
    job = take(state, body)
    while job.phase not in ENDED and not state.closing.wait(0.05):
        pass
    if job.result is None:
        said = job.failure.message if job.failure else "the generation ended without a result"
        raise Wrong(422, f"Getting model response error: 422 - {said}", code="message")
    if body.get("response_format") == "b64_json":
        video = {"b64_json": b64encode(job.result.read_bytes()).decode()}
    else:
        video = {"url": result_link(state, job, lifetime=_HOUR)}
    return json_reply({"model": MODEL, "created": int(job.born), "videos": [video]})


def listed(state: State, received: Received) -> Reply:
    """List jobs, the newest first: those under way, unless a status is asked for."""
    asked = received.query
    found = [_told(state, job, _WORDS[job.phase]) for job in state.jobs.of("oxen")]
    wanted = {asked["status"]} if "status" in asked else {"queued", "processing"}
    found = [one for one in found if one["status"] in wanted]
    for name, field in (("model", "model_name"), ("media_type", "media_type")):
        found = [one for one in found if asked.get(name, one[field]) == one[field]]
    return json_reply({"count": len(found), "generations": found})


def generation(state: State, received: Received, name: str) -> Reply:  # noqa: ARG001
    """Tell how a job stands."""
    job = _get(state, name)
    word = _WORDS[job.phase]
    if job.phase not in ENDED and state.faults.take("unknown-state"):
        word = "warming_up"
    return json_reply(_told(state, job, word))


def cancel(state: State, received: Received, name: str) -> Reply:  # noqa: ARG001
    """Cancel a job that waits or is worked on; for one that has ended it changes nothing."""
    state.jobs.cancel(_get(state, name), running=True)
    return json_reply({"status": "success", "generation_id": name})


def error(wrong: Wrong) -> Reply:
    """Answer in one of the two shapes of this API's errors."""
    if wrong.code == "message":
        return json_reply({"error": {"message": wrong.message}}, wrong.status)
    kind = wrong.code or _TYPES.get(wrong.status, "unknown_error")
    title = str(kind).replace("_", " ").capitalize()
    told = {"type": kind, "title": title, "detail": wrong.message}
    return json_reply({"error": told, "status": "error", "status_message": kind}, wrong.status)


def _get(state: State, name: str) -> Job:
    job = state.jobs.get("oxen", name)
    if job is None:
        raise Wrong(404, f"there is no generation {name}")
    return job


def _told(state: State, job: Job, word: str) -> dict[str, Any]:
    failure = job.failure
    extra = {name: value for name, value in job.body.items() if name != "model"}
    return extra | {
        "generation_id": job.id,
        "model_name": MODEL,
        "media_type": "video",
        "status": word,
        "result_url": result_link(state, job, lifetime=_HOUR) if job.result else None,
        "error_message": failure.message if failure else None,
        "enqueued_at": int(job.born),
        "started_at": _seconds(job.started),
        "completed_at": _seconds(job.finished),
    }


def _seconds(when: float | None) -> int | None:
    return None if when is None else int(when)


SITE = Site(
    "/oxen",
    (
        Route("POST", "/api/ai/queue", enqueue, "submit"),
        Route("GET", "/api/ai/queue", listed),
        Route("GET", "/api/ai/queue/{name}", generation, "poll"),
        Route("DELETE", "/api/ai/queue/{name}", cancel),
        Route("POST", "/api/ai/videos/generate", generate, "submit"),
        Route("GET", "/api/ai/models", models),
        Route("GET", "/api/ai/models/search", models),
        Route("GET", "/api/ai/models/{name}", one_model),
        Route("GET", "/api/events", oxen_events.events),
        Route("POST", "/api/repos", oxen_repositories.create),
        Route("PUT", "/api/repos/{owner}/{name}/file/{branch}/{path...}", oxen_repositories.put),
        Route(
            "GET",
            "/api/repos/{owner}/{name}/file/{branch}/{path...}",
            oxen_repositories.get,
            "open",
        ),
    ),
    error,
)
