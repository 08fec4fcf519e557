"""fal: submit a request to the queue, poll it, ask to cancel it, and upload files to its CDN.

The URLs of a request are those of the application and not of the model: the answer names them.
"""

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

_STATES: Final[Mapping[str, State]] = {"in_queue": "queued", "in_progress": "running"}
_ENDED: Final = "completed"  # whether it succeeded or not
_CANCELLED: Final = "client_cancelled"
_ADVICE: Final = {
    "content_policy_violation": "Moderation refuses it: change the prompt or the references.",
    "face_detection_error": "Use a reference with one face that is clearly visible.",
    "file_download_error": "Check that the URLs of all files can be downloaded by anyone.",
    "image_load_error": "Check that the URLs of all files can be downloaded by anyone.",
}


def submit(order: Order) -> Flow[Accepted]:
    """Submit a request; a webhook goes into the query."""
    request = Request(
        method="POST", url=f"/{order.model}", query=order.query, json=order.body, paid=True
    )
    answer = yield from answers.fetch_object(request, refused)
    return Accepted(
        provider_id=answers.as_job_id(answer.get("request_id")),
        details=answers.pick(answer, ("status_url", "response_url", "cancel_url")),
    )


def poll(sent: Sent) -> Flow[Status]:
    """Request the status, and once it has ended the result, which may be an error."""
    status = yield from _fetch_status(sent)
    word = answers.text_at(status, "status")
    if word.lower() != _ENDED:
        position = answers.as_int(status.get("queue_position"))
        state = _STATES.get(word.lower(), "unknown")
        return Status(state=state, word=word, position=position)
    if status.get("error") or status.get("error_type"):
        return _failed(word, *_reason(status))
    response = yield Request(method="GET", url=_url(sent, "response_url", ""), server_errors=True)
    if not response.ok:
        error = answers.json_or_none(response)
        if response.status >= 500 and not answers.as_objects(answers.value_at(error, "detail")):
            raise Unclear(f"HTTP {response.status}")  # of the queue; the model's has details
        return _failed(word, *_reason(error))
    result = answers.as_object(response)
    return answers.read_status(
        "fal",
        {_ENDED: "succeeded"},
        word,
        outputs=[*answers.as_urls(result.get("video"))],
        details=answers.pick(status, ("metrics",)) | answers.pick(result, ("seed",)),
    )


def _fetch_status(sent: Sent) -> Flow[Mapping[str, Any]]:
    request = Request(method="GET", url=_url(sent, "status_url", "/status"))
    return (yield from answers.fetch_object(request, refused))


def _failed(word: str, message: str, code: str) -> Status:
    state: State = "cancelled" if code == _CANCELLED else "failed"
    error = message or code or "fal gives no reason"
    advice = _ADVICE.get(code, "")
    return Status(state=state, word=word, error=f"{error}. {advice}" if advice else error)


def cancel(sent: Sent) -> Flow[Cancelled]:
    """Ask to cancel a request, and look whether it has ended so."""
    response = yield Request(method="PUT", url=_url(sent, "cancel_url", "/cancel"))
    if response.status == 400:
        return Cancelled(done=False, message="The request has already ended.")
    if not response.ok:
        raise refused(response)
    if answers.text_at((yield from _fetch_status(sent)), "error_type") == _CANCELLED:
        return Cancelled(done=True, message="fal has cancelled the request.")
    return Cancelled(
        done=False,
        message="fal is asked to cancel the request; one that runs may go on, and be billed.",
    )


def _url(sent: Sent, named: str, end: str) -> str:
    """Return the URL that fal named for a request, else the usual one."""
    url = answers.text_at(sent.details, named)
    app = "/".join(sent.order.model.split("/")[:2])
    return url or f"/{app}/requests/{answers.path_segment(sent.provider_id)}{end}"


def upload(file: LocalFile, _order: Order) -> Flow[HostedUrl]:
    """Get a token for the CDN, and send the file with it."""
    query = {"storage_type": "fal-cdn-v3"}
    request = Request(method="POST", url="/storage/auth/token", base="rest", query=query, json={})
    access = yield from answers.fetch_object(request, refused)
    token, base = access.get("token"), answers.as_url(access.get("base_url"))
    if not isinstance(token, str):
        raise Unclear("fal's answer has no token for the file")
    response = yield Request(
        method="POST",
        url=f"{base}/files/upload",
        headers={
            "Authorization": f"{answers.text_at(access, 'token_type') or 'Bearer'} {token}",
            "X-Fal-File-Name": file.name,
        },
        file=file.content(),
        key=False,
    )
    if not response.ok:
        raise refused(response, file.name)
    for url in answers.as_urls(answers.as_object(response), ("access_url",)):
        return HostedUrl(url)
    raise Unclear("fal accepted the file, but its answer has no URL")


def refused(response: Response, file: str = "") -> Refused:
    """Read an error of any shape; `file` names the file of an upload."""
    message, code = _reason(answers.json_or_none(response))
    return answers.refusal(
        "fal", response, message=message, code=code, advice=_ADVICE.get(code, ""), file=file
    )


def _reason(body: object) -> tuple[str, str]:
    """Read an error's message and code: that of a request, or those of single fields."""
    detail = answers.value_at(body, "detail")
    fields = answers.as_objects(detail)
    message = answers.field_errors(detail) or answers.text_at(body, "detail", "error", "message")
    code = answers.text_at(body, "error_type") or (
        answers.text_at(fields[0], "type") if fields else ""
    )
    return message, code
