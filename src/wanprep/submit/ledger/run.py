"""A run: one submission, and where it can go from where it stands."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping

    from wanprep.plugins.flow import Order

RunState = Literal[
    "sending", "accepted", "uncertain", "refused", "succeeded", "failed", "cancelled", "expired"
]

_LETTERS: Final = "abcdefghjkmnpqrstuvwxyz"
_SIGNS: Final = _LETTERS + "23456789"  # none that looks like another

# Where a run may go. A sender that died leaves `sending` behind: nobody knows, so `uncertain`.
MOVES: Final[Mapping[RunState, frozenset[RunState]]] = {
    "sending": frozenset({"accepted", "uncertain", "refused"}),
    "uncertain": frozenset({"accepted", "sending"}),
    "accepted": frozenset({"succeeded", "failed", "cancelled", "expired"}),
    "succeeded": frozenset({"expired"}),
    "refused": frozenset(),
    "failed": frozenset(),
    "cancelled": frozenset(),
    "expired": frozenset(),
}
# What may have cost money. The ledger's index says the same.
LIVE: Final[frozenset[RunState]] = frozenset(
    {"sending", "accepted", "uncertain", "succeeded", "expired"}
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One submission as it is remembered."""

    id: str
    identity: str
    target: str
    job: str
    number: int
    state: RunState
    sender: str
    order: Order
    facts: Mapping[str, Any]
    created: datetime
    sent: datetime
    updated: datetime
    provider_id: str | None = None
    told: Mapping[str, Any]
    outputs: tuple[str, ...] = ()
    files: tuple[str, ...] = ()
    error: str | None = None
    deadline: datetime | None = None
    replaced_by: str | None = None

    @property
    def provider(self) -> str:
        """Name the provider: the part before the slash."""
        return self.target.partition("/")[0]


@dataclass(frozen=True, slots=True, kw_only=True)
class NewRun:
    """What is about to be sent."""

    identity: str
    job: str
    number: int
    order: Order
    facts: Mapping[str, Any]


def new_id() -> str:
    """Make a name that a person can read out: 40 bits, a letter first."""
    return secrets.choice(_LETTERS) + "".join(secrets.choice(_SIGNS) for _ in range(7))


def now() -> datetime:
    """Tell the time as runs do."""
    return datetime.now(UTC)


def written(time: datetime) -> str:
    """Write a time so that it sorts, and that every language reads it."""
    return time.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
