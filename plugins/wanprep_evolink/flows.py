"""EvoLink: submit a job, poll it, find a lost one, and upload files for 72 hours."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from wanprep.plugins import Accepted, HostedUrl, Refused, Request, Unclear, answers

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from wanprep.plugins import Flow, LocalFile, Order, Response, Sent, State, Status

_STATES: Final[Mapping[str, State]] = {
    "pending": "queued",
    "processing": "running",
    "completed": "succeeded",
    "failed": "failed",
    "cancelled": "cancelled",
}
_KEY: Final = re.compile(r"[A-Za-z0-9._-]{16,96}")
_URLS: Final = ("video_url", "url")
_LISTS: Final = ("data", "tasks", "items", "list", "results")
_PER_PAGE: Final = 50
_PAGES: Final = 10
_OUTCOME_UNKNOWN: Final = "paid_outcome_unknown"  # the task may exist: EvoLink does not know
_ADVICE: Final = {
    "insufficient_quota": answers.TOP_UP,
    "insufficient_token_quota": "Raise the limit of this key, or use another one.",
    "insufficient_user_quota": answers.TOP_UP,
    "invalid_api_key": answers.CHECK_KEY,
    "idempotency_conflict": "Another order was sent under the same key.",
    "key_model_not_allowed": "Allow this model for the key in EvoLink's dashboard.",
    "quota_not_enough": answers.TOP_UP,
    "token_daily_quota_exceeded": "Wait until tomorrow, or raise the daily limit of this key.",
}
# The endpoint does not exist, or does not accept this content type.
_NOT_SUPPORTED: Final = {404, 405, 415}


def submit(order: Order) -> Flow[Accepted]:
    """Submit a job; a repeat under the same idempotency key returns the same task."""
    key = order.idempotency_key
    request = Request(
        method="POST",
        url="/v1/videos/generations",
        query=order.query,
        headers={"Idempotency-Key": key} if _KEY.fullmatch(key) else {},
        json=order.body,
        paid=True,
    )
    response = yield from answers.fetch(request, refused)
    task = answers.as_object(response)
    if task.get("error") and not task.get("id"):
        raise refused(response)
    details = answers.pick(task, ("usage", "task_info"))
    if response.headers.get("idempotency-replayed", "").lower() == "true":
        details["replayed"] = True
    return Accepted(provider_id=answers.as_job_id(task.get("id")), details=details)


def poll(sent: Sent) -> Flow[Status]:
    """Request one task's status and results."""
    response = yield Request(
        method="GET", url=f"/v1/tasks/{answers.path_segment(sent.provider_id)}"
    )
    task = answers.as_object(response) if response.ok else {}
    if "status" not in task:
        raise refused(response)
    message, code = _reason(task) if task.get("error") else ("", "")
    progress = answers.as_number(task.get("progress"))
    return answers.read_status(
        "EvoLink",
        _STATES,
        answers.text_at(task, "status"),
        outputs=[
            *answers.as_urls(task.get("results"), _URLS),
            *answers.as_urls(task.get("result_data"), _URLS),
        ],
        error=f"{message} ({code})" if code and code not in message else message,
        progress=min(max(progress / 100, 0), 1) if progress is not None else None,
        details={"usage": task["usage"]} if answers.value_at(task, "usage") else {},
    )


def find(sent: Sent) -> Flow[Accepted | None]:
    """Find a lost task; None if there is none, or more than one that it could be.

    The list shows no prompts to compare, so a task is taken only if no other one of its model
    was created at that time.
    """
    matches: set[str] = set()
    for page in range(1, _PAGES + 1):
        query = {"model": sent.order.model, "page": str(page), "page_size": str(_PER_PAGE)}
        request = Request(method="GET", url="/v1/tasks", query=query)
        listed = yield from answers.fetch(request, refused)
        tasks = answers.as_objects(listed.json(), _LISTS)
        matches |= {name for task in tasks if (name := _match(task, sent))}
        earlier = (created for task in tasks if (created := _created(task)))
        if len(tasks) < _PER_PAGE or any(time < answers.earliest_start(sent) for time in earlier):
            return Accepted(provider_id=matches.pop()) if len(matches) == 1 else None
    return None  # too many pages


def _match(task: Mapping[str, Any], sent: Sent) -> str:
    name = task.get("id", task.get("task_id"))
    seconds = answers.value_at(task, "task_info.video_duration")
    if seconds is not None and seconds != sent.order.body.get("duration", seconds):
        return ""
    return answers.matching_id(sent, name, created=_created(task), shown=task)


def _created(task: Mapping[str, Any]) -> datetime | None:
    return answers.as_time(task.get("created", task.get("created_at")))


def upload(file: LocalFile, order: Order) -> Flow[HostedUrl]:
    """Upload a file as a form; as base64 if the settings say so, or the form is not accepted."""
    if order.settings.get("upload") != "base64":
        response = yield _as_form(file)
        if order.settings.get("upload") == "stream" or not _is_not_supported(response):
            return _hosted_url(response, file)
    response = yield _as_base64(file)
    return _hosted_url(response, file)


def _as_form(file: LocalFile) -> Request:
    url = "/api/v1/files/upload/stream"
    return Request(method="POST", url=url, base="files", file=file.content("file"))


def _as_base64(file: LocalFile) -> Request:
    data_url = f"data:{file.content_type};base64,{file.base64()}"
    body = {"base64_data": data_url, "file_name": file.name}
    return Request(method="POST", url="/api/v1/files/upload/base64", base="files", json=body)


def _is_not_supported(response: Response) -> bool:
    code = answers.text_at(answers.json_or_none(response), "code")
    return response.status in _NOT_SUPPORTED or code in map(str, _NOT_SUPPORTED)


def _hosted_url(response: Response, file: LocalFile) -> HostedUrl:
    body = answers.json_or_none(response)
    # A failure may come with HTTP 200.
    if not response.ok or answers.value_at(body, "success") is False:
        raise refused(response, file.name)
    data = answers.value_at(body, "data")
    for url in answers.as_urls(data, ("file_url", "download_url")):
        return HostedUrl(url, answers.as_time(answers.value_at(data, "expires_at")))
    raise Unclear("EvoLink accepted the file, but its answer has no URL")


def refused(response: Response, file: str = "") -> Refused:
    """Read an error of any shape; `file` names the file of an upload."""
    body = answers.json_or_none(response)
    message, code = _reason(body)
    message = (file and answers.text_at(body, "msg")) or message
    if code == _OUTCOME_UNKNOWN:
        raise Unclear(f"EvoLink does not know the outcome of the order: {message or code}")
    return answers.refusal(
        "EvoLink", response, message=message, code=code, advice=_ADVICE.get(code, ""), file=file
    )


def _reason(body: object) -> tuple[str, str]:
    """Read an error's message and code."""
    if isinstance(answers.value_at(body, "error"), dict):
        message = answers.text_at(body, "error.message", "error.type", "error.code")
        more = answers.text_at(body, "error.suggestion", "error.fallback_suggestion")
        message = " ".join(part for part in (message, more) if part)
        return message, answers.text_at(body, "error.code")
    return answers.text_at(body, "error", "message", "msg"), answers.text_at(body, "code")
