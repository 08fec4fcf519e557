"""EvoLink emulated: submit, poll, list, credits and prices. No callback is called."""

from __future__ import annotations

import json
import re
import secrets
import time
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
    is_callback_allowed,
    json_reply,
    numbered,
    page_of,
    url_problem,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from wanprep.emulator import Job, State

_MODEL: Final = "wan2.7-reference-video"
_DOCUMENT: Final = Document.read(Path(__file__).with_suffix(".json"))
_SEEDANCE: Final = "seedance-2.0-reference-to-video"
_OF_SEEDANCE: Final = Document.read(Path(__file__).with_name("emulator_seedance.json"))
_DAY: Final = 86_400
_KEY: Final = re.compile(r"[A-Za-z0-9._-]{16,96}")
_ID: Final = re.compile(r"task-unified-\d+-\w+")
_WORDS: Final = {
    "queued": "pending",
    "running": "processing",
    "succeeded": "completed",
    "failed": "failed",
    "cancelled": "cancelled",
}
_FAILURES: Final = {
    "policy": "content_policy_violation",
    "parameters": "invalid_parameters",
    "unreachable": "image_processing_error",
    "unfit": "image_processing_error",
    "internal": "service_error",
}
_ERRORS: Final = {
    400: ("invalid_parameters", "invalid_request_error"),
    401: ("invalid_api_key", "authentication_error"),
    404: ("resource_not_found", "invalid_request_error"),
    409: ("idempotency_conflict", "invalid_request_error"),
    413: ("request_too_large", "invalid_request_error"),
    429: ("rate_limit_exceeded", "rate_limit_error"),
    503: ("service_unavailable", "server_error"),
}
_SHOWN_AS: Final = {"adaptive": "16:9", "21:9": "16:9"}
_USD_PER_SECOND: Final = {"720p": 0.086, "1080p": 0.144}
_CREDITS_PER_USD: Final = 68
_CNY_PER_USD: Final = 6.8
# Longer strings are cut off without notice, as documented.
_CUT: Final = {"prompt": 5000, "negative_prompt": 500}


def _submit(state: State, request: Request) -> Reply:
    """Accept a job; the same key with the same body is the same job."""
    body = request.json()
    video = _video(body)
    document = _document_of(body)
    _refuse_bad(state, body, video, most=5 if document is _DOCUMENT else 15)
    key = request.headers.get("idempotency-key", "")
    if key and not _KEY.fullmatch(key):
        raise HttpError(400, "Idempotency-Key must be 16 to 96 letters, digits, . _ or -")
    sent = json.dumps(body, sort_keys=True)
    with state.lock:
        earlier = _job_under(state, key)
        job = earlier or accept_job(
            state,
            site="evolink",
            job_id=f"task-unified-{int(time.time())}-{secrets.token_hex(4)}",
            model=body["model"],
            body={
                name: each[: _CUT[name]] if name in _CUT else each for name, each in body.items()
            },
            video=video,
            limits=document,
            notes={"key": key, "sent": sent},
        )
    if earlier is None:
        return json_reply(_summary(job, "pending"))
    if earlier.notes["sent"] != sent:
        raise HttpError(409, "this idempotency key was used with another body")
    return json_reply(_details(state, earlier), idempotency_replayed="true")


def _job_under(state: State, key: str) -> Job | None:
    jobs = state.jobs.of("evolink") if key else []
    return next((job for job in jobs if job.notes["key"] == key), None)


def _document_of(body: Mapping[str, Any]) -> Document:
    return _OF_SEEDANCE if body.get("model") == _SEEDANCE else _DOCUMENT


def _refuse_bad(state: State, body: dict[str, Any], video: VideoSpec, *, most: int) -> None:
    """Refuse what the documents do not allow."""
    counts = {role: len(body.get(f"{role}_urls", [])) for role in ("image", "video")}
    if sum(counts.values()) > most:
        raise HttpError(400, f"image_urls and video_urls hold more than {most} references together")
    if most == 5 and len(body.get("audio_urls", [])) > sum(counts.values()):
        raise HttpError(400, "there are more voices than references", param="audio_urls")
    for name in body.get("model_params", {}).get("voice_bindings", {}):
        if int(name[-1]) > counts[name[:-1]]:
            message = f"there is no reference {name}"
            raise HttpError(400, message, param="model_params.voice_bindings")
    if problem := url_problem(state, video.references):
        raise HttpError(400, problem)
    if "callback_url" in body and not is_callback_allowed(body["callback_url"]):
        raise HttpError(400, "callback_url must be a public https URL", param="callback_url")


def _video(body: dict[str, Any]) -> VideoSpec:
    """Read what a body orders, once its schema allows it."""
    if problems := _document_of(body).problems("request", body):
        raise HttpError(400, str(problems[0]), param=problems[0].where)
    params = body.get("model_params", {})
    # Bindings, when there are any, switch the older list off altogether.
    if "voice_bindings" in params:
        voices = list(params["voice_bindings"].values())
    else:
        voices = body.get("audio_urls", [])
    first = [Reference("first_frame", body["image_start"])] if "image_start" in body else []
    return VideoSpec(
        references=(
            *first,
            *numbered("image", body.get("image_urls", [])),
            *numbered("video", body.get("video_urls", [])),
            *numbered("voice", voices),
        ),
        seconds=int(body.get("duration", 5)),
        aspect=_SHOWN_AS.get(body.get("aspect_ratio", "16:9"), body.get("aspect_ratio", "16:9")),
    )


def _task(state: State, _request: Request, name: str) -> Reply:
    if not _ID.fullmatch(name):
        raise HttpError(400, f"'{name}' is not a task id", code="invalid_task_id")
    return json_reply(_details(state, state.jobs.find("evolink", name, called="task")))


def _batch(state: State, request: Request) -> Reply:
    """Report on up to 50 jobs; unknown ones are left out."""
    names = request.json().get("task_ids")
    if not isinstance(names, list) or not 1 <= len(names) <= 50:
        raise HttpError(400, "task_ids must hold 1 to 50 ids")
    jobs = [state.jobs.get("evolink", str(name)) for name in names]
    return json_reply({"data": [_details(state, job) for job in jobs if job]})


def _list(state: State, request: Request) -> Reply:
    """List jobs, the newest first, without the links of their results."""
    tasks = [_summary(job, _WORDS[job.phase]) for job in state.jobs.of("evolink")]
    for name in ("status", "type", "model"):
        tasks = [task for task in tasks if request.query.get(name, task[name]) == task[name]]
    return json_reply(page_of(tasks, request.query, "data"))


def _details(state: State, job: Job) -> dict[str, Any]:
    """Describe a job with its result or its error."""
    details = _summary(job, state.status_word(job, _WORDS))
    if job.result:
        link = state.result_link(job, lifetime=_DAY)
        details |= {"results": [link], "result_data": [{"video_url": link}]}
    if job.failure:
        details["error"] = {
            "code": _FAILURES[job.failure.reason],
            "message": job.failure.message,
            "type": "task_error",
            "suggestion": "Change the request and submit it as a new task.",
        }
    return details


def _summary(job: Job, word: str) -> dict[str, Any]:
    seconds = int(job.body.get("duration", 5))
    return {
        "created": int(job.created),
        "id": job.id,
        "model": job.model,
        "object": "video.generation.task",
        "progress": 0 if word == "pending" else job.progress,
        "status": word,
        "task_info": {"can_cancel": True, "estimated_time": 120, "video_duration": seconds},
        "type": "video",
        "usage": _usage(job, seconds),
    }


def _usage(job: Job, seconds: int) -> dict[str, Any]:
    usd = round(
        seconds * _USD_PER_SECOND.get(job.body.get("quality", "720p"), _USD_PER_SECOND["720p"]), 4
    )
    amount = round(usd * _CREDITS_PER_USD, 2)
    if job.phase == "succeeded":
        cost = {"credits": amount, "usd": usd, "cny": round(usd * _CNY_PER_USD, 2)}
        return {"credits_used": amount, "cost": cost}
    return {"billing_rule": "per_call", "credits_reserved": amount, "user_group": "default"}


def _credits(_state: State, _request: Request) -> Reply:
    return json_reply({"data": {"credits": 6800.0, "usd": 100.0}})


def _pricing(_state: State, _request: Request) -> Reply:
    low, high = _USD_PER_SECOND["720p"], _USD_PER_SECOND["1080p"]
    price = {
        "sku_name": _MODEL,
        "model_name": _MODEL,
        "billing_rule": "per_second",
        "price_range": {"min_usd": low, "max_usd": high},
        "resolution_multipliers": {"720p": 1, "1080p": round(high / low, 4)},
        "cny_price": round(low * _CNY_PER_USD, 4),
    }
    return json_reply({"success": True, "data": [price]})


def _error(error: HttpError) -> Reply:
    code, kind = _ERRORS.get(error.status, ("internal_error", "server_error"))
    body = {"code": error.code or code, "message": error.message, "type": kind, **error.more}
    return json_reply({"error": body | {"request_id": secrets.token_hex(8)}}, error.status)


SITE: Final = Site(
    name="evolink",
    key_variable="EVOLINK_API_KEY",
    routes=(
        Route("POST", "/v1/videos/generations", _submit, "submit"),
        Route("GET", "/v1/tasks/{name}", _task, "poll"),
        Route("GET", "/v1/tasks", _list),
        Route("POST", "/v1/tasks/batch", _batch, "poll"),
        Route("GET", "/v1/credits", _credits),
        Route("GET", "/web/api/models/pricing", _pricing, "open"),
    ),
    error=_error,
)
