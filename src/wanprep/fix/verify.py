"""A repair is believed when its result was probed, decoded and judged again."""

from __future__ import annotations

import glob
import os
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from wanprep.check.findings import asset_findings
from wanprep.fix.outcome import Fixed, Kept

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from wanprep.check.inputs import CheckRequest
    from wanprep.fix.outcome import Outcome, Outcomes
    from wanprep.fix.plan.plan import Plan
    from wanprep.fix.task import Prepared, Task, Wanted
    from wanprep.media.facts import Facts
    from wanprep.rules.finding import Finding


# Below this a result is not what it was made from: turned, emptied, of other colours.
_LEAST_SIMILARITY: Final = 0.5


@dataclass(frozen=True, slots=True)
class Proof:
    """What the result turned out to be, beside what the source was."""

    facts: Facts
    before: tuple[Finding, ...]
    after: tuple[Finding, ...]
    similarity: Mapping[str, float]
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
    wanted: Wanted, plan: Plan, facts: Facts, similarity: Mapping[str, float], name: str
) -> Proof:
    """Hold a result against all that was promised of it."""
    before = findings_of(wanted, wanted.facts, wanted.path)
    after = findings_of(wanted, facts, name)
    return Proof(
        facts, before, after, similarity, tuple(_objections(plan, facts, before, after, similarity))
    )


def _objections(
    plan: Plan,
    facts: Facts,
    before: tuple[Finding, ...],
    after: tuple[Finding, ...],
    similarity: Mapping[str, float],
) -> Iterator[str]:
    known = {each.rule for each in before} - set(plan.clears)
    if not facts.readable:
        yield f"the result cannot be decoded: {facts.problem}"
        return
    for finding in after:
        if finding.severity == "error" or finding.rule not in known:
            yield f"the result would still have {finding.rule}: {finding.message}"
    if (ssim := similarity.get("ssim", 1.0)) < _LEAST_SIMILARITY:
        yield f"the result does not look like its source (SSIM {ssim:.2f})"


def question_again(task: Task, prepared: Prepared, outcomes: Outcomes) -> CheckRequest:
    """Ask for the jobs and the bare media where they are now, with the roles they had."""
    question, config = task.question, task.question.config
    bare = set(prepared.seen.media)
    alone = [each for each in outcomes.assets if each.wanted.path in bare]
    results = {_end(each): each for each in alone}
    roles = {glob.escape(end): prepared.seen.role(each.wanted.path)
             for end, each in results.items()}  # fmt: skip
    paths = (*results, *(job.result for job in outcomes.jobs))
    silent = dict(_silenced(outcomes, config.folder))
    return replace(
        question,
        paths=tuple(glob.escape(path) if not os.path.lexists(path) else path for path in paths),
        roles=roles,
        config=replace(config, ignore_in={**config.ignore_in, **silent}),
    )


def _end(outcome: Outcome) -> str:
    return outcome.result if isinstance(outcome, Fixed | Kept) else outcome.wanted.path


def _silenced(
    outcomes: Outcomes, folder: os.PathLike[str]
) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Silence for a result what was silenced for its source."""
    for each in outcomes.assets:
        if each.wanted.ignored:
            relative = os.path.relpath(os.path.abspath(_end(each)), folder)
            yield glob.escape(relative), tuple(each.wanted.ignored)
