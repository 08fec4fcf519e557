"""Look for a prediction whose answer was lost, among those that WaveSpeedAI lists."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from wanprep.plugins.answers import earliest, inner, job_id, listed, moment, of_its_time, same_order
from wanprep.plugins.flow import Accepted, Request, Unclear
from wanprep_wavespeed.errors import fine, refused

if TYPE_CHECKING:
    from collections.abc import Mapping

    from wanprep.plugins.flow import Flow, Sent

_PER_PAGE: Final = 100
_LISTS: Final = ("items", "predictions", "list", "data", "results")


def find(sent: Sent) -> Flow[Accepted | None]:
    """Find the lost prediction; None where there is none, or more than one that could be it.

    Inputs are compared where they are listed. Where they are not, a prediction is taken only
    if no other one of its model was begun at that time.
    """
    filters = {
        "page": 1,
        "page_size": _PER_PAGE,
        "model": sent.order.model,
        "created_after": earliest(sent).isoformat(timespec="seconds").replace("+00:00", "Z"),
    }
    response = yield Request(method="POST", url="/api/v3/predictions", json=filters)
    if response.status in {404, 405}:
        query = {name: str(value) for name, value in filters.items()}
        response = yield Request(method="GET", url="/api/v3/predictions", query=query)
    if not fine(response):
        raise refused(response)
    data = inner(response.json(), "data")
    found = listed(data if data is not None else response.json(), _LISTS)
    ours = {name for prediction in found if (name := _ours(prediction, sent))}
    if len(ours) != 1 or len(found) >= _PER_PAGE:  # there may be more on the next page
        return None
    return Accepted(provider_id=ours.pop())


def _ours(prediction: Mapping[str, Any], sent: Sent) -> str:
    """Name a prediction that could be the lost one."""
    try:
        name = job_id(prediction.get("id"))
    except Unclear:
        return ""
    given = prediction.get("input")
    fits = (
        name not in sent.taken
        and prediction.get("model", sent.order.model) == sent.order.model
        and of_its_time(sent, moment(prediction.get("created_at")))
        and same_order(sent, given if isinstance(given, dict) else {})
    )
    return name if fits else ""
