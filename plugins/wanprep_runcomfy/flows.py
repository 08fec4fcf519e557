"""Send an order to RunComfy, ask how far it is, and call it off."""

from __future__ import annotations

import re
from itertools import chain
from typing import TYPE_CHECKING, Any, Final

from wanprep.plugins.answers import (
    HOST_IT,
    addresses,
    inner,
    job_id,
    members,
    number,
    segment,
    told,
    whole,
    words,
)
from wanprep.plugins.flow import Accepted, Cancelled, Refused, Request, Status
from wanprep_runcomfy.errors import refused

if TYPE_CHECKING:
    from collections.abc import Mapping

    from wanprep.plugins.flow import Flow, Order, Response, Sent, State

_ID: Final = re.compile(r"[A-Za-z0-9_-]{1,128}")
_MOST_BYTES: Final = 64 * 1024 * 1024  # of a request, to RunComfy's own nodes
# Beside the documented words stand those that RunComfy's own programs know.
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
_ENDS: Final = frozenset({"succeeded", "failed", "cancelled"})


def submit(order: Order) -> Flow[Accepted]:
    """Send an order. An error may come with HTTP 200."""
    _fits(order)
    response = yield Request(
        method="POST",
        url=f"/v1/models/{order.model}",
        query=order.query,
        json=order.body,
        paid=True,
    )
    if not response.ok:
        raise refused(response, order)
    answer = members(response)
    if answer.get("error_code"):
        raise refused(response, order)
    return Accepted(provider_id=job_id(answer.get("request_id"), _ID))


def _fits(order: Order) -> None:
    """Refuse what files inside of the request make too large, while nothing has left."""
    texts = chain.from_iterable(
        value if isinstance(value, list) else [value] for value in order.body.values()
    )
    if sum(len(text) for text in texts if isinstance(text, str)) > _MOST_BYTES:
        raise Refused("the files inside of the request are too large together", advice=HOST_IT)


def poll(sent: Sent) -> Flow[Status]:
    """Ask for a request's state, and for its result once it has ended."""
    response = yield Request(method="GET", url=_address(sent, "status"))
    status = _answered(response)
    if _state(status) not in _ENDS:
        return Status(
            state=_state(status),
            word=words(status.get("status")),
            position=whole(status.get("queue_position")),
        )
    response = yield Request(
        method="GET", url=_address(sent, "result"), query={"include_cost": "true"}
    )
    return _result(_answered(response), status)


def _address(sent: Sent, what: str) -> str:
    return f"/v1/requests/{segment(sent.provider_id)}/{what}"


def _answered(response: Response) -> Mapping[str, Any]:
    if not response.ok:
        raise refused(response)
    answer = members(response)
    if answer.get("error_code") and "status" not in answer:
        raise refused(response)
    return answer


def _state(answer: Mapping[str, Any]) -> State:
    return _STATES.get(words(answer.get("status")).lower(), "unknown")


def _result(result: Mapping[str, Any], status: Mapping[str, Any]) -> Status:
    """Read a result: without an address it is a failure, whatever word stands there."""
    latest = result if "status" in result else status
    state, word = _state(latest), words(latest.get("status"))
    outputs = _outputs(result.get("output"))
    error = words(
        result.get("error"),
        inner(result, "error", "message"),
        result.get("error_message"),
        status.get("error"),
        inner(status, "error", "message"),
    )
    if state in {"succeeded", "cancelled"} and error and not outputs:
        state = "failed"
    if state == "succeeded" and not outputs:
        state, error = "failed", "RunComfy calls the request completed, and names no result"
    elif state == "failed":
        error = error or "RunComfy gives no reason"
    cost = number(result.get("cost"))
    return Status(
        state=state,
        word=word,
        outputs=outputs if state == "succeeded" else (),
        error=error if state == "failed" else "",
        told=told(result, ("created_at", "finished_at", "model_id"))
        | ({"cost": cost} if cost is not None else {}),
    )


def _outputs(output: object) -> tuple[str, ...]:
    """List the addresses of results: of videos, else of whatever there is."""
    for names in (("video", "videos"), ("image", "images"), ("url",)):
        found = [url for name in names for url in addresses(inner(output, name))]
        if found:
            return tuple(dict.fromkeys(found))
    return tuple(addresses(output))


def cancel(sent: Sent) -> Flow[Cancelled]:
    """Call a request off: HTTP 200 may also say that it cannot be."""
    response = yield Request(method="POST", url=_address(sent, "cancel"))
    answer = _answered(response)
    outcome = words(answer.get("outcome"), answer.get("status")).lower()
    if _STATES.get(outcome) == "cancelled":
        return Cancelled(done=True, says="RunComfy has cancelled the request.")
    word = words(answer.get("status"), answer.get("outcome")) or "nothing of it"
    return Cancelled(
        done=False,
        says=f"RunComfy cannot cancel the request any more: only what still waits in the queue "
        f"can be cancelled, and this is {word}.",
    )
