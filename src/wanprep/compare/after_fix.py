"""One job as `wanprep fix` would leave it for one target: planned, not done."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from wanprep.check.cases import cases
from wanprep.compare.row import Cost
from wanprep.fix.job.mend_job import mend_job
from wanprep.fix.plan import Impossible, Plan
from wanprep.fix.planning.plan_asset import plan_asset
from wanprep.fix.wanted import wanted_files
from wanprep.fix.wishes import Wishes
from wanprep.job.documents.read_documents import read_text
from wanprep.job.read import jobs_in
from wanprep.judge.target import all_targets

if TYPE_CHECKING:
    from collections.abc import Iterator

    from wanprep.check.seen import Seen
    from wanprep.fix.job.mended import MendedJob
    from wanprep.fix.plan import Untouched
    from wanprep.fix.wanted import Wanted
    from wanprep.judge.target import Target


@dataclass(frozen=True, slots=True)
class AfterFix:
    """What there would be to judge, and what would have been done."""

    seen: Seen
    job: MendedJob
    plans: tuple[tuple[Wanted, Plan | Untouched | Impossible], ...]


def after_fix(seen: Seen, target: Target) -> AfterFix:
    """See one job as if all its repairs were done, whatever they would have to ask."""
    [file], [[case]] = seen.files, seen.cases
    config = seen.question.config
    wishes = replace(Wishes(**config.fix), yes=True)
    plans = [
        (wanted, plan_asset(wanted.facts, wanted.needs, wishes, ignored=wanted.ignored))
        for wanted in wanted_files(seen)
    ]
    job = mend_job(file, [case], wishes=wishes, ignored=config.ignored_in(file.file))
    written = jobs_in(file.file, read_text(job.text, file.file))
    known = all_targets((*seen.question.target_folders, *config.target_folders))
    found, wrong = cases(written, [target], known, [target])
    mended = {
        wanted.path: replace(plan.predicted, path=wanted.path)
        for wanted, plan in plans
        if isinstance(plan, Plan)
    }
    then = replace(
        seen,
        files=(written,),
        cases=(tuple(each for each in found if each.job.number == case.job.number),),
        wrong=(tuple(wrong),),
        facts={**seen.facts, **mended},
    )
    return AfterFix(then, job, tuple(plans))


def costs(fixed: AfterFix) -> tuple[Cost, ...]:
    """List everything that would be done, to the files first."""
    return (*_of_files(fixed), *_of_job(fixed))


def _of_files(fixed: AfterFix) -> Iterator[Cost]:
    for wanted, plan in fixed.plans:
        if isinstance(plan, Plan):
            name = wanted.uses[0].asset.written
            yield from (Cost(name, step.words, step.safety) for step in plan.steps)


def _of_job(fixed: AfterFix) -> Iterator[Cost]:
    for change in sorted(fixed.job.changes, key=lambda each: each.line):
        yield Cost(f"line {change.line}", change.words, change.safety)


def beyond_repair(fixed: AfterFix) -> Iterator[str]:
    """Say why files cannot be mended."""
    for _, plan in fixed.plans:
        if isinstance(plan, Impossible):
            yield from plan.reasons
