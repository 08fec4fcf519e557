"""What a fix did, or would do, in words."""

from __future__ import annotations

import difflib
import os
import shlex
from typing import TYPE_CHECKING, Any

from wanprep.fix.executors import planned_commands
from wanprep.fix.job.files import planned_jobs
from wanprep.fix.outcome import Fixed, Kept, NotFixed
from wanprep.fix.plan.plan import NotFixable, Plan, Untouched
from wanprep.text import file_size, plain_number, plural, visible

if TYPE_CHECKING:
    from collections.abc import Iterator

    from wanprep.fix.job.changes import FixedJob
    from wanprep.fix.outcome import Outcome, Outcomes
    from wanprep.fix.task import Intended, Prepared, Task
    from wanprep.job.model import JobFile
    from wanprep.media.facts import Facts


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
    """Cut where `patch` does; Python knows many more line ends."""
    return [f"{line}\n" for line in text.split("\n")[:-1]] + [
        line for line in text.split("\n")[-1:] if line
    ]


def outcome_lines(outcomes: Outcomes) -> Iterator[str]:
    """Say what became of everything; what needed nothing is only counted."""
    for each in outcomes.assets:
        yield from _of_asset(each)
    for job in outcomes.jobs:
        if job.fixed.changes or job.fixed.questions or job.fixed.not_fixed:
            yield _arrow(job.file.file, job.result)
            yield from _of_job(job.fixed)
    yield _sum(outcomes)


def _arrow(source: str, result: str) -> str:
    if source == result:
        return visible(source)
    return f"{visible(source)} -> {visible(result)}"


def _of_asset(outcome: Outcome) -> Iterator[str]:
    match outcome:
        case Fixed(plan=plan, proof=proof):
            yield _arrow(outcome.wanted.path, outcome.result)
            similarity = ", ".join(f"{name.upper()} {plain_number(round(value, 3))}"
                                 for name, value in proof.similarity.items())  # fmt: skip
            steps = ", ".join(step.words for step in plan.steps)
            yield f"    {steps}" + (f" ({similarity})" if similarity else "")
            yield from (f"    {note}" for note in outcome.made.notes)
            yield from (f"    left: {each.message}" for each in proof.after)
        case Kept(left=left):
            if left:
                yield f"{visible(outcome.wanted.path)}: left as it is"
                yield from (f"    {each.message}" for each in left)
        case NotFixed(why=why):
            yield f"{visible(outcome.wanted.path)}: not fixed"
            yield from (f"    {reason}" for reason in why)


def _of_job(fixed: FixedJob) -> Iterator[str]:
    for change in sorted(fixed.changes, key=lambda each: each.line or 0):
        yield f"    line {change.line}: {change.words}"
    for change in fixed.questions:
        yield f"    line {change.line}: would have to {change.words}: pass --yes"
    if fixed.not_fixed:
        yield f"    for you to fix: {', '.join(dict.fromkeys(fixed.not_fixed))}"


def _sum(outcomes: Outcomes) -> str:
    kinds = [type(each) for each in outcomes.assets]
    files = f"{plural(kinds.count(Fixed), 'file')} fixed, {kinds.count(Kept)} left as they were"
    jobs = sum(bool(job.fixed.changes) for job in outcomes.jobs)
    if lost := kinds.count(NotFixed):
        files += f", {lost} not fixed"
    return files + (f"; {plural(jobs, 'job file')} changed" if outcomes.jobs else "")


def plan_json(task: Task, prepared: Prepared) -> dict[str, Any]:
    """Return everything that would be done."""
    return {
        "version": 1,
        "assets": [_planned(each) for each in prepared.files],
        "jobs": [
            {"source": file.file, "result": result, "diff": diff(file, fixed)}
            for file, result, fixed in planned_jobs(task, prepared, ends(prepared))
        ],
    }


def _planned(file: Intended) -> dict[str, Any]:
    told: dict[str, Any] = {"source": file.wanted.path}
    match file.plan:
        case Untouched():
            return told | {"outcome": "kept"}
        case NotFixable(reasons=reasons):
            return told | {"outcome": "unmended", "reasons": list(reasons)}
        case Plan() as plan:
            return told | {
                "outcome": "asks" if file.refused else "mended",
                "result": file.result,
                "steps": [{"name": each.name, "safety": each.safety, "words": each.words}
                          for each in plan.steps],
                "questions": list(file.refused),
                "facts": {"before": plan.facts.as_json(), "after": plan.predicted.as_json()},
                "commands": [list(each) for each in commands(file)],
                "clears": list(plan.clears),
            }  # fmt: skip


def commands(file: Intended) -> tuple[tuple[str, ...], ...]:
    """Tell how ffmpeg will be called for a file."""
    if not isinstance(file.plan, Plan):
        return ()
    plan, source = file.plan, file.wanted.path
    # In place, too, it is another file that is written first, and moved when it is proven.
    stem, suffix = os.path.splitext(file.result)
    into = f"{stem}.fixed{suffix}" if file.result == source else file.result
    return planned_commands(source, plan.recipe, plan.facts, into, 1)


def ends(prepared: Prepared) -> dict[int, str]:
    """Tell where each file would end if all goes well."""
    return {
        id(each.wanted): each.result
        for each in prepared.files
        if not (isinstance(each.plan, NotFixable) or each.refused)
    }


def plan_lines(task: Task, prepared: Prepared) -> Iterator[str]:
    """Say what would be done to each file, and why not to others."""
    for each in prepared.files:
        yield from _plan_of(each)
    for file, result, fixed in planned_jobs(task, prepared, ends(prepared)):
        if fixed.changes or fixed.questions:
            yield _arrow(file.file, result)
            yield from _of_job(fixed)
    yield "nothing was done: this is a plan"


def _plan_of(file: Intended) -> Iterator[str]:
    match file.plan:
        case Untouched():
            yield f"{visible(file.wanted.path)}: stays as it is"
        case NotFixable(reasons=reasons):
            yield f"{visible(file.wanted.path)}: cannot be fixed"
            yield from (f"    {reason}" for reason in reasons)
        case Plan() as plan:
            yield _arrow(file.wanted.path, file.result)
            yield from (f"    {step.words} ({step.safety})" for step in plan.steps)
            yield from (f"    {line}" for line in _changes(plan.facts, plan.predicted))
            yield from (f"    ffmpeg {shlex.join(command)}" for command in commands(file))
            yield from (f"    asks: {question}" for question in file.refused)


def _changes(before: Facts, after: Facts) -> Iterator[str]:
    """Show the facts that change."""
    old, new = before.as_json(), after.as_json()
    for name in dict.fromkeys((*old, *new)):
        if name == "bytes" and before.bytes and after.bytes:
            yield f"bytes: {file_size(before.bytes)} -> at most {file_size(after.bytes)}"
        elif name not in {"path", "bytes"} and old.get(name) != new.get(name):
            yield f"{name}: {_said(old.get(name))} -> {_said(new.get(name))}"


def _said(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if value is None:
        return "none"
    return plain_number(value) if isinstance(value, int | float) else str(value)


def diff_text(task: Task, prepared: Prepared) -> str:
    """Show how the job files would change."""
    planned = planned_jobs(task, prepared, ends(prepared))
    return "".join(diff(file, fixed) for file, _, fixed in planned)


def outcome_diff(outcomes: Outcomes) -> str:
    """Show how the job files changed."""
    return "".join(diff(job.file, job.fixed) for job in outcomes.jobs)
