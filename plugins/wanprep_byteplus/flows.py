"""BytePlus ModelArk: submit a task, and poll it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from wanprep.plugins import Accepted, Refused, Request, answers

if TYPE_CHECKING:
    from collections.abc import Mapping

    from wanprep.plugins import Flow, Order, Response, Sent, State, Status

_TITLE: Final = "BytePlus"
_TASKS: Final = "/api/v3/contents/generations/tasks"
_STATES: Final[Mapping[str, State]] = {
    "queued": "queued",
    "running": "running",
    "succeeded": "succeeded",
    "failed": "failed",
    "cancelled": "cancelled",
    "expired": "expired",
}
_SENSITIVE: Final = (
    "Moderation refuses it: change the prompt or the references, or set audio: false."
)


def submit(order: Order) -> Flow[Accepted]:
    """Submit a task."""
    request = Request(method="POST", url=_TASKS, json=order.body, paid=True)
    task = yield from answers.fetch_object(request, _refused)
    return Accepted(provider_id=answers.as_job_id(task.get("id")))


def poll(sent: Sent) -> Flow[Status]:
    """Request one task's status and result."""
    name = answers.path_segment(sent.provider_id)
    request = Request(method="GET", url=f"{_TASKS}/{name}")
    task = yield from answers.fetch_object(request, _refused)
    code = answers.text_at(task, "error.code")
    message = answers.text_at(task, "error.message") or code
    return answers.read_status(
        _TITLE,
        _STATES,
        answers.text_at(task, "status"),
        outputs=[*answers.as_urls(task.get("content"), ("video_url",))],
        error=f"{message}. {_SENSITIVE}" if "Sensitive" in code else message,
        details=answers.pick(task, ("usage", "seed")),
    )


def _refused(response: Response) -> Refused:
    body = answers.json_or_none(response)
    code = answers.text_at(body, "error.code")
    return answers.refusal(
        _TITLE,
        response,
        message=answers.text_at(body, "error.message", "message"),
        code=code,
        advice=_SENSITIVE if "Sensitive" in code else "",
    )
