"""Hold jobs against targets, one by one: as they are, and as `wanprep fix` would leave them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from wanprep.check.inputs import CheckRequest, read_cases, read_inputs
from wanprep.check.pipeline import judge_inputs
from wanprep.errors import UsageError
from wanprep.fix.job.fix_job import fix_job
from wanprep.fix.plan.plan import NotFixable, Options, Plan
from wanprep.fix.plan.plan_asset import plan_asset
from wanprep.fix.task import wanted_files
from wanprep.job.documents.read_documents import read_text
from wanprep.job.read import jobs_in
from wanprep.rules.target import DEFAULT_TARGET, all_targets, choose_targets
from wanprep.submit.request.price import estimate
from wanprep.text import visible

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from wanprep.check.inputs import Case, Inputs
    from wanprep.check.result import Report
    from wanprep.config import Config
    from wanprep.fix.job.changes import FixedJob
    from wanprep.fix.plan.plan import Safety, Untouched
    from wanprep.fix.task import Wanted
    from wanprep.rules.target import Target
    from wanprep.submit.request.price import Estimate, Unpriced


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
    """The target takes the job once it is fixed."""

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


@dataclass(frozen=True, slots=True)
class AfterFix:
    """What there would be to judge, and what would have been done."""

    seen: Inputs
    job: FixedJob
    plans: tuple[tuple[Wanted, Plan | Untouched | NotFixable], ...]


def after_fix(seen: Inputs, target: Target) -> AfterFix:
    """See one job as if all its repairs were done, whatever they would have to ask."""
    [file], [[case]] = seen.files, seen.cases
    config = seen.request.config
    options = replace(Options(**config.fix), yes=True)
    plans = [
        (wanted, plan_asset(wanted.facts, wanted.needs, options, ignored=wanted.ignored))
        for wanted in wanted_files(seen)
    ]
    job = fix_job(file, [case], options=options, ignored=config.ignored_rules(file.file))
    written = jobs_in(file.file, read_text(job.text, file.file))
    known = all_targets((*seen.request.target_folders, *config.target_folders))
    found, problems = read_cases(written, [target], known, [target])
    fixed_facts = {
        wanted.path: replace(plan.predicted, path=wanted.path)
        for wanted, plan in plans
        if isinstance(plan, Plan)
    }
    then = replace(
        seen,
        files=(written,),
        cases=(tuple(each for each in found if each.job.number == case.job.number),),
        problems=(problems,),
        facts={**seen.facts, **fixed_facts},
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
    """Say why files cannot be fixed."""
    for _, plan in fixed.plans:
        if isinstance(plan, NotFixable):
            yield from plan.reasons


_UNSEEN = "an address could not be looked at, or was not."


def compare(
    paths: Sequence[str], config: Config, *, targets: Sequence[str] = (), offline: bool = False
) -> Iterator[Row]:
    """Hold each job behind some paths against each target that a job can be sent to."""
    known = all_targets(config.target_folders)
    chosen = choose_targets(targets or [name for name in known if name != DEFAULT_TARGET], known)
    ids = tuple(target.id for target in chosen)
    seen = read_inputs(
        CheckRequest(paths=tuple(paths), targets=ids, offline=offline, config=config)
    )
    if seen.media:
        names = ", ".join(visible(path) for path in seen.media[:3])
        raise UsageError(f"{names}: only jobs can be compared. `wanprep init` writes one.")
    for number in range(len(seen.files)):
        here = slice(number, number + 1)
        of_file = replace(
            seen, files=seen.files[here], cases=seen.cases[here], problems=seen.problems[here]
        )
        yield from _of_file(of_file, chosen)


def _of_file(seen: Inputs, targets: Sequence[Target]) -> Iterator[Row]:
    if not seen.cases[0]:  # what cannot be read is nobody's
        why = _errors(judge_inputs(seen))
        yield from (Row(seen.files[0].file, each.id, Impossible(why), None) for each in targets)
    for case in seen.cases[0]:
        for target in targets:
            yield _row(_alone(seen, case, target), target)


def _alone(seen: Inputs, case: Case, target: Target) -> Inputs:
    """Look at one job and one target, and at nothing else."""
    request = replace(seen.request, targets=(target.id,))
    return replace(seen, request=request, cases=((replace(case, targets=(target,)),),))


def _row(seen: Inputs, target: Target) -> Row:
    [[case]] = seen.cases
    before = judge_inputs(seen)
    outcome, then = _outcome(seen, target, before)
    subject = before.verdicts[0].subject
    if isinstance(outcome, Impossible):
        return Row(subject, target.id, outcome, None)
    return Row(subject, target.id, outcome, _price(then, target, case.job.number))


def _outcome(seen: Inputs, target: Target, before: Report) -> tuple[Outcome, Inputs]:
    match before.verdicts[0].verdict:
        case "pass":
            return Fits(_messages(before)), seen
        case "unknown":
            return Unknown(_errors(before) or (_UNSEEN,)), seen
    fixed = after_fix(seen, target)
    after = judge_inputs(fixed.seen)
    match after.verdicts[0].verdict:
        case "pass":
            return Fixable(costs(fixed)), fixed.seen
        case "unknown":
            return Unknown((f"What can be fixed can be, but {_UNSEEN}",)), fixed.seen
    return Impossible(tuple(dict.fromkeys([*beyond_repair(fixed), *_errors(after)]))), seen


def _messages(report: Report) -> tuple[str, ...]:
    return tuple(dict.fromkeys(each.message for each in report.findings))


def _errors(report: Report) -> tuple[str, ...]:
    errors = [each for each in report.findings if each.severity == "error"]
    return _messages(replace(report, findings=tuple(errors)))


def _price(seen: Inputs, target: Target, number: int) -> Estimate | Unpriced:
    case = next(case for case in seen.cases[0] if case.job.number == number)
    facts = {
        asset.pointer: seen.facts[asset.location]
        for asset in case.intent.assets
        if asset.location in seen.facts
    }
    return estimate(target, case.intent, facts)
