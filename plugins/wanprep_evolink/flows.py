"""Send an order to EvoLink, and ask how far it is."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from wanprep.plugins.answers import addresses, inner, job_id, members, number, segment, told, words
from wanprep.plugins.flow import Accepted, Request, Status
from wanprep_evolink.errors import reason, refused

if TYPE_CHECKING:
    from collections.abc import Mapping

    from wanprep.plugins.flow import Flow, Order, Sent, State

_STATES: Final[Mapping[str, State]] = {
    "pending": "queued",
    "processing": "running",
    "completed": "succeeded",
    "failed": "failed",
    "cancelled": "cancelled",
}
_KEY: Final = re.compile(r"[A-Za-z0-9._-]{16,96}")


def submit(order: Order) -> Flow[Accepted]:
    """Send an order; a repeat under the same key is answered with the same task."""
    key = order.idempotency_key
    headers = {"Idempotency-Key": key} if _KEY.fullmatch(key) else {}
    response = yield Request(
        method="POST",
        url="/v1/videos/generations",
        query=order.query,
        headers=headers,
        json=order.body,
        paid=True,
    )
    if not response.ok:
        raise refused(response)
    task = members(response)
    if task.get("error") and not task.get("id"):
        raise refused(response)
    kept = told(task, ("usage", "task_info"))
    if response.headers.get("idempotency-replayed", "").lower() == "true":
        kept["replayed"] = True
    return Accepted(provider_id=job_id(task.get("id")), told=kept)


def poll(sent: Sent) -> Flow[Status]:
    """Ask for one task."""
    response = yield Request(
        method="GET",
        url=f"/v1/tasks/{segment(sent.provider_id)}",
    )
    if not response.ok:
        raise refused(response)
    task = members(response)
    if "status" not in task:
        raise refused(response)
    return status_of(task)


def status_of(task: Mapping[str, Any]) -> Status:
    """Read a task, from whichever of EvoLink's answers."""
    word = words(task.get("status"))
    state = _STATES.get(word.lower(), "unknown")
    found = [*addresses(task.get("results"), _NAMES), *addresses(task.get("result_data"), _NAMES)]
    outputs = tuple(dict.fromkeys(found)) if state == "succeeded" else ()
    error = _error(task)
    if state == "succeeded" and not outputs:
        state, error = "failed", error or "EvoLink calls the task completed, and names no result"
    elif state == "failed":
        error = error or "EvoLink gives no reason"
    progress = number(task.get("progress"))
    return Status(
        state=state,
        word=word,
        outputs=outputs,
        error=error,
        progress=min(max(progress / 100, 0), 1) if progress is not None else None,
        told={"usage": task["usage"]} if inner(task, "usage") else {},
    )


_NAMES: Final = ("video_url", "url")


def _error(task: Mapping[str, Any]) -> str:
    if not task.get("error"):
        return ""
    says, code = reason(task)
    return f"{says} ({code})" if code and code not in says else says
