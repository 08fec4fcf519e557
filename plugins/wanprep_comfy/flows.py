"""Comfy Router: queue a request under an idempotency key, poll it, and ask to cancel it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from wanprep.plugins import Accepted, Cancelled, Refused, Request, Status, Unclear, answers

if TYPE_CHECKING:
    from collections.abc import Mapping

    from wanprep.plugins import Flow, Order, Response, Sent, State

_TITLE: Final = "Comfy"
_STATES: Final[Mapping[str, State]] = {"in_queue": "queued", "in_progress": "running"}
_ENDED: Final = "completed"  # whether it succeeded or not
_CANCELLED: Final = frozenset({"cancelled", "canceled", "client_cancelled", "request_cancelled"})
_ADVICE: Final = {
    "concurrency_limit_exceeded": "Wait until some of the running requests have ended.",
    "insufficient_credits": answers.TOP_UP,
}


def submit(order: Order) -> Flow[Accepted]:
    """Queue a request; a repeat under the same key is the same request."""
    request = Request(
        method="POST",
        url=f"/v2/models/{order.model}/requests",
        headers={"Idempotency-Key": order.idempotency_key} if order.idempotency_key else {},
        json=order.body,
        paid=True,
    )
    answer = yield from answers.fetch_object(request, _refused)
    return Accepted(provider_id=answers.as_job_id(answer.get("request_id")))


def poll(sent: Sent) -> Flow[Status]:
    """Request the status, and once it has ended the result, which is the model's own answer."""
    status = yield from _fetch_status(sent)
    word = answers.text_at(status, "status")
    if word.lower() != _ENDED:
        position = answers.as_int(status.get("queue_position"))
        return Status(state=_STATES.get(word.lower(), "unknown"), word=word, position=position)
    if code := answers.text_at(status, "error_type"):
        return _failed(word, answers.text_at(status, "error.message", "error", "detail"), code)
    response = yield Request(method="GET", url=_url(sent))
    if not response.ok:
        return _failed(word, *_reason(response))
    result = answers.as_object(response)
    places = ("output.video_url", "video_url", "output", "video", "videos")
    urls = [
        url
        for place in places
        for url in answers.as_urls(answers.value_at(result, place), ("url", "video_url"))
    ]
    return answers.read_status(_TITLE, {_ENDED: "succeeded"}, word, outputs=urls)


def _fetch_status(sent: Sent) -> Flow[Mapping[str, Any]]:
    request = Request(method="GET", url=f"{_url(sent)}/status")
    return (yield from answers.fetch_object(request, _refused))


def _failed(word: str, message: str, code: str) -> Status:
    state: State = "cancelled" if code in _CANCELLED else "failed"
    return Status(state=state, word=word, error=message or code or "Comfy gives no reason")


def cancel(sent: Sent) -> Flow[Cancelled]:
    """Ask to cancel a request, and look whether it has ended so."""
    response = yield Request(method="PUT", url=f"{_url(sent)}/cancel")
    if response.status == 409:
        return Cancelled(done=False, message="The request has already ended.")
    if not response.ok:
        raise _refused(response)
    if answers.text_at((yield from _fetch_status(sent)), "error_type") in _CANCELLED:
        return Cancelled(done=True, message="Comfy has cancelled the request.")
    return Cancelled(
        done=False,
        message="Comfy is asked to cancel the request; one that runs may go on, and is charged.",
    )


def _url(sent: Sent) -> str:
    return f"/v2/models/{sent.order.model}/requests/{answers.path_segment(sent.provider_id)}"


def _refused(response: Response) -> Refused:
    """Read an error; its kind is in a header. 422 means that no provider has seen the request."""
    message, code = _reason(response)
    if response.status == 409 and code != "concurrency_limit_exceeded":
        raise Unclear(f"Comfy has an order under this key: {message or code or 'HTTP 409'}")
    return answers.refusal(
        _TITLE, response, message=message, code=code, advice=_ADVICE.get(code, "")
    )


def _reason(response: Response) -> tuple[str, str]:
    body = answers.json_or_none(response)
    message = answers.field_errors(answers.value_at(body, "detail")) or answers.text_at(
        body, "error.message", "message", "detail", "error"
    )
    return message, response.headers.get("x-comfy-error-type", "") or answers.text_at(
        body, "error_type"
    )
