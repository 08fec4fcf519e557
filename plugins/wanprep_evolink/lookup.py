"""Look for a task whose answer was lost, among those that EvoLink lists."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from wanprep.plugins.answers import earliest, inner, job_id, listed, moment, of_its_time, same_order
from wanprep.plugins.flow import Accepted, Request, Unclear
from wanprep_evolink.errors import refused

if TYPE_CHECKING:
    from collections.abc import Mapping

    from wanprep.plugins.flow import Flow, Sent

_PER_PAGE: Final = 50
_PAGES: Final = 10
_LISTS: Final = ("data", "tasks", "items", "list", "results")


def find(sent: Sent) -> Flow[Accepted | None]:
    """Find the lost task; None where there is none, or more than one that could be it.

    The list shows no prompts that could be compared, so a task is taken only if no other one
    of its model was begun at that time.
    """
    ours: set[str] = set()
    for page in range(1, _PAGES + 1):
        query = {"model": sent.order.model, "page": str(page), "page_size": str(_PER_PAGE)}
        response = yield Request(method="GET", url="/v1/tasks", query=query)
        if not response.ok:
            raise refused(response)
        tasks = listed(response.json(), _LISTS)
        ours |= {found for task in tasks if (found := _ours(task, sent))}
        if len(tasks) < _PER_PAGE or any(_too_old(task, sent) for task in tasks):
            return Accepted(provider_id=ours.pop()) if len(ours) == 1 else None
    return None  # there are more than one could look through


def _ours(task: Mapping[str, Any], sent: Sent) -> str:
    """Name a task that could be the lost one."""
    try:
        found = job_id(task.get("id", task.get("task_id")))
    except Unclear:
        return ""
    seconds = inner(task, "task_info", "video_duration")
    fits = (
        found not in sent.taken
        and of_its_time(sent, _begun(task))
        and same_order(sent, task)
        and (seconds is None or seconds == sent.order.body.get("duration", seconds))
    )
    return found if fits else ""


def _too_old(task: Mapping[str, Any], sent: Sent) -> bool:
    begun = _begun(task)
    return begun is not None and begun < earliest(sent)


def _begun(task: Mapping[str, Any]) -> Any:  # noqa: ANN401 - a time or None
    return moment(task.get("created", task.get("created_at")))
