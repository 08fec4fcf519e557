"""RunComfy emulated: both models, submit, status, result and cancel. It has no webhooks."""

from __future__ import annotations

import binascii
import uuid
from base64 import b64decode
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from wanprep.emulator import (
    Document,
    HttpError,
    Reference,
    Reply,
    Request,
    Route,
    Site,
    VideoSpec,
    accept_job,
    iso_time,
    json_reply,
    numbered,
    url_problem,
)

if TYPE_CHECKING:
    from wanprep.emulator import Job, State

_HOUR: Final = 3600
_WAN_2_2: Final = Document.read(Path(__file__).with_name("emulator-2-2.json"))
_WAN_2_7: Final = Document.read(Path(__file__).with_name("emulator-2-7.json"))
_DOCUMENTS: Final = {
    "wan-ai/wan-2-2/image-to-video": _WAN_2_2,
    "wan-ai/wan-2-7/reference-to-video": _WAN_2_7,
    "wan-ai/wan-2.7/reference-to-video": _WAN_2_7,  # as newer pages write it
}
_USD_PER_SECOND: Final = 0.1  # invented
# What the service takes when a job brings no image of its own.
_PROMO: Final = "https://cdn.runcomfy.net/tools/7338/media-files/ref-promo.webp"
# There is no documented word for failure: such a job is completed, with an error and no output.
_WORDS: Final = {
    "queued": "in_queue",
    "running": "in_progress",
    "succeeded": "completed",
    "failed": "completed",
    "cancelled": "cancelled",
}
_CODES: Final = {400: 400001, 401: 401001, 404: 404001, 422: 422001, 500: 500001}


def _submit(state: State, request: Request, model: str) -> Reply:
    if not request.path.endswith(model):
        raise HttpError(404, "the slashes of a model's name must not be encoded", code=400001)
    document = _document(model)
    sent = request.json()
    if problems := document.problems("request", sent):
        _refuse([(each.place, str(each), each.keyword) for each in problems])
    body = document.with_defaults(sent)
    video = _video(state, document, body)
    if problem := url_problem(state, video.references):
        _refuse([((), problem, "uri")])
    job = accept_job(
        state,
        site="runcomfy",
        job_id=str(uuid.uuid4()),
        model=model,
        body=body,
        video=video,
        limits=document,
    )
    return json_reply({"request_id": job.id, **_urls(state, job)})


def _refuse(problems: list[tuple[tuple[str | int, ...], str, str]]) -> None:
    detail = [
        {"loc": ["body", *place], "msg": message, "type": kind} for place, message, kind in problems
    ]
    raise HttpError(422, problems[0][1], detail=detail)


def _video(state: State, document: Document, body: dict[str, Any]) -> VideoSpec:
    if document is _WAN_2_2:
        first = _store_data_uri(state, body["img_url"])
        return VideoSpec(references=(Reference("first_frame", first),), seconds=body["duration"])
    # Whether an empty list keeps the promo image out is not documented: expect the worst.
    body["reference_image_urls"] = body.get("reference_image_urls") or [_PROMO]
    images = [_store_data_uri(state, url) for url in body["reference_image_urls"]]
    videos = [_store_data_uri(state, url) for url in body.get("reference_video_urls", [])]
    return VideoSpec(
        references=(*numbered("image", images), *numbered("video", videos)),
        seconds=int(body["duration"]),
        aspect=body["aspect_ratio"],
    )


def _store_data_uri(state: State, url: str) -> str:
    """Keep the content of a data URI, as the service does, and return its URL."""
    head, comma, data = url.partition(";base64,")
    if not comma or not head.startswith("data:"):
        return url
    try:
        content = b64decode(data, validate=True)
    except binascii.Error as error:
        raise HttpError(422, "a data URI is not base64") from error
    place = f"/stored/runcomfy/{uuid.uuid4()}"
    state.uploads.put(place, content, head.removeprefix("data:"))
    return state.url + place


def _status(state: State, _request: Request, name: str) -> Reply:
    job = state.jobs.find("runcomfy", name, called="request")
    status: dict[str, Any] = {"status": state.status_word(job, _WORDS)}
    if job.phase == "queued":
        status["queue_position"] = _queue_position(state, job)
    return json_reply({**status, **_urls(state, job)})


def _result(state: State, request: Request, name: str) -> Reply:
    """Return the result; too early, the job's status."""
    job = state.jobs.find("runcomfy", name, called="request")
    word = state.status_word(job, _WORDS)  # first: the job may end meanwhile
    failure = job.failure
    result = {
        "request_id": job.id,
        "model_id": job.model,
        "status": word,
        "output": {"video": state.result_link(job, lifetime=_HOUR)} if job.result else None,
        "created_at": iso_time(job.created),
        "finished_at": iso_time(job.finished) if job.finished else None,
        "error": failure.message if failure else None,
    }
    if request.query.get("include_cost") == "true" and job.result:
        result["cost"] = round(_USD_PER_SECOND * job.body["duration"], 4)
    return json_reply(result)


def _cancel(state: State, _request: Request, name: str) -> Reply:
    """Cancel a job that is queued; HTTP 200 does not mean that it was."""
    job = state.jobs.find("runcomfy", name, called="request")
    cancelled = state.jobs.cancel(job, running=False)
    outcome = "cancelled" if cancelled else "not_cancellable"
    return json_reply({"request_id": job.id, "status": _WORDS[job.phase], "outcome": outcome})


def _queue_position(state: State, job: Job) -> int:
    """Count the jobs that are queued in front of this one, and this one."""
    queued = [each for each in state.jobs.of("runcomfy") if each.phase == "queued"]
    return 1 + sum(each.created < job.created for each in queued)


def _urls(state: State, job: Job) -> dict[str, str]:
    base = f"{state.url}/runcomfy/v1/requests/{job.id}"
    return {f"{name}_url": f"{base}/{name}" for name in ("status", "result", "cancel")}


def _models(_state: State, request: Request) -> Reply:
    search = request.query.get("search", "").lower()
    found = [_model(request, model) for model in _DOCUMENTS if search in model]
    return json_reply({"models": found, "total": len(found)})


def _one_model(_state: State, request: Request, model: str) -> Reply:
    return json_reply(_model(request, model))


def _model(request: Request, model: str) -> dict[str, Any]:
    document = _document(model)
    details = {
        "model_id": model,
        "display_name": model.removeprefix("wan-ai/").replace("/", " "),
        "categories": ["image-to-video"],
        "base_price_usd": _USD_PER_SECOND,
        "price_unit": "second",
        "pricing_note": "An invented price: the emulator costs nothing.",
    }
    if request.query.get("include_schema") == "true":
        details["input_schema"] = document.request
    return details


def _document(model: str) -> Document:
    if model not in _DOCUMENTS:
        raise HttpError(404, f"there is no model {model}", code=400001)
    return _DOCUMENTS[model]


def _error(error: HttpError) -> Reply:
    code = error.code or _CODES.get(error.status, error.status * 1000 + 1)
    body = {"error_code": code, "error_message": error.message, **error.more}
    return json_reply(body, error.status)


SITE: Final = Site(
    name="runcomfy",
    key_variable="RUNCOMFY_API_TOKEN",
    routes=(
        Route("POST", "/v1/models/{model...}", _submit, "submit"),
        Route("GET", "/v1/requests/{name}/status", _status, "poll"),
        Route("GET", "/v1/requests/{name}/result", _result, "poll"),
        Route("POST", "/v1/requests/{name}/cancel", _cancel),
        Route("GET", "/v1/models", _models),
        Route("GET", "/v1/models/{model...}", _one_model),
    ),
    error=_error,
)
