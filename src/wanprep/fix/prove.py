"""A repair is believed when its result was probed, decoded and judged again."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from wanprep.check.findings import asset_findings

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from wanprep.fix.plan import Plan
    from wanprep.fix.wanted import Wanted
    from wanprep.judge.finding import Finding
    from wanprep.probe.facts import Facts

# Below this a result is not what it was made from: turned, emptied, of other colours.
_LEAST_LIKENESS: Final = 0.5


@dataclass(frozen=True, slots=True)
class Proof:
    """What the result turned out to be, beside what the source was."""

    facts: Facts
    before: tuple[Finding, ...]
    after: tuple[Finding, ...]
    likeness: Mapping[str, float]
    objections: tuple[str, ...]  # why it is not delivered; empty when it is clean


def findings_of(wanted: Wanted, facts: Facts, name: str) -> tuple[Finding, ...]:
    """Judge a file for everything it is wanted for."""
    return tuple(
        finding
        for need in wanted.needs
        for finding in asset_findings(facts, need.target, need.role, file=name, written=name)
        if finding.rule not in wanted.ignored
    )


def prove(
    wanted: Wanted, plan: Plan, facts: Facts, likeness: Mapping[str, float], name: str
) -> Proof:
    """Hold a result against all that was promised of it."""
    before = findings_of(wanted, wanted.facts, wanted.path)
    after = findings_of(wanted, facts, name)
    return Proof(
        facts, before, after, likeness, tuple(_objections(plan, facts, before, after, likeness))
    )


def _objections(
    plan: Plan,
    facts: Facts,
    before: tuple[Finding, ...],
    after: tuple[Finding, ...],
    likeness: Mapping[str, float],
) -> Iterator[str]:
    known = {each.rule for each in before} - set(plan.clears)
    if not facts.readable:
        yield f"the result cannot be decoded: {facts.problem}"
        return
    for finding in after:
        if finding.severity == "error" or finding.rule not in known:
            yield f"the result would still have {finding.rule}: {finding.message}"
    if (ssim := likeness.get("ssim", 1.0)) < _LEAST_LIKENESS:
        yield f"the result does not look like its source (SSIM {ssim:.2f})"
