"""WaveSpeedAI: submit a job, poll it, delete it, find a lost one, and upload files."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from wanprep.plugins import (
    Accepted,
    Cancelled,
    HostedUrl,
    Refused,
    Request,
    Status,
    Unclear,
    answers,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from wanprep.plugins import Flow, LocalFile, Order, Response, Sent, State

TITLE: Final = "WaveSpeedAI"
_STATES: Final[Mapping[str, State]] = {
    "created": "queued",
    "processing": "running",
    "completed": "succeeded",
    "failed": "failed",
    "timeout": "failed",
    "cancelled": "cancelled",
    "deleted": "cancelled",
}
_URLS: Final = ("url", "video", "video_url", "output")
_LISTS: Final = ("items", "predictions", "list", "data", "results")
_PER_PAGE: Final = 100
_SUCCESS: Final = frozenset({"", "0", "200"})
_ADVICE: Final = {
    "401": "Check the key: it may be mistyped, or created before the account's first top-up, after "
    "which a new one is needed.",
    "402": answers.TOP_UP,
    "1200": "Moderation refuses it: change the prompt or the references.",
    "1400": "A required value is missing: run `wanprep check` on the job.",
    "1401": "A value is not valid: run `wanprep check` on the job.",
    "1402": "Check that the URLs of all files can be downloaded by anyone.",
}
_NOT_SUPPORTED: Final = {404, 405, 415}


def submit(order: Order) -> Flow[Accepted]:
    """Submit a job; a webhook goes into the query."""
    answer = yield from _fetch(
        Request(
            method="POST",
            url=f"/api/v3/{order.model}",
            query=order.query,
            json=order.body,
            paid=True,
        )
    )
    name = answers.value_at(answers.as_object(answer), "data.id")
    return Accepted(provider_id=answers.as_job_id(name))


def poll(sent: Sent) -> Flow[Status]:
    """Request a prediction's status and results, which come together."""
    response = yield Request(method="GET", url=f"{_url(sent)}/result")
    answer = answers.as_object(response) if response.ok else {}
    word = answers.text_at(answer, "data.status")
    if not word:
        _, code = _reason(answer)
        if len(code) == 4 and code.startswith("1"):  # the task's own error, not the request's
            return Status(state="failed", word="", error=_error(answer))
        raise refused(response)
    data = answer["data"]
    error = _error(answer) if _STATES.get(word.lower()) == "failed" else _missing_result(data)
    return answers.read_status(
        TITLE,
        _STATES,
        word,
        outputs=[*answers.as_urls(data.get("outputs"), _URLS)],
        error=error,
        details=answers.pick(data, ("timings", "has_nsfw_contents", "created_at")),
    )


def _fetch(request: Request) -> Flow[Response]:
    response = yield request
    if not is_success(response):
        raise refused(response)
    return response


def _url(sent: Sent) -> str:
    return f"/api/v3/predictions/{answers.path_segment(sent.provider_id)}"


def _error(answer: Mapping[str, Any]) -> str:
    message, code = _reason(answer)
    if answers.text_at(answer, "data.status").lower() == "timeout":
        message = answers.text_at(answer, "data.error") or "it took too long"
    advice = _ADVICE.get(code, "")
    error = f"{message or f'{TITLE} gives no reason'}{f' ({code})' if code else ''}"
    return f"{error}. {advice}" if advice else error


def _missing_result(data: Mapping[str, Any]) -> str:
    flags = data.get("has_nsfw_contents")
    if not data.get("error") and isinstance(flags, list) and True in flags:
        return f"{TITLE} flags the result as NSFW and returns no URL"
    return answers.text_at(data, "error")


def cancel(sent: Sent) -> Flow[Cancelled]:
    """Delete a prediction with its record: there is no other way to cancel one."""
    response = yield from _fetch(Request(method="DELETE", url=_url(sent)))
    word = answers.text_at(answers.as_object(response), "data.status").lower()
    if _STATES.get(word) != "cancelled":
        message = f"{TITLE} did not delete the prediction: it is {word or 'unchanged'}."
        return Cancelled(done=False, message=message)
    return Cancelled(
        done=True,
        message=f"{TITLE} has deleted the prediction and its record. A running job may not have "
        "stopped at once; part of its price may be refunded.",
    )


def find(sent: Sent) -> Flow[Accepted | None]:
    """Find a lost prediction; None if there is none, or more than one that it could be.

    Inputs are compared where they are listed. Where they are not, a prediction is taken only if
    no other one of its model was created at that time.
    """
    filters = {
        "page": 1,
        "page_size": _PER_PAGE,
        "model": sent.order.model,
        "created_after": answers.earliest_start(sent)
        .isoformat(timespec="seconds")
        .replace("+00:00", "Z"),
    }
    response = yield Request(method="POST", url="/api/v3/predictions", json=filters)
    if response.status in {404, 405}:
        query = {name: str(value) for name, value in filters.items()}
        response = yield Request(method="GET", url="/api/v3/predictions", query=query)
    if not is_success(response):
        raise refused(response)
    data = answers.value_at(response.json(), "data")
    predictions = answers.as_objects(data if data is not None else response.json(), _LISTS)
    matches = {name for prediction in predictions if (name := _match(prediction, sent))}
    if len(matches) != 1 or len(predictions) >= _PER_PAGE:  # there may be more on the next page
        return None
    return Accepted(provider_id=matches.pop())


def _match(prediction: Mapping[str, Any], sent: Sent) -> str:
    if prediction.get("model", sent.order.model) != sent.order.model:
        return ""
    shown = prediction.get("input")
    return answers.matching_id(
        sent,
        prediction.get("id"),
        created=answers.as_time(prediction.get("created_at")),
        shown=shown if isinstance(shown, dict) else {},
    )


def upload(file: LocalFile, order: Order) -> Flow[HostedUrl]:  # noqa: ARG001 - all files alike
    """Upload a file in one step, or in two where that endpoint does not exist."""
    content = file.content("file")
    response = yield Request(method="POST", url="/api/v3/media/upload/binary", file=content)
    if response.status not in _NOT_SUPPORTED:
        return _hosted_url(_read_data(response, file))
    body = {"filename": file.name, "size": file.bytes, "content_type": file.content_type}
    response = yield Request(method="POST", url="/api/v3/media/uploads", json=body)
    data = _read_data(response, file)
    response = yield _put(data, file)
    if not response.ok:
        raise refused(response, file.name)
    return _hosted_url(data)


def _put(data: object, file: LocalFile) -> Request:
    """Send the bytes to the URL and with the headers of the answer, without the key."""
    url = answers.as_url(answers.value_at(data, "upload.url"))
    headers = answers.value_at(data, "upload.headers")
    headers = {
        "Content-Type" if name.lower() == "content-type" else name: value
        for name, value in (headers if isinstance(headers, dict) else {}).items()
        if isinstance(value, str) and name.lower() not in {"authorization", "host"}
    }
    return Request(method="PUT", url=url, headers=headers, file=file.content(), key=False)


def _read_data(response: Response, file: LocalFile) -> Any:  # noqa: ANN401 - JSON
    if not is_success(response):
        raise refused(response, file.name)
    return answers.value_at(answers.json_or_none(response), "data")


def _hosted_url(data: object) -> HostedUrl:
    for url in answers.as_urls(data, ("download_url", "url")):
        return HostedUrl(url)
    raise Unclear(f"{TITLE} accepted the file, but its answer has no URL")


def is_success(response: Response) -> bool:
    """Whether both the HTTP status and the code in the body are those of success."""
    return response.ok and answers.text_at(answers.json_or_none(response), "code") in _SUCCESS


def refused(response: Response, file: str = "") -> Refused:
    """Read an error, which often comes with HTTP 200; `file` names the file of an upload."""
    message, code = _reason(answers.json_or_none(response))
    if not file and code.startswith("5") and len(code) in {3, 4}:
        raise Unclear(f"{TITLE} reports an internal error ({code}): {message}")
    advice = "" if file else _ADVICE.get(code) or _ADVICE.get(str(response.status), "")
    return answers.refusal(TITLE, response, message=message, code=code, advice=advice, file=file)


def _reason(body: object) -> tuple[str, str]:
    """Read an error's message and code."""
    message = answers.text_at(body, "data.error", "message", "error", "error.message")
    code = answers.text_at(body, "error_code", "code")
    return message, "" if code in _SUCCESS else code
