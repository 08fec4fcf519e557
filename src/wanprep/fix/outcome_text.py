"""What a fix did or would do, for people, and the plan as JSON."""

from __future__ import annotations

import difflib
import os
import shlex
from typing import TYPE_CHECKING, Any

from wanprep.fix.executors import planned_commands
from wanprep.fix.outcome import Fixed, FixedFile, NotFixed, Unchanged
from wanprep.fix.plan.plan import NoChange, NotFixable, Plan
from wanprep.fix.verify import findings_for
from wanprep.media.facts import is_url
from wanprep.text import file_size, plain_number, plural, visible

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from wanprep.check.result import Report
    from wanprep.fix.job.changes import FixedJob
    from wanprep.fix.job.files import PlannedJob
    from wanprep.fix.outcome import Outcome, Outcomes
    from wanprep.fix.plan.plan import Options
    from wanprep.fix.plan_file import PlannedFile
    from wanprep.fix.request import PlannedRun
    from wanprep.job.model import JobFile
    from wanprep.media.facts import Facts
    from wanprep.rules.finding import Finding


def diff(file: JobFile, fixed: FixedJob) -> str:
    """Show the change of a job file; empty where nothing changes."""
    name = visible(file.file).replace("\\", "/").lstrip("/")
    lines = difflib.unified_diff(
        _lines(file.source.text), _lines(fixed.text), f"a/{name}", f"b/{name}"
    )
    return "".join(
        line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n" for line in lines
    )


def _lines(text: str) -> list[str]:
    """Split lines as `patch` does; str.splitlines knows many more line ends."""
    *lines, last = text.split("\n")
    return [f"{line}\n" for line in lines] + ([last] if last else [])


def outcome_diff(outcomes: Outcomes) -> str:
    """Show how the job files changed."""
    return "".join(diff(job.file, job.fixed) for job in outcomes.jobs)


def plan_diff(jobs: Sequence[PlannedJob]) -> str:
    """Show how the job files would change."""
    return "".join(diff(each.file, each.fixed) for each in jobs)


def outcome_lines(outcomes: Outcomes, *, quiet: bool = False) -> Iterator[str]:
    """Report the outcome for each file; those without findings are only counted.

    Where it is to be quiet, report only what remains to be done.
    """
    for each in outcomes.assets:
        if not (quiet and _is_done(each)):
            yield from _asset_lines(each)
    for job in outcomes.jobs:
        if job.problem:
            yield f"{visible(job.file.file)}: not fixed\n    {job.problem}"
        elif not (quiet and _is_done(job)) and job.fixed.has_news:
            yield _arrow(job.file.file, job.result)
            yield from _job_lines(job.fixed)
    if not quiet:
        yield _summary(outcomes)


def _is_done(outcome: Outcome | FixedFile) -> bool:
    """Whether a file was fixed, and nothing about it remains."""
    match outcome:
        case Fixed(verification=verification):
            return not verification.after
        case FixedFile(fixed=fixed):
            return not (fixed.questions or fixed.remaining)
    return False


def _arrow(source: str, result: str) -> str:
    if source == result:
        return visible(source)
    return f"{visible(source)} -> {visible(result)}"


def _asset_lines(outcome: Outcome) -> Iterator[str]:
    path = outcome.media.path
    match outcome:
        case Fixed(plan=plan, verification=verification):
            yield _arrow(path, outcome.result)
            similarity = ", ".join(
                f"{name.upper()} {plain_number(round(value, 3))}"
                for name, value in verification.similarity.items()
            )
            steps = ", ".join(step.words for step in plan.steps)
            yield f"    {steps}" + (f" ({similarity})" if similarity else "")
            yield from (f"    {note}" for note in outcome.output.notes)
            if outcome.backup:
                yield f"    original kept as {visible(outcome.backup)}"
            yield from (f"    remaining: {each.message}" for each in verification.after)
        case Unchanged(remaining=remaining):
            if remaining:
                yield f"{visible(path)}: unchanged"
                yield from (f"    {each.message}" for each in remaining)
        case NotFixed(reasons=reasons):
            yield f"{visible(path)}: not fixed"
            yield from (f"    {reason}" for reason in reasons)


def _job_lines(fixed: FixedJob) -> Iterator[str]:
    for change in sorted(fixed.changes, key=lambda each: each.line or 0):
        yield f"    line {change.line}: {change.words}"
    for change in fixed.questions:
        yield f"    line {change.line}: needs your decision: {change.words} (pass --yes)"
    if fixed.not_fixed:
        yield f"    fix by hand: {', '.join(dict.fromkeys(fixed.not_fixed))}"


def _summary(outcomes: Outcomes) -> str:
    kinds = [type(each) for each in outcomes.assets]
    line = f"{plural(kinds.count(Fixed), 'file')} fixed, {kinds.count(Unchanged)} unchanged"
    if not_fixed := kinds.count(NotFixed):
        line += f", {not_fixed} not fixed"
    if outcomes.jobs:
        changed = sum(bool(job.fixed.changes) for job in outcomes.jobs)
        line += f"; {plural(changed, 'job file')} changed"
    return line


def manual_lines(report: Report) -> Iterator[str]:
    """List what a person must fix in the jobs; outcomes report what remains of media files."""
    for finding in report.findings:
        if _is_manual(finding):
            place = visible(finding.file) + (f":{finding.line}" if finding.line else "")
            yield f"{place}: {visible(finding.message)}"


def _is_manual(finding: Finding) -> bool:
    if finding.asset is None:
        return finding.severity == "error" and not finding.fix
    # A URL that could not be checked is only a warning, and no pass either.
    return is_url(finding.asset) and finding.severity != "note"


def plan_json(run: PlannedRun, jobs: Sequence[PlannedJob]) -> dict[str, Any]:
    """Return everything that would be done."""
    return {
        "version": 1,
        "assets": [{"source": each.media.path} | _planned_asset(each) for each in run.files],
        "jobs": [
            {
                "source": each.file.file,
                "result": each.result,
                "diff": diff(each.file, each.fixed),
                **({"reasons": [each.problem]} if each.problem else {}),
            }
            for each in jobs
        ],
    }


def _planned_asset(file: PlannedFile) -> dict[str, Any]:
    if file.obstacle:
        return {"outcome": "unmended", "reasons": [file.obstacle]}
    match file.plan:
        case NoChange():
            return {"outcome": "kept"}
        case NotFixable(reasons=reasons):
            return {"outcome": "unmended", "reasons": list(reasons)}
        case Plan() as plan:
            return {
                "outcome": "asks" if file.undecided else "mended",
                "result": file.result,
                "steps": [{"name": each.name, "safety": each.safety, "words": each.words}
                          for each in plan.steps],
                "questions": list(file.undecided),
                "facts": {"before": plan.facts.as_json(), "after": plan.predicted.as_json()},
                "commands": [list(each) for each in _commands(file, plan)],
                "clears": list(plan.clears),
            }  # fmt: skip


def _commands(file: PlannedFile, plan: Plan) -> tuple[tuple[str, ...], ...]:
    source, path = file.media.path, file.result
    if path == source:  # a fix in place writes another file first
        stem, suffix = os.path.splitext(path)
        path = f"{stem}.fixed{suffix}"
    return planned_commands(source, plan.recipe, plan.facts, path)


def plan_lines(run: PlannedRun, jobs: Sequence[PlannedJob], options: Options) -> Iterator[str]:
    """Report what would be done to each file, or why nothing can be."""
    for each in run.files:
        yield from _planned_asset_lines(each, options)
    for job in jobs:
        if job.problem:
            yield f"{visible(job.file.file)}: not fixed\n    {job.problem}"
        elif job.fixed.changes or job.fixed.questions:
            yield _arrow(job.file.file, job.result)
            yield from _job_lines(job.fixed)
    yield "nothing was changed: this is a plan"


def _planned_asset_lines(file: PlannedFile, options: Options) -> Iterator[str]:
    path = file.media.path
    if file.obstacle:
        yield f"{visible(path)}: not fixed\n    {file.obstacle}"
        return
    match file.plan:
        case NoChange():
            yield f"{visible(path)}: unchanged"
            found = findings_for(file.media, file.media.facts, path)
            yield from (f"    {each.message}" for each in file.with_fixes(found, options))
        case NotFixable(reasons=reasons):
            yield f"{visible(path)}: cannot be fixed"
            yield from (f"    {reason}" for reason in reasons)
        case Plan() as plan:
            yield _arrow(path, file.result)
            yield from (f"    {step.words} ({step.safety})" for step in plan.steps)
            yield from (f"    {line}" for line in _changed_facts(plan.facts, plan.predicted))
            yield from (f"    ffmpeg {shlex.join(command)}" for command in _commands(file, plan))
            yield from (f"    {question}" for question in file.undecided)


def _changed_facts(before: Facts, after: Facts) -> Iterator[str]:
    old, new = before.as_json(), after.as_json()
    for name in dict.fromkeys((*old, *new)):
        if name == "bytes" and before.bytes and after.bytes:
            yield f"bytes: {file_size(before.bytes)} -> at most {file_size(after.bytes)}"
        elif name not in {"path", "bytes"} and old.get(name) != new.get(name):
            yield f"{name}: {_value_text(old.get(name))} -> {_value_text(new.get(name))}"


def _value_text(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if value is None:
        return "none"
    return plain_number(value) if isinstance(value, int | float) else str(value)
