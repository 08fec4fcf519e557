"""How one generation stands, or several that were ordered together."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from wanprep.plugins.answers import addresses, told, words
from wanprep.plugins.flow import Status

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from wanprep.plugins.flow import State

STATES: Final[Mapping[str, State]] = {
    "queued": "queued",
    "processing": "running",
    "succeeded": "succeeded",
    "failed": "failed",
    "cancelled": "cancelled",
}
ENDS: Final = ("succeeded", "failed", "cancelled")
# How a whole stands whose parts stand differently: as the first of these that any part is.
_WEIGHT: Final[Sequence[State]] = (
    "unknown", "running", "queued", "succeeded", "failed", "cancelled",
)  # fmt: skip


def status_of(generation: Mapping[str, Any]) -> Status:
    """Read one generation, as its own page, the list, and the events show it."""
    word = words(generation.get("status"))
    state = STATES.get(word.lower(), "unknown")
    outputs = tuple(addresses(generation.get("result_url") or generation.get("url")))
    error = words(generation.get("error_message"), generation.get("error"))
    if state == "succeeded" and not outputs:
        state, error = "failed", error or "Oxen calls the generation succeeded, and names no result"
    elif state == "failed":
        error = error or "Oxen gives no reason"
    return Status(
        state=state,
        word=word,
        outputs=outputs if state == "succeeded" else (),
        error=error if state == "failed" else "",
        told=told(generation, ("enqueued_at", "started_at", "completed_at")),
    )


def together(parts: Sequence[Status]) -> Status:
    """Put several generations together: what is there of them counts, once all have ended."""
    if len(parts) == 1:
        return parts[0]
    states = {part.state for part in parts}
    state = next(state for state in _WEIGHT if state in states)
    going = state not in ENDS
    errors = [f"{place}: {part.error}" for place, part in enumerate(parts, 1) if part.error]
    return Status(
        state=state,
        word=", ".join(part.word for part in parts),
        outputs=() if going else tuple(url for part in parts for url in part.outputs),
        error="" if going else "; ".join(errors),
        told={"generations": [dict(part.told) for part in parts]},
    )
