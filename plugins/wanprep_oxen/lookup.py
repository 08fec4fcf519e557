"""Look for generations whose answer was lost, among those that Oxen lists."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from wanprep.plugins.answers import job_id, moment, of_its_time, same_order
from wanprep.plugins.flow import Accepted, Unclear
from wanprep_oxen.flows import BETWEEN, generations
from wanprep_oxen.generation import ENDS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from wanprep.plugins.flow import Flow, Sent


def find(sent: Sent) -> Flow[Accepted | None]:
    """Find what was lost: the prompt and all parameters that are listed must be ours.

    None where there is nothing, or anything but as many generations as were ordered: then
    some of them may be those of another order just like it.
    """
    ours: list[str] = []
    for status in ("", *ENDS):
        for generation in (yield from generations(sent, status)):
            name = _ours(generation, sent)
            if name and name not in ours:
                ours.append(name)
    ordered = sent.order.body.get("num_generations", 1)
    return Accepted(provider_id=BETWEEN.join(ours)) if len(ours) == ordered else None


def _ours(generation: Mapping[str, Any], sent: Sent) -> str:
    """Name a generation that is, in all that is shown of it, one that was ordered."""
    try:
        name = job_id(generation.get("generation_id"))
    except Unclear:
        return ""
    others = {part for taken in sent.taken for part in taken.split(BETWEEN)}
    fits = (
        name not in others
        and generation.get("prompt") == sent.order.body.get("prompt")
        and generation.get("model_name", sent.order.model) == sent.order.model
        and of_its_time(sent, moment(generation.get("enqueued_at")))
        and same_order(sent, generation)
    )
    return name if fits else ""
