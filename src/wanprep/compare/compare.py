"""Hold jobs against targets, one by one: as they are, and as `wanprep fix` would leave them."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from wanprep.check.pipeline import DEFAULT_TARGET, look, report_on
from wanprep.check.seen import Question
from wanprep.compare.after_fix import after_fix, beyond_repair, costs
from wanprep.compare.row import Fits, Fixable, Impossible, Row, Unknown
from wanprep.errors import WrongUse
from wanprep.judge.target import all_targets, choose
from wanprep.submit.order.price import estimate
from wanprep.text import visible

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from wanprep.check.cases import Case
    from wanprep.check.seen import Seen
    from wanprep.compare.row import Outcome
    from wanprep.config import Config
    from wanprep.judge.target import Target
    from wanprep.report.model import Report
    from wanprep.submit.order.price import Estimate, Unpriced

_UNSEEN = "an address could not be looked at, or was not."


def compare(
    paths: Sequence[str], config: Config, *, targets: Sequence[str] = (), offline: bool = False
) -> Iterator[Row]:
    """Hold each job behind some paths against each target that a job can be sent to."""
    known = all_targets(config.target_folders)
    chosen = choose(targets or [name for name in known if name != DEFAULT_TARGET], known)
    ids = tuple(target.id for target in chosen)
    seen = look(Question(paths=tuple(paths), targets=ids, offline=offline, config=config))
    if seen.alone:
        names = ", ".join(visible(path) for path in seen.alone[:3])
        raise WrongUse(f"{names}: only jobs can be compared. `wanprep init` writes one.")
    for number in range(len(seen.files)):
        here = slice(number, number + 1)
        of_file = replace(
            seen, files=seen.files[here], cases=seen.cases[here], wrong=seen.wrong[here]
        )
        yield from _of_file(of_file, chosen)


def _of_file(seen: Seen, targets: Sequence[Target]) -> Iterator[Row]:
    if not seen.cases[0]:  # what cannot be read is nobody's
        why = _errors(report_on(seen))
        yield from (Row(seen.files[0].file, each.id, Impossible(why), None) for each in targets)
    for case in seen.cases[0]:
        for target in targets:
            yield _row(_alone(seen, case, target), target)


def _alone(seen: Seen, case: Case, target: Target) -> Seen:
    """Look at one job and one target, and at nothing else."""
    question = replace(seen.question, targets=(target.id,))
    return replace(seen, question=question, cases=((replace(case, targets=(target,)),),))


def _row(seen: Seen, target: Target) -> Row:
    [[case]] = seen.cases
    before = report_on(seen)
    outcome, then = _outcome(seen, target, before)
    subject = before.verdicts[0].subject
    if isinstance(outcome, Impossible):
        return Row(subject, target.id, outcome, None)
    return Row(subject, target.id, outcome, _price(then, target, case.job.number))


def _outcome(seen: Seen, target: Target, before: Report) -> tuple[Outcome, Seen]:
    match before.verdicts[0].verdict:
        case "pass":
            return Fits(_messages(before)), seen
        case "unknown":
            return Unknown(_errors(before) or (_UNSEEN,)), seen
    fixed = after_fix(seen, target)
    after = report_on(fixed.seen)
    match after.verdicts[0].verdict:
        case "pass":
            return Fixable(costs(fixed)), fixed.seen
        case "unknown":
            return Unknown((f"What can be mended can be, but {_UNSEEN}",)), fixed.seen
    return Impossible(tuple(dict.fromkeys([*beyond_repair(fixed), *_errors(after)]))), seen


def _messages(report: Report) -> tuple[str, ...]:
    return tuple(dict.fromkeys(each.message for each in report.findings))


def _errors(report: Report) -> tuple[str, ...]:
    errors = [each for each in report.findings if each.severity == "error"]
    return _messages(replace(report, findings=tuple(errors)))


def _price(seen: Seen, target: Target, number: int) -> Estimate | Unpriced:
    case = next(case for case in seen.cases[0] if case.job.number == number)
    facts = {
        asset.pointer: seen.facts[asset.location]
        for asset in case.meant.assets
        if asset.location in seen.facts
    }
    return estimate(target, case.meant, facts)
