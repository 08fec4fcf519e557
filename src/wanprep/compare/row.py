"""What a target makes of a job."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from wanprep.fix.steps import Safety
    from wanprep.submit.order.price import Estimate, Unpriced


@dataclass(frozen=True, slots=True)
class Cost:
    """One thing that `wanprep fix` would do."""

    what: str  # a file as the job writes it, or "line 3"
    words: str
    safety: Safety


@dataclass(frozen=True, slots=True)
class Fits:
    """The target takes the job as it is."""

    warnings: tuple[str, ...]  # which do not keep it from being sent


@dataclass(frozen=True, slots=True)
class Fixable:
    """The target takes the job once it is mended."""

    costs: tuple[Cost, ...]

    @property
    def safety(self) -> Safety:
        """Tell the dearest of its costs."""
        found = {cost.safety for cost in self.costs}
        return "asks" if "asks" in found else "lossy" if "lossy" in found else "safe"


@dataclass(frozen=True, slots=True)
class Impossible:
    """No repair that wanprep knows makes the target take the job."""

    why: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Unknown:
    """Something could not be looked at, and the rest fits."""

    why: tuple[str, ...]


Outcome = Fits | Fixable | Impossible | Unknown


@dataclass(frozen=True, slots=True)
class Row:
    """One job and one target."""

    subject: str
    target: str
    outcome: Outcome
    price: Estimate | Unpriced | None  # None where there is nothing to buy
