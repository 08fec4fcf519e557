"""What a fix did, or would do, as values; their JSON is that of the plan or of the receipt."""

from __future__ import annotations

from dataclasses import field
from typing import TYPE_CHECKING, Any, Literal

from wanprep.check.result import redact_report
from wanprep.dataclass import dataclass
from wanprep.fix.plan.plan import Step
from wanprep.fix.receipt import plan_json, receipt
from wanprep.media.facts import Facts

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from wanprep.check.result import Report
    from wanprep.fix.request import Outcomes
    from wanprep.fix.run import Preview

# kept: it passes, or no fix would improve it. asks: a step needs a decision. mended and unmended
# are the words of the receipt for what is, and what cannot be, fixed.
AssetOutcome = Literal["kept", "mended", "unmended", "asks"]


@dataclass(frozen=True, slots=True, kw_only=True)
class FixedAsset:
    """What was, or would be, done to one media file."""

    source: str
    outcome: AssetOutcome
    result: str | None  # where it is after the fix; None where nothing is written
    steps: tuple[Step, ...]
    reasons: tuple[str, ...]  # why it is not fixed, or what must be decided
    before: Facts | None  # None for what is kept
    after: Facts | None


@dataclass(frozen=True, slots=True, kw_only=True)
class FixedJob:
    """What was, or would be, done to one job file."""

    source: str
    result: str
    reasons: tuple[str, ...]  # why it was not written
    changes: tuple[Mapping[str, Any], ...]  # as in the receipt; a plan has the diff
    diff: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FixReport:
    """All that was, or would be, done, and what a check of the results finds."""

    assets: tuple[FixedAsset, ...]
    jobs: tuple[FixedJob, ...]
    remaining: Report
    passes: bool  # whether everything passes and is in its place: exit status 0
    data: Mapping[str, Any] = field(repr=False)

    def as_json(self) -> dict[str, Any]:
        """Return the plan or the receipt as `--format json` prints it."""
        return dict(self.data)


def plan_report(shown: Preview) -> FixReport:
    """Describe a plan."""
    data = plan_json(shown.run, shown.jobs)
    return _report(data, shown.remaining, passes=shown.passes)


def receipt_report(outcomes: Outcomes, remaining: Report) -> FixReport:
    """Describe what was done."""
    passes = remaining.clean and outcomes.all_delivered
    return _report(receipt(outcomes), remaining, passes=passes)


def _report(data: Mapping[str, Any], remaining: Report, *, passes: bool) -> FixReport:
    return FixReport(
        assets=tuple(map(_asset, data["assets"])),
        jobs=tuple(map(_job, data["jobs"])),
        remaining=redact_report(remaining),
        passes=passes,
        data=data,
    )


def _asset(entry: Mapping[str, Any]) -> FixedAsset:
    facts = entry.get("facts", {})
    reasons: Iterable[str] = entry.get("reasons") or entry.get("questions", ())
    return FixedAsset(
        source=entry["source"],
        outcome=entry["outcome"],
        result=entry.get("result"),
        steps=tuple(Step(**step) for step in entry.get("steps", ())),
        reasons=tuple(reasons),
        before=Facts.from_json(facts["before"]) if facts else None,
        after=Facts.from_json(facts["after"]) if facts else None,
    )


def _job(entry: Mapping[str, Any]) -> FixedJob:
    return FixedJob(
        source=entry["source"],
        result=entry["result"],
        reasons=tuple(entry.get("reasons", ())),
        changes=tuple(entry.get("changes", ())),
        diff=entry.get("diff", ""),
    )
