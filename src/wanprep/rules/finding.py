"""What judging says: a rule broken at a place, and a verdict for each thing judged."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping

Severity = Literal["error", "warning", "note"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One rule broken at one place."""

    rule: str  # a contract, since people put it after --ignore
    severity: Severity
    message: str  # a sentence or two that a designer understands
    target: str
    file: str  # the job, or the bare media file
    line: int | None = None
    column: int | None = None
    end_column: int | None = None
    pointer: str = ""  # of the value in the job
    asset: str | None = None  # the media path as it was written
    found: Any = None
    allowed: Any = None
    fixable: bool = False
    source: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether a job or a bare media file is fit for a target, as far as could be seen."""

    subject: str
    target: str
    verdict: Literal["pass", "fail", "unknown"]
