"""Oxen.ai emulated: queue, blocking endpoint, events, model, and repositories for files.

The queue checks little when it accepts a job: most errors show when it runs.
"""

from __future__ import annotations

import hashlib
import json
import time
import uuid
from base64 import b64encode
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import unquote

from wanprep.emulator import (
    ENDED,
    Document,
    Failure,
    HttpError,
    Reference,
    Reply,
    Request,
    Route,
    Site,
    Stream,
    VideoSpec,
    accept_job,
    iso_time,
    json_reply,
    numbered,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from wanprep.emulator import Job, State

_MODEL: Final = "wan-v2-7-reference-to-video"
_DOCUMENT: Final = Document.read(Path(__file__).with_suffix(".json"))
_HOUR: Final = 3600
_IDLE: Final = 15  # seconds at speed 1 between keep-alives of the event stream
_POLL: Final = 0.05
_WORDS: Final = {
    "queued": "queued",
    "running": "processing",
    "succeeded": "succeeded",
    "failed": "failed",
    "cancelled": "cancelled",
}
_FILE: Final = "/api/repos/{owner}/{name}/file/{branch}/{path...}"
_TYPES: Final = {401: "unauthenticated", 404: "resource_not_found"}


def _enqueue(state: State, request: Request) -> Reply:
    """Accept one to four jobs, without checking the model's own parameters."""
    body = request.json()
    _refuse_unknown_model(body)
    number = body.get("num_generations", 1)
    if type(number) is not int or not 1 <= number <= 4:
        raise HttpError(400, "num_generations must be an integer between 1 and 4", code="message")
    jobs = [_accept(state, body) for _ in range(number)]
    generations = [{"generation_id": job.id, "status": "queued"} for job in jobs]
    return json_reply({"generations": generations})


def _generate(state: State, request: Request) -> Reply:
    """Accept a job and answer when it is done; here parameters are checked first."""
    body = request.json()
    _refuse_unknown_model(body)
    if problem := _problem(body):
        raise HttpError(400, problem, code="invalid_params")
    job = _accept(state, body)
    while job.phase not in ENDED and not state.closing.wait(_POLL):
        pass
    if job.result is None:
        why = job.failure.message if job.failure else "the generation ended without a result"
        raise HttpError(422, f"Getting model response error: 422 - {why}", code="message")
    if body.get("response_format") == "b64_json":
        video = {"b64_json": b64encode(job.result.read_bytes()).decode()}
    else:
        video = {"url": state.result_link(job, lifetime=_HOUR)}
    return json_reply({"model": _MODEL, "created": int(job.created), "videos": [video]})


def _refuse_unknown_model(body: dict[str, Any]) -> None:
    if body.get("model") != _MODEL:
        raise HttpError(400, f"Model not found: {body.get('model')}", code="message")


def _problem(body: dict[str, Any]) -> str | None:
    """Describe what is wrong with the model's parameters."""
    if problems := _DOCUMENT.problems("request", body):
        return str(problems[0])
    count = len(body.get("reference_images", [])) + len(body.get("reference_videos", []))
    return "more than 5 reference images and videos together" if count > 5 else None


def _accept(state: State, body: dict[str, Any]) -> Job:
    """Accept a job, valid or not; an invalid one fails when it runs."""
    problem = _problem(body)
    return accept_job(
        state,
        site="oxen",
        job_id=str(uuid.uuid4()),
        model=_MODEL,
        body=body,
        video=Failure("parameters", f"invalid_params: {problem}") if problem else _video(body),
        limits=_DOCUMENT,
    )


def _video(body: dict[str, Any]) -> VideoSpec:
    body = _DOCUMENT.with_defaults(body)
    images, videos = (body.get(f"reference_{kind}", []) for kind in ("images", "videos"))
    voices = [item["reference_voice"] for item in (*images, *videos) if "reference_voice" in item]
    first = [Reference("first_frame", body["input_image"])] if "input_image" in body else []
    return VideoSpec(
        references=(
            *first,
            *numbered("image", [item["url"] for item in images]),
            *numbered("video", [item["url"] for item in videos]),
            *numbered("voice", voices),
        ),
        seconds=int(body["duration"]),
        aspect=body["aspect_ratio"],
    )


def _list(state: State, request: Request) -> Reply:
    """List jobs, the newest first: those in progress, unless a status is requested."""
    query = request.query
    statuses = {query["status"]} if "status" in query else {"queued", "processing"}
    found = [_details(state, job, _WORDS[job.phase]) for job in state.jobs.of("oxen")]
    found = [each for each in found if each["status"] in statuses]
    for name, key in (("model", "model_name"), ("media_type", "media_type")):
        found = [each for each in found if query.get(name, each[key]) == each[key]]
    return json_reply({"count": len(found), "generations": found})


def _generation(state: State, _request: Request, name: str) -> Reply:
    job = state.jobs.find("oxen", name, called="generation")
    return json_reply(_details(state, job, state.status_word(job, _WORDS)))


def _cancel(state: State, _request: Request, name: str) -> Reply:
    """Cancel a job that is queued or runs; for one that has ended it changes nothing."""
    state.jobs.cancel(state.jobs.find("oxen", name, called="generation"), running=True)
    return json_reply({"status": "success", "generation_id": name})


def _details(state: State, job: Job, word: str) -> dict[str, Any]:
    failure = job.failure
    parameters = {name: value for name, value in job.body.items() if name != "model"}
    return parameters | {
        "generation_id": job.id,
        "model_name": _MODEL,
        "media_type": "video",
        "status": word,
        "result_url": state.result_link(job, lifetime=_HOUR) if job.result else None,
        "error_message": failure.message if failure else None,
        "enqueued_at": int(job.created),
        "started_at": None if job.started is None else int(job.started),
        "completed_at": None if job.finished is None else int(job.finished),
    }


def _events(state: State, _request: Request) -> Stream:
    """Announce every job that ends from now on; what ended before is not announced again."""
    ended = {job.id for job in state.jobs.of("oxen") if job.phase in ENDED}
    return Stream("text/event-stream", _event_stream(state, ended))


def _event_stream(state: State, ended: set[str]) -> Iterator[bytes]:
    yield b": keep-alive\n\n"
    latest = time.monotonic()
    while not state.closing.wait(_POLL):
        for job in reversed(state.jobs.of("oxen")):
            if job.id not in ended and job.phase in ENDED:
                ended.add(job.id)
                latest = time.monotonic()
                yield from _events_of(state, job)
        if time.monotonic() - latest > _IDLE / state.speed:
            latest = time.monotonic()
            yield b": keep-alive\n\n"


def _events_of(state: State, job: Job) -> Iterator[bytes]:
    if job.phase == "cancelled":
        return  # documented: a cancelled job fires nothing
    data = {"generation_id": job.id, "status": job.phase, "media_type": "video"}
    # The stream carries all of the user's events, also of other kinds.
    yield _event("storage_updated", {"generation_id": job.id, "bytes": 1})
    if job.result:
        link = state.result_link(job, lifetime=_HOUR)
        yield _event("media_generation_completed", {**data, "model": job.model, "url": link})
    elif job.failure:
        yield _event("media_generation_completed", {**data, "error": job.failure.message})


def _event(name: str, data: dict[str, object]) -> bytes:
    return f"event: {name}\ndata: {json.dumps(data)}\n\n".encode()


def _models(_state: State, _request: Request) -> Reply:
    return json_reply({"models": [_model()]})


def _one_model(_state: State, _request: Request, name: str) -> Reply:
    if name != _MODEL:
        raise HttpError(404, f"Model not found: {name}", code="message")
    return json_reply(_model())


def _model() -> dict[str, Any]:
    # The prices are invented: none are documented.
    pricing = {"method": "per_video_output_second", "cost_per_second": 0.1}
    return {
        "id": _MODEL,
        "request_schema": _DOCUMENT.request | {"reference": _DOCUMENT.data["reference"]},
        "pricing": {**pricing, "cost_per_second_high_res": 0.15},
    }


def _create_repository(state: State, request: Request) -> Reply:
    """Create a repository; 409 if it exists. Files are accepted without one, and all are public."""
    body = request.json()
    name = f"{body.get('namespace')}/{body.get('name')}"
    with state.lock:
        existing = state.extra.setdefault("oxen", set())
        if name in existing:
            raise HttpError(409, f"the repository {name} exists")
        existing.add(name)
    return json_reply({"status": "success", "repository": {"namespace_name": name}})


def _put_file(state: State, request: Request, path: str, **_: str) -> Reply:
    """Commit a file."""
    form = request.form()
    file = form.file("file", "files[]")
    missing = [field for field in ("message", "name", "email") if not form.strings.get(field)]
    if missing:
        raise HttpError(400, f"the form lacks {', '.join(missing)}", code="invalid_params")
    state.uploads.put(unquote(request.path), file.content, file.content_type)
    digest = hashlib.sha256(file.content).hexdigest()[:32]
    commit = {
        "id": digest,
        "message": form.strings["message"],
        "author": form.strings["name"],
        "timestamp": iso_time(time.time()),
    }
    stored = {"path": path, "size": len(file.content), "hash": digest}
    return json_reply({"commit": commit, "file": stored})


def _get_file(state: State, request: Request, **_: str) -> Reply:
    return state.uploads.reply(request, "there is no such file")


def _error(error: HttpError) -> Reply:
    """Answer in one of the two shapes of this API's errors."""
    if error.code == "message":
        return json_reply({"error": {"message": error.message}}, error.status)
    kind = error.code or _TYPES.get(error.status, "unknown_error")
    title = str(kind).replace("_", " ").capitalize()
    details = {"type": kind, "title": title, "detail": error.message}
    return json_reply({"error": details, "status": "error", "status_message": kind}, error.status)


SITE: Final = Site(
    name="oxen",
    key_variable="OXEN_API_KEY",
    routes=(
        Route("POST", "/api/ai/queue", _enqueue, "submit"),
        Route("GET", "/api/ai/queue", _list),
        Route("GET", "/api/ai/queue/{name}", _generation, "poll"),
        Route("DELETE", "/api/ai/queue/{name}", _cancel),
        Route("POST", "/api/ai/videos/generate", _generate, "submit"),
        Route("GET", "/api/ai/models", _models),
        Route("GET", "/api/ai/models/search", _models),
        Route("GET", "/api/ai/models/{name}", _one_model),
        Route("GET", "/api/events", _events),
        Route("POST", "/api/repos", _create_repository),
        Route("PUT", _FILE, _put_file),
        Route("GET", _FILE, _get_file, "open"),
    ),
    error=_error,
)
