"""WaveSpeed emulated: submit, poll, list, delete, uploads and prices. No webhook is called."""

from __future__ import annotations

import re
import secrets
from datetime import datetime
from math import inf
from mimetypes import guess_type
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote

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
    iso_time,
    json_reply,
    numbered,
    page_of,
    url_problem,
)

if TYPE_CHECKING:
    from wanprep.emulator import Job, State

_MODEL: Final = "alibaba/wan-2.7/reference-to-video"
_DOCUMENT: Final = Document.read(Path(__file__).with_suffix(".json"))
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
_TYPES: Final = re.compile(r"(image|video|audio)/.+")
_NO_TYPE: Final = "application/octet-stream"


def _submit(state: State, request: Request) -> Reply:
    body, video = _order(state, request.json())
    webhook = request.query.get("webhook")
    if webhook is not None and not is_callback_allowed(webhook):
        raise HttpError(400, "webhook must be a public https URL", code=1401)
    job = accept_job(
        state,
        site="wavespeed",
        job_id=f"pred_{secrets.token_hex(12)}",
        model=_MODEL,
        body=body,
        video=video,
        limits=_DOCUMENT,
    )
    return _success(_details(state, job, "created"))


def _order(state: State, sent: dict[str, Any]) -> tuple[dict[str, Any], VideoSpec]:
    """Refuse what the documents do not allow, and fill in what was left out.

    An unknown key is dropped without notice, as documented.
    """
    fields = _DOCUMENT.request["properties"]
    body = {name: value for name, value in sent.items() if name in fields}
    for problem in _DOCUMENT.problems("request", body):
        code = 1400 if problem.keyword == "required" else 1401
        raise HttpError(400, str(problem), code=code)
    body = _DOCUMENT.with_defaults(body)
    image = [Reference("image", body["image"])] if "image" in body else []
    video = VideoSpec(
        references=(*image, *numbered("video", body["videos"])),
        seconds=int(body["duration"]),
        aspect=body["aspect_ratio"],
    )
    if wrong_url := url_problem(state, video.references):
        raise HttpError(400, wrong_url, code=1401)
    return body, video


def _prediction(state: State, _request: Request, name: str) -> Reply:
    job = state.jobs.find("wavespeed", name, called="prediction")
    return _success(_details(state, job, state.status_word(job, _WORDS)))


def _delete(state: State, _request: Request, name: str) -> Reply:
    """Cancel a job as far as that goes, and forget it."""
    job = state.jobs.find("wavespeed", name, called="prediction")
    state.jobs.cancel(job, running=True)
    state.jobs.remove(job)
    return _success({"id": name, "status": "deleted"})


def _delete_many(state: State, request: Request) -> Reply:
    names = request.json().get("ids")
    if not isinstance(names, list):
        raise HttpError(400, "ids must be a list", code=1400)
    for name in names:
        _delete(state, request, str(name))
    return _success({"ids": names, "status": "deleted"})


def _search(state: State, request: Request) -> Reply:
    """List jobs, the newest first, as filtered by the body or, for GET, by the query."""
    filters = {**request.query, **(request.json() if request.body else {})}
    after, before = _time(filters, "created_after", 0), _time(filters, "created_before", inf)
    jobs = [job for job in state.jobs.of("wavespeed") if after <= job.created <= before]
    found = [_details(state, job, _WORDS[job.phase]) for job in jobs]
    for name in ("model", "status"):
        found = [each for each in found if filters.get(name, each[name]) == each[name]]
    return _success(page_of(found, filters, "items"))


def _time(filters: dict[str, Any], name: str, default: float) -> float:
    if name not in filters:
        return default
    try:
        return datetime.fromisoformat(str(filters[name])).timestamp()
    except ValueError as error:
        raise HttpError(
            400, f"{name} must be a time such as 2026-01-01T00:00:00Z", code=1401
        ) from error


def _details(state: State, job: Job, word: str) -> dict[str, Any]:
    outputs = [state.result_link(job, lifetime=_WEEK)] if job.result else []
    failure = job.failure
    ended = job.finished or job.created
    return {
        "id": job.id,
        "model": _MODEL,
        "outputs": outputs,
        "urls": {"get": f"{state.url}/wavespeed/api/v3/predictions/{job.id}/result"},
        "has_nsfw_contents": [False for _ in outputs],
        "status": word,
        "created_at": iso_time(job.created),
        "error": f"{_CODES[failure.reason]}: {failure.message}" if failure else "",
        "timings": {"inference": int((ended - job.created) * 1000)},
    }


def _upload_form(state: State, request: Request) -> Reply:
    file = request.form().file("file")
    kind = _allowed_type(file.content_type, file.name)
    place = _new_place(file.name)
    state.uploads.put(place, file.content, kind, lifetime=_WEEK)
    return _success(
        {
            "type": kind.partition("/")[0],
            "download_url": state.url + quote(place),
            "filename": file.name,
            "size": len(file.content),
        }
    )


def _announce_upload(state: State, request: Request) -> Reply:
    """Return where to PUT a file; its URL returns nothing before that."""
    body = request.json()
    size = body.get("size")
    if not isinstance(size, int) or size < 1 or not body.get("filename"):
        raise HttpError(400, "filename and size are needed", code=1400)
    kind = _allowed_type(str(body.get("content_type", _NO_TYPE)), str(body["filename"]))
    place = _new_place(str(body["filename"]))
    url = state.url + state.uploads.announce(place, size, kind, lifetime=_WEEK)
    upload = {"method": "PUT", "url": url, "headers": {"Content-Type": kind}}
    return _success({"upload": upload, "download_url": state.url + quote(place)})


def _allowed_type(kind: str, name: str) -> str:
    if kind == _NO_TYPE:
        kind = guess_type(name)[0] or kind
    if not _TYPES.fullmatch(kind):
        raise HttpError(400, f"files of type {kind} are not supported", code=1401)
    return kind


def _new_place(name: str) -> str:
    return f"/stored/wavespeed/{secrets.token_hex(8)}/{name.replace('/', '_')}"


def _price(_state: State, request: Request) -> Reply:
    order = request.json()
    if order.get("model_id") != _MODEL:
        raise HttpError(404, "there is no such model")
    inputs = _DOCUMENT.with_defaults(dict(order.get("inputs", {})))
    factor = 1.6 if inputs["resolution"] == "1080p" else 1
    usd = round((0.5 + 0.1 * inputs["duration"]) * factor, 4)
    rest = {"discounted_price": usd, "discount_rate": 0, "currency": "USD"}
    return _success({"model_id": _MODEL, "price": usd, **rest})


def _models(_state: State, _request: Request) -> Reply:
    model = {"model_id": _MODEL, "base_price": 1.0, "request_schema": _DOCUMENT.request}
    return _success([model])


def _balance(_state: State, _request: Request) -> Reply:
    return _success({"balance": 100.0})


def _success(data: object) -> Reply:
    return json_reply({"code": 200, "message": "success", "data": data})


def _error(error: HttpError) -> Reply:
    code = error.code or error.status
    return json_reply({"code": code, "message": error.message, "data": None}, error.status)


SITE: Final = Site(
    name="wavespeed",
    key_variable="WAVESPEED_API_KEY",
    routes=(
        Route("POST", f"/api/v3/{_MODEL}", _submit, "submit"),
        Route("GET", "/api/v3/predictions/{name}/result", _prediction, "poll"),
        Route("GET", "/api/v3/predictions/{name}", _prediction, "poll"),
        Route("DELETE", "/api/v3/predictions/{name}", _delete),
        Route("POST", "/api/v3/predictions/delete", _delete_many),
        Route("POST", "/api/v3/predictions", _search),
        Route("GET", "/api/v3/predictions", _search),
        Route("POST", "/api/v3/model/price", _price),
        Route("GET", "/api/v3/models", _models),
        Route("GET", "/api/v3/balance", _balance),
        Route("POST", "/api/v3/media/uploads", _announce_upload),
        Route("POST", "/api/v3/media/upload/binary", _upload_form),
    ),
    error=_error,
)
