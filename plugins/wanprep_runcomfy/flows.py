"""RunComfy: submit a job, poll it, and cancel it.

Small local files can be sent inside the request, as RunComfy's own nodes do. This is not
documented, so it must be switched on in the configuration.
"""

from __future__ import annotations

import re
from itertools import chain
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

_ID: Final = re.compile(r"[A-Za-z0-9_-]{1,128}")
_LARGEST_REQUEST: Final = 64 * 1024 * 1024  # bytes, the limit of RunComfy's own nodes
# The documented words, and those that RunComfy's own programs use.
_STATES: Final[Mapping[str, State]] = {
    "in_queue": "queued",
    "pending": "queued",
    "waiting": "queued",
    "in_progress": "running",
    "starting": "running",
    "processing": "running",
    "completed": "succeeded",
    "succeeded": "succeeded",
    "failed": "failed",
    "cancelled": "cancelled",
    "canceled": "cancelled",
}
_ENDED: Final = frozenset({"succeeded", "failed", "cancelled"})
_ADVICE: Final = {
    "400002": answers.TOP_UP,
    "400004": "Check the state of the account at RunComfy.",
    "401001": answers.CHECK_KEY,
    "403001": "Check that the account may use this model.",
}
_MIB: Final = 2**20
_LARGEST: Final = {"image": 6 * _MIB, "video": 32 * _MIB}  # bytes, as RunComfy's own nodes allow


def submit(order: Order) -> Flow[Accepted]:
    """Submit a job. An error may come with HTTP 200."""
    _check_size(order)
    response = yield Request(
        method="POST",
        url=f"/v1/models/{order.model}",
        query=order.query,
        json=order.body,
        paid=True,
    )
    answer = answers.as_object(response) if response.ok else {}
    if not response.ok or answer.get("error_code"):
        raise _refused(response, order)
    return Accepted(provider_id=answers.as_job_id(answer.get("request_id"), _ID))


def _check_size(order: Order) -> None:
    """Refuse a request that the files inside it make too large, before anything is sent."""
    strings = chain.from_iterable(
        value if isinstance(value, list) else [value] for value in order.body.values()
    )
    if sum(len(string) for string in strings if isinstance(string, str)) > _LARGEST_REQUEST:
        raise Refused("the files inside the request are too large together", advice=answers.HOST_IT)


def poll(sent: Sent) -> Flow[Status]:
    """Request a job's status, and its result once it has ended."""
    status = _read((yield Request(method="GET", url=_url(sent, "status"))))
    state = _state(status)
    if state not in _ENDED:
        position = answers.as_int(status.get("queue_position"))
        return Status(state=state, word=answers.text_at(status, "status"), position=position)
    response = yield Request(method="GET", url=_url(sent, "result"), query={"include_cost": "true"})
    return _read_result(_read(response), status)


def _url(sent: Sent, endpoint: str) -> str:
    return f"/v1/requests/{answers.path_segment(sent.provider_id)}/{endpoint}"


def _read(response: Response) -> Mapping[str, Any]:
    if not response.ok:
        raise _refused(response)
    answer = answers.as_object(response)
    if answer.get("error_code") and "status" not in answer:
        raise _refused(response)
    return answer


def _state(answer: Mapping[str, Any]) -> State:
    return _STATES.get(answers.text_at(answer, "status").lower(), "unknown")


def _read_result(result: Mapping[str, Any], status: Mapping[str, Any]) -> Status:
    """Read a job that has ended: with an error and without a URL it has failed."""
    latest = result if "status" in result else status
    outputs = _outputs(result.get("output"))
    error = answers.text_at(result, "error", "error.message", "error_message") or answers.text_at(
        status, "error", "error.message"
    )
    states = _STATES
    if error and not outputs and _state(latest) in _ENDED:  # also where the word is "completed"
        states = dict.fromkeys(_STATES, "failed")
    cost = answers.as_number(result.get("cost"))
    return answers.read_status(
        "RunComfy",
        states,
        answers.text_at(latest, "status"),
        outputs=outputs,
        error=error,
        details=answers.pick(result, ("created_at", "finished_at", "model_id"))
        | ({"cost": cost} if cost is not None else {}),
    )


def _outputs(output: object) -> list[str]:
    """List the URLs of results: of videos, else of whatever there is."""
    for names in (("video", "videos"), ("image", "images"), ("url",)):
        urls = [url for name in names for url in answers.as_urls(answers.value_at(output, name))]
        if urls:
            return urls
    return [*answers.as_urls(output)]


def cancel(sent: Sent) -> Flow[Cancelled]:
    """Cancel a job: HTTP 200 may also mean that it cannot be."""
    answer = _read((yield Request(method="POST", url=_url(sent, "cancel"))))
    outcome = answers.text_at(answer, "outcome", "status").lower()
    if _STATES.get(outcome) == "cancelled":
        return Cancelled(done=True, message="RunComfy has cancelled the request.")
    word = answers.text_at(answer, "status", "outcome") or "not reported"
    return Cancelled(
        done=False,
        message="RunComfy cannot cancel the request any more: only a queued one can be cancelled, "
        f"and its status is {word}.",
    )


def upload(file: LocalFile, order: Order) -> Flow[HostedUrl]:
    """Write a file as a data URI. Nothing is sent."""
    if order.settings.get("data-uris") is not True:
        raise Refused(
            "RunComfy has no uploads",
            advice="Small files can be sent inside the request, which RunComfy does not document: "
            "set data-uris = true in [providers.runcomfy] of the configuration.",
        )
    largest = _LARGEST.get(file.content_type.partition("/")[0], 0)
    if file.bytes > largest:
        raise Refused(
            f"{file.name} is too large to be sent inside the request: {file.bytes / _MIB:.1f} MiB; "
            f"RunComfy's own nodes allow {largest // _MIB} MiB"
        )
    yield from ()  # a flow without requests
    return HostedUrl(f"data:{file.content_type};base64,{file.base64()}")


def _refused(response: Response, order: Order | None = None) -> Refused:
    """Read an error of any shape; that of an order may mean that the model's id is unknown."""
    body = answers.json_or_none(response)
    code = answers.text_at(body, "error_code")
    message = _message(body)
    if len(code) == 6 and code.startswith("5"):
        raise Unclear(f"RunComfy reports an internal error: {message or code}")
    is_unknown = code == "400001" or (response.status == 404 and not code)
    advice = _model_id_advice(order) if order and is_unknown else _ADVICE.get(code, "")
    return answers.refusal("RunComfy", response, message=message, code=code, advice=advice)


def _model_id_advice(order: Order) -> str:
    name = order.target.partition("/")[2]
    return (
        f"RunComfy may not know the model by the id {order.model}: newer pages write such ids "
        "with a dot, as wan-ai/wan-2.7/reference-to-video. Set the id of the model's page as "
        f'model-ids = {{"{name}" = "..."}} in [providers.runcomfy] of the configuration.'
    )


def _message(body: object) -> str:
    """Read an error's message, and its messages about single fields."""
    message = answers.text_at(body, "error_message", "message", "error", "error.message")
    details = answers.value_at(body, "detail")
    fields = answers.field_errors(details) or answers.as_text(details)
    return "; ".join(dict.fromkeys(part for part in (message, fields) if part))
