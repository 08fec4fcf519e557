"""Send an order to WaveSpeedAI, ask how far it is, and delete it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from wanprep.plugins.answers import addresses, inner, job_id, members, segment, told, words
from wanprep.plugins.flow import Accepted, Cancelled, Request, Status
from wanprep_wavespeed.errors import ADVICE, fine, reason, refused

if TYPE_CHECKING:
    from collections.abc import Mapping

    from wanprep.plugins.flow import Flow, Order, Sent, State

_STATES: Final[Mapping[str, State]] = {
    "created": "queued",
    "processing": "running",
    "completed": "succeeded",
    "failed": "failed",
    "timeout": "failed",
    "cancelled": "cancelled",
    "deleted": "cancelled",
}
_NAMES: Final = ("url", "video", "video_url", "output")


def submit(order: Order) -> Flow[Accepted]:
    """Send an order; a webhook stands in the query."""
    response = yield Request(
        method="POST",
        url=f"/api/v3/{order.model}",
        query=order.query,
        json=order.body,
        paid=True,
    )
    if not fine(response):
        raise refused(response)
    answer = members(response)
    return Accepted(provider_id=job_id(inner(answer, "data", "id")))


def poll(sent: Sent) -> Flow[Status]:
    """Ask for a prediction: state and result come together."""
    response = yield Request(method="GET", url=f"{_address(sent)}/result")
    answer = members(response) if response.ok else {}
    if words(inner(answer, "data", "status")) == "":
        if response.ok and _of_the_task(answer):
            return Status(state="failed", word="", error=_error(answer))
        raise refused(response)
    return _status(answer)


def _address(sent: Sent) -> str:
    return f"/api/v3/predictions/{segment(sent.provider_id)}"


def _of_the_task(answer: Mapping[str, Any]) -> bool:
    """Tell whether an error is that of the task itself, and not of the question."""
    _, code = reason(answer)
    return code.startswith("1") and len(code) == 4


def _status(answer: Mapping[str, Any]) -> Status:
    data = answer["data"]
    word = words(data.get("status"))
    state = _STATES.get(word.lower(), "unknown")
    outputs = tuple(dict.fromkeys(addresses(data.get("outputs"), _NAMES)))
    error = ""
    if state == "failed":
        error = _error(answer)
    elif state == "succeeded" and not outputs:
        state = "failed"
        error = words(data.get("error")) or _without_result(data)
    return Status(
        state=state,
        word=word,
        outputs=outputs if state == "succeeded" else (),
        error=error,
        told=told(data, ("timings", "has_nsfw_contents", "created_at")),
    )


def _error(answer: Mapping[str, Any]) -> str:
    says, code = reason(answer)
    if words(inner(answer, "data", "status")).lower() == "timeout":
        says = words(inner(answer, "data", "error")) or "it took too long"
    advice = ADVICE.get(code, "")
    named = f"{says or 'WaveSpeedAI gives no reason'}{f' ({code})' if code else ''}"
    return f"{named}. {advice}" if advice else named


def _without_result(data: Mapping[str, Any]) -> str:
    flags = data.get("has_nsfw_contents")
    if isinstance(flags, list) and True in flags:
        return "WaveSpeedAI calls the result indecent and gives no address of it"
    return "WaveSpeedAI calls the prediction completed, and names no result"


def cancel(sent: Sent) -> Flow[Cancelled]:
    """Delete a prediction: there is no other way to call one off, and its record goes as well."""
    response = yield Request(method="DELETE", url=_address(sent))
    if not fine(response):
        raise refused(response)
    word = words(inner(members(response), "data", "status")).lower()
    if _STATES.get(word) != "cancelled":
        return Cancelled(
            done=False,
            says=f"WaveSpeedAI did not delete the prediction: it is {word or 'as it was'}.",
        )
    return Cancelled(
        done=True,
        says="WaveSpeedAI has deleted the prediction and its record. A job that ran may not have "
        "stopped at once; part of its price may be refunded.",
    )
