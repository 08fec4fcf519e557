"""Kling AI: submit a task under an id of our own, poll it, and find a lost one by that id."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from wanprep.plugins import Accepted, Refused, Request, Unclear, answers

if TYPE_CHECKING:
    from collections.abc import Mapping

    from wanprep.plugins import Flow, Order, Response, Sent, State, Status

_TITLE: Final = "Kling"
_TASKS: Final = "/v1/videos/omni-video"
_STATES: Final[Mapping[str, State]] = {
    "submitted": "queued",
    "processing": "running",
    "succeed": "succeeded",
    "failed": "failed",
}
_SUCCESS: Final = "0"
_NOT_FOUND: Final = frozenset({"1202", "1203"})
_ADVICE: Final = {
    "1000": answers.CHECK_KEY,
    "1001": answers.CHECK_KEY,
    "1002": answers.CHECK_KEY,
    "1004": "The clock of this machine may be wrong: the token has expired.",
    "1101": answers.TOP_UP,
    "1102": answers.TOP_UP,
}


def submit(order: Order) -> Flow[Accepted]:
    """Submit a task; an error may come with HTTP 200."""
    own_id = {"external_task_id": order.idempotency_key} if order.idempotency_key else {}
    body = {**own_id, **order.body}  # an id that the job itself has stays
    request = Request(method="POST", url=_TASKS, json=body, paid=True)
    response = yield from answers.fetch(request, _refused)
    answer = answers.as_object(response)
    name = answers.value_at(answer, "data.task_id")
    if not name and answers.text_at(answer, "code") not in {"", _SUCCESS}:
        raise _refused(response)
    return Accepted(provider_id=answers.as_job_id(name))


def poll(sent: Sent) -> Flow[Status]:
    """Request one task's status and result."""
    response = yield Request(method="GET", url=f"{_TASKS}/{answers.path_segment(sent.provider_id)}")
    answer = answers.as_object(response) if response.ok else {}
    word = answers.text_at(answer, "data.task_status")
    if not word:
        raise _refused(response)
    return answers.read_status(
        _TITLE,
        _STATES,
        word,
        outputs=[*answers.as_urls(answers.value_at(answer, "data.task_result.videos"))],
        error=answers.text_at(answer, "data.task_status_msg"),
    )


def find(sent: Sent) -> Flow[Accepted | None]:
    """Look a task up by our own id; None if Kling has none."""
    own_id = sent.order.body.get("external_task_id") or sent.order.idempotency_key
    response = yield Request(method="GET", url=f"{_TASKS}/{answers.path_segment(str(own_id))}")
    body = answers.json_or_none(response)
    if response.status == 404 or answers.text_at(body, "code") in _NOT_FOUND:
        return None
    if not response.ok:
        raise _refused(response)
    answer = answers.as_object(response)
    if answers.text_at(answer, "data.task_info.external_task_id") != own_id:
        return None
    return Accepted(provider_id=answers.as_job_id(answers.value_at(answer, "data.task_id")))


def _refused(response: Response) -> Refused:
    body = answers.json_or_none(response)
    code = answers.text_at(body, "code")
    message = answers.text_at(body, "message")
    if response.ok and (not code or code.startswith("5")):
        raise Unclear(f"{_TITLE}'s answer shows no job: {message or 'no reason'}")
    return answers.refusal(
        _TITLE, response, message=message, code=code, advice=_ADVICE.get(code, "")
    )
