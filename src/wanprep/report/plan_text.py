"""What `wanprep fix` would do, for people: why, and step by step."""

from __future__ import annotations

import shlex
from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from wanprep.fix.plan.plan import NoChange, NotFixable, Plan
from wanprep.fix.receipt import commands
from wanprep.fix.verify import findings_for
from wanprep.report.fix_text import (
    render_job,
    render_line,
    render_manual,
    render_reasons,
    render_remaining,
    render_title,
)
from wanprep.report.text import paint
from wanprep.text import file_size, plain_number, plural, visible

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from wanprep.check.result import Report
    from wanprep.fix.job.changes import PlannedJob
    from wanprep.fix.plan_file import PlannedFile
    from wanprep.fix.request import PlannedRun
    from wanprep.media.facts import Facts
    from wanprep.report import Style

_COLORS: Final = {"safe": "green", "lossy": "yellow", "asks": "magenta"}
_NOTHING_DONE: Final = "nothing was changed: this is a plan\n"


def render_plan(
    run: PlannedRun, jobs: Sequence[PlannedJob], remaining: Report, style: Style
) -> Iterator[str]:
    """Write what would be done to each file and why, or why nothing can be.

    Files that stay as they are and have no findings are only counted, and so are those whose
    results an earlier run has made.
    """
    for file in run.files:
        yield from _file(file, style)
    for job in jobs:
        if job.problem:
            yield from render_reasons(job.file.file, "not fixed", [job.problem], style)
        elif not job.is_earlier and (job.fixed.changes or job.fixed.questions):
            yield render_title(job.file.file, job.result, style)
            yield from render_job(job.fixed, style)
    yield from render_manual(remaining, style)
    if not style.quiet:
        yield paint(_count(run, jobs), style, bold=True) + "\n"
    yield _NOTHING_DONE


def _file(file: PlannedFile, style: Style) -> Iterator[str]:
    path = file.media.path
    if file.obstacle:
        yield from render_reasons(path, "not fixed", [file.obstacle], style)
        return
    if file.is_earlier:
        return
    found = findings_for(file.media, file.media.facts, path)
    match file.plan:
        case NoChange():
            if found:
                yield f"{paint(visible(path), style, bold=True)}: unchanged\n"
                yield from render_remaining(file.with_fixes(found), style)
        case NotFixable(reasons=reasons):
            yield from render_reasons(path, "cannot be fixed", reasons, style)
        case Plan() as plan:
            yield render_title(path, file.result, style)
            cleared = (each for each in found if each.rule in plan.clears)
            yield from render_remaining(
                (replace(each, message=each.problem or each.message) for each in cleared), style
            )
            yield from _steps(file, plan, style)


def _steps(file: PlannedFile, plan: Plan, style: Style) -> Iterator[str]:
    for step in plan.steps:
        if step.safety != "asks" or not file.undecided:
            yield render_line(f"{step.safety}:", step.words, style, color=_COLORS[step.safety])
    for question in file.undecided:
        head, _, words = question.partition(": ")
        yield render_line(f"{head}:", words, style, color=_COLORS["asks"])
    if style.verbose:
        for line in _changed_facts(plan.facts, plan.predicted):
            yield f"    {line}\n"
        for command in commands(file, plan):
            yield f"    ffmpeg {shlex.join(command)}\n"


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


def _count(run: PlannedRun, jobs: Sequence[PlannedJob]) -> str:
    kinds = Counter(map(_kind, run.files))
    line = f"{plural(kinds['fixed'], 'file')} would be fixed"
    if earlier := kinds["earlier"]:
        line += f", {earlier} kept from an earlier run"
    line += f", {kinds['unchanged']} unchanged"
    if asking := kinds["asking"]:
        line += f", {asking} {'needs' if asking == 1 else 'need'} your decision"
    if not_fixed := kinds["not fixed"]:
        line += f", {not_fixed} not fixed"
    if jobs:
        changed = sum(
            bool(job.fixed.changes) and not (job.problem or job.is_earlier) for job in jobs
        )
        line += f"; {plural(changed, 'job file')} would change"
    return line


def _kind(file: PlannedFile) -> str:
    if file.obstacle or isinstance(file.plan, NotFixable):
        return "not fixed"
    if file.undecided:
        return "asking"
    if file.is_earlier:
        return "earlier"
    return "fixed" if file.done else "unchanged"
