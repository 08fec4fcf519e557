"""Compare jobs with targets: as they are, and as `wanprep fix` would leave them."""

from __future__ import annotations

from dataclasses import asdict, replace
from itertools import groupby
from typing import TYPE_CHECKING, Any, Final

from wanprep.check.inputs import read_inputs
from wanprep.check.pipeline import judge_inputs
from wanprep.check.request import CheckRequest, targets_of
from wanprep.check.request import Targets as RequestedTargets
from wanprep.dataclass import dataclass
from wanprep.fix.job.changes import PlannedJob
from wanprep.fix.job.fix_job import predict_fixed_job
from wanprep.fix.plan.plan import NotFixable, Options
from wanprep.fix.plan_file import plan_file
from wanprep.fix.request import media_files
from wanprep.fix.verify import predict
from wanprep.rules.target import DEFAULT_TARGET
from wanprep.submit.request.price import Estimate, Unpriced, estimate_price
from wanprep.text import plural

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from wanprep.check.inputs import Case, Inputs
    from wanprep.check.result import Report
    from wanprep.config import Config
    from wanprep.fix.plan.plan import Safety
    from wanprep.rules.target import Target, Targets

VERDICTS: Final = ("fits", "fixable", "unknown", "impossible")  # the best first
QUALITY: Final[Mapping[Safety, str]] = {
    "safe": "without loss",
    "lossy": "with a small loss of quality",
    "asks": "with your decision",
}
_NOT_CHECKED: Final = "a URL could not be checked, or was not."


@dataclass(frozen=True, slots=True)
class Cost:
    """One thing that `wanprep fix` would do."""

    what: str  # a file as the job writes it, or "line 3"
    words: str
    safety: Safety


@dataclass(frozen=True, slots=True)
class Fits:
    """The target accepts the job as it is, and nothing about it can be fixed."""

    warnings: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Fixable:
    """`wanprep fix` makes the target accept the job, or use all of it."""

    costs: tuple[Cost, ...]
    warnings: tuple[str, ...]  # what remains

    @property
    def safety(self) -> Safety:
        """The worst safety of its costs."""
        found = {cost.safety for cost in self.costs}
        return "asks" if "asks" in found else "lossy" if "lossy" in found else "safe"


@dataclass(frozen=True, slots=True)
class Impossible:
    """No fix makes the target accept the job."""

    why: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Unknown:
    """Something could not be checked, and the rest fits."""

    why: tuple[str, ...]


Outcome = Fits | Fixable | Impossible | Unknown


@dataclass(frozen=True, slots=True)
class Comparison:
    """One job and one target."""

    subject: str
    target: str
    outcome: Outcome
    price: Estimate | Unpriced | None  # None where there is nothing to buy

    @property
    def verdict(self) -> str:
        """The outcome in a word: fits, fixable, unknown or impossible."""
        return type(self.outcome).__name__.lower()

    @property
    def must_change(self) -> str:
        """What `wanprep fix` would change, in a few words; empty if nothing is or can be fixed."""
        if not isinstance(self.outcome, Fixable):
            return ""
        return f"{plural(len(self.outcome.costs), 'change')} ({QUALITY[self.outcome.safety]})"

    @property
    def remarks(self) -> tuple[str, ...]:
        """What else there is to say: warnings that remain, or why it does not fit."""
        outcome = self.outcome
        said = outcome.warnings if isinstance(outcome, Fits | Fixable) else outcome.why
        price = (f"Price: {self.price.why}",) if isinstance(self.price, Unpriced) else ()
        return (*said, *price)

    @property
    def rank(self) -> tuple[int, float]:
        """Its place among the others of a job: the best verdict, then the lowest price, first."""
        price = self.price.low if isinstance(self.price, Estimate) else float("inf")
        return VERDICTS.index(self.verdict), price

    def as_json(self) -> dict[str, Any]:
        """Return it as `wanprep compare --format json` prints it."""
        result = {"target": self.target, "verdict": self.verdict, **asdict(self.outcome)}
        if isinstance(self.outcome, Fixable):
            result["safety"] = self.outcome.safety
        result["price"] = asdict(self.price) if isinstance(self.price, Estimate) else None
        result["price_note"] = self.price.why if isinstance(self.price, Unpriced) else None
        return result


def compare_jobs(
    paths: Sequence[str], config: Config, *, targets: Sequence[str] = (), offline: bool = False
) -> Iterator[Comparison]:
    """Compare each job in some paths with each target that it can be sent to, the best first."""
    request = CheckRequest(
        paths=tuple(paths), targets=tuple(targets), offline=offline, config=config
    )
    loaded = targets_of(request)
    chosen = loaded.requested or sendable_targets(loaded.every)
    request = replace(request, targets=tuple(target.id for target in chosen))
    inputs = read_inputs(request, loaded._replace(requested=chosen))
    inputs.require_only_jobs("compared", ". `wanprep init` writes one.")
    yield from compare_inputs(inputs, chosen, loaded.every)


def sendable_targets(targets: Targets) -> list[Target]:
    """List the targets that a job can be sent to."""
    return [each for each in targets.usable() if each.id != DEFAULT_TARGET]


def compare_inputs(
    inputs: Inputs, targets: Sequence[Target], available: Targets
) -> Iterator[Comparison]:
    """Compare jobs that were read and probed, the best target of each first."""
    files = (replace(inputs, jobs=(of_file,)) for of_file in inputs.jobs)
    rows = (row for file in files for row in _compare_file(file, targets, available))
    for _, of_job in groupby(rows, key=lambda row: row.subject):
        yield from sorted(of_job, key=lambda row: row.rank)


def _compare_file(
    inputs: Inputs, targets: Sequence[Target], available: Targets
) -> Iterator[Comparison]:
    if not inputs.cases:  # the file cannot be read
        why = _errors(judge_inputs(inputs))
        yield from (
            Comparison(inputs.files[0].file, each.id, Impossible(why), None) for each in targets
        )
    for case in inputs.cases:
        for target in targets:
            yield _compare_job(inputs, case, target, available)


def _compare_job(inputs: Inputs, case: Case, target: Target, available: Targets) -> Comparison:
    request = replace(inputs.request, targets=(target.id,))
    jobs = inputs.jobs[0]._replace(cases=(replace(case, targets=(target,)),))
    inputs = replace(inputs, request=request, jobs=(jobs,))
    report = judge_inputs(inputs)
    outcome: Outcome = Fits(_messages(report))
    if _count(report) or report.verdicts[0].verdict != "pass":
        inputs, outcome = _compare_fixed(inputs, report, RequestedTargets([target], available, []))
    is_bought = not isinstance(outcome, Impossible)
    price = _price(inputs, target, case.job.number) if is_bought else None
    return Comparison(report.verdicts[0].subject, target.id, outcome, price)


def _compare_fixed(
    inputs: Inputs, before: Report, targets: RequestedTargets
) -> tuple[Inputs, Outcome]:
    """Judge one job as if everything that can be fixed were fixed, with the user's consent."""
    fixed, costs, reasons = _fix(inputs, targets)
    after = judge_inputs(fixed)
    is_better = bool(costs) and _count(after) < _count(before)
    match after.verdicts[0].verdict:
        case "fail":
            return inputs, Impossible(tuple(dict.fromkeys([*reasons, *_errors(after)])))
        case "unknown" if is_better:
            return fixed, Unknown((f"What can be fixed can be, but {_NOT_CHECKED}",))
        case "unknown":
            return inputs, Unknown(_errors(before) or (_NOT_CHECKED,))
        case _ if is_better:
            return fixed, Fixable(costs, _messages(after))
    return inputs, Fits(_messages(before))


def _fix(
    inputs: Inputs, targets: RequestedTargets
) -> tuple[Inputs, tuple[Cost, ...], tuple[str, ...]]:
    """Plan the fix of one job; return its result, what it costs, and what it cannot fix."""
    [(file, [case], _)] = inputs.jobs
    config = inputs.request.config
    options = replace(Options(**config.fix), yes=True)
    media = [plan_file(each, options) for each in media_files(inputs)]
    costs = [  # of the media, then of the job's own text
        Cost(each.media.uses[0].asset.shown, step.words, step.safety)
        for each in media
        if each.done
        for step in each.done.steps
    ]
    ignored = config.ignored_rules(file.file)
    job = predict_fixed_job(file, [case], options=options, ignored=ignored)
    changes = sorted(job.changes, key=lambda each: each.line)
    costs += (Cost(f"line {each.line}", each.words, each.safety) for each in changes)
    plans = (each.plan for each in media)
    reasons = (why for plan in plans if isinstance(plan, NotFixable) for why in plan.reasons)
    fixed = predict(inputs, media, [PlannedJob(file, file.file, job)], targets).inputs
    [found] = fixed.jobs
    same = tuple(each for each in found.cases if each.job.number == case.job.number)
    return replace(fixed, jobs=(found._replace(cases=same),)), tuple(costs), tuple(reasons)


def _count(report: Report) -> int:
    """Count what is worth fixing for a target: errors and warnings, not advice."""
    return sum(each.severity != "note" for each in report.findings)


def _messages(report: Report) -> tuple[str, ...]:
    return tuple(dict.fromkeys(each.message for each in report.findings))


def _errors(report: Report) -> tuple[str, ...]:
    errors = tuple(each for each in report.findings if each.severity == "error")
    return _messages(replace(report, findings=errors))


def _price(inputs: Inputs, target: Target, number: int) -> Estimate | Unpriced:
    case = next(case for case in inputs.cases if case.job.number == number)
    facts = {
        asset.pointer: inputs.facts[asset.location]
        for asset in case.intent.assets
        if asset.location in inputs.facts
    }
    return estimate_price(target, case.intent, facts)
