"""Tell a lost job among those that a service lists, or say that nobody can.

What is taken for ours and is not is worse than what is not found: of two that could be ours,
neither is taken.
"""

from __future__ import annotations

from datetime import UTC, timedelta
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from wanprep.submit.flow import Sent

# How far two clocks may be apart, and how long an order may have been on its way. Lists tell
# little: in a wide window, a job of somebody else with the same account looks like ours.
_BEFORE: Final = timedelta(seconds=30)
_AFTER: Final = timedelta(minutes=5)


def earliest(sent: Sent) -> datetime:
    """Tell since when the job can have been known to the service."""
    return sent.sent_at.astimezone(UTC) - _BEFORE


def of_its_time(sent: Sent, when: datetime | None) -> bool:
    """Tell whether a job with this beginning can be the one that was sent."""
    return when is not None and earliest(sent) <= when <= sent.sent_at + _AFTER


def same_order(sent: Sent, shown: Mapping[str, Any]) -> bool:
    """Tell whether nothing that is shown of a job differs from what was ordered."""
    return all(
        shown[name] == value
        for name, value in sent.order.body.items()
        if shown.get(name) is not None
    )
