"""Targets that end: a warning some time before, an error after the last day."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING, Final

from wanprep.rules.bounds import JobViolation, violation_of

if TYPE_CHECKING:
    from wanprep.rules.target import Target

_NOTICE: Final = timedelta(days=60)


def end_of_target(target: Target, today: date, pointer: str) -> JobViolation | None:
    """Report that a target ends soon, or has ended; the caller knows the day."""
    until = target.data.get("until")
    if until is None or today + _NOTICE < (last := date.fromisoformat(until)):
        return None
    has_ended = today > last
    note = {
        "x-rule": "target-ended",
        "x-severity": "error" if has_ended else "warning",
        "x-source": target.data["until_source"],
    }
    successor = target.data.get("replaced-by")
    detail = f"Use {successor} instead." if successor else ""
    words = f"ended on {until}" if has_ended else f"ends on {until}"
    violation = violation_of(note, found=words, limit=until)
    return JobViolation(violation, pointer, target.id, detail=detail)
