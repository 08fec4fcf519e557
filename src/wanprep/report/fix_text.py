"""What `wanprep fix` did, for people: by file, wrapped and coloured as the report of a check."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from wanprep.check.result import Totals
from wanprep.fix.request import Fixed, FixedFile, NotFixed, Unchanged
from wanprep.media.facts import is_url
from wanprep.report.text import paint, render_finding, render_findings, summarize
from wanprep.text import plain_number, plural, visible, wrap

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from wanprep.check.result import Report
    from wanprep.fix.job.changes import FixedJob
    from wanprep.fix.request import Outcome, Outcomes
    from wanprep.report import Style
    from wanprep.rules.finding import Finding


def render_outcomes(outcomes: Outcomes, remaining: Report | None, style: Style) -> Iterator[str]:
    """Write the outcome for each file, what a person must do, and how many there are of each.

    Files without findings are only counted. Where it is to be quiet, only what remains is written.
    """
    for each in outcomes.assets:
        if not (style.quiet and _is_done(each)):
            yield from _asset(each, style)
    for job in outcomes.jobs:
        if job.problem:
            yield from render_reasons(job.file.file, "not fixed", [job.problem], style)
        elif not ((style.quiet or job.is_earlier) and _is_done(job)) and job.fixed.has_news:
            yield render_title(job.file.file, job.result, style)
            yield from render_job(job.fixed, style)
    if remaining:
        yield from render_manual(remaining, style)
    if not style.quiet:
        yield paint(_count(outcomes), style, bold=True) + "\n"
        if remaining and remaining.findings:
            yield from summarize(Totals().add(remaining), style._replace(verbose=False))


def _is_done(outcome: Outcome | FixedFile) -> bool:
    """Whether a file was fixed, and nothing about it remains."""
    match outcome:
        case Fixed(verification=verification):
            return not verification.after
        case FixedFile(fixed=fixed):
            return not (fixed.questions or fixed.remaining)
    return False


def render_title(source: str, result: str, style: Style) -> str:
    """Write the name of a file, and where its result goes."""
    name = paint(visible(source), style, bold=True)
    return f"{name}\n" if source == result else f"{name} -> {visible(result)}\n"


def render_line(head: str, text: str, style: Style, *, color: str | None = None) -> str:
    """Write a line that belongs to a file; it begins with a word in its color."""
    wrapped = wrap(visible(text), style.width, first=f"  {head} ", rest="    ")
    return wrapped.replace(head, paint(head, style, fg=color, bold=True), 1) + "\n"


def render_reasons(path: str, what: str, reasons: Iterable[str], style: Style) -> Iterator[str]:
    """Write why nothing is done to a file."""
    name = paint(visible(path), style, bold=True)
    yield f"{name}: {paint(what, style, fg='red')}\n"
    for reason in reasons:
        prefix = f"{os.path.basename(path)}: "
        yield (
            wrap(visible(reason.removeprefix(prefix)), style.width, first="  ", rest="    ") + "\n"
        )


def _asset(outcome: Outcome, style: Style) -> Iterator[str]:
    match outcome:
        case Fixed(is_earlier=True, verification=verification):
            if verification.after:
                yield render_title(outcome.media.path, outcome.result, style)
                yield from render_remaining(verification.after, style)
        case Fixed():
            yield from _fixed(outcome, style)
        case Unchanged(remaining=remaining):
            if remaining:
                yield f"{paint(visible(outcome.media.path), style, bold=True)}: unchanged\n"
                yield from render_remaining(remaining, style)
        case NotFixed(reasons=reasons):
            yield from render_reasons(outcome.media.path, "not fixed", reasons, style)


def _fixed(outcome: Fixed, style: Style) -> Iterator[str]:
    yield render_title(outcome.media.path, outcome.result, style)
    values = (
        f"{name.upper()} {plain_number(round(value, 3))}"
        for name, value in outcome.verification.similarity.items()
    )
    steps = ", ".join(step.words for step in outcome.plan.steps)
    similarity = ", ".join(values)
    head = f"fixed[{', '.join(outcome.plan.clears)}]"
    text = f"{steps} ({similarity})" if similarity else steps
    yield render_line(head, text, style, color="green")
    for note in outcome.output.notes:
        yield render_line("note", note, style, color="cyan")
    if outcome.backup:
        yield f"  original kept as {visible(outcome.backup)}\n"
    yield from render_remaining(outcome.verification.after, style)


def render_remaining(findings: Iterable[Finding], style: Style) -> Iterator[str]:
    """Write what was found in a file, or remains, for one target or for several."""
    found = tuple(findings)
    several = len({finding.target for finding in found}) > 1
    for finding in found:
        yield from render_finding(finding, {}, style, several=several)


def render_job(fixed: FixedJob, style: Style) -> Iterator[str]:
    """Write the changes of a job, and those that need a decision."""
    for change in sorted(fixed.changes, key=lambda each: each.line or 0):
        yield render_line(f"line {change.line}:", change.words, style)
    for change in fixed.questions:
        words = f"line {change.line}: {change.words} (pass --yes)"
        yield render_line("needs your decision:", words, style, color="yellow")
    if fixed.not_fixed:
        yield render_line("fix by hand:", ", ".join(fixed.not_fixed), style, color="red")


def render_manual(report: Report, style: Style) -> Iterator[str]:
    """Write what a person must fix in the jobs; outcomes show what remains of media files."""
    manual = [finding for finding in report.findings if _is_manual(finding)]
    yield from render_findings(manual, report.lines, style, several=len(report.targets) > 1)


def _is_manual(finding: Finding) -> bool:
    if finding.asset is None:
        return finding.severity == "error" and not finding.fix
    # A URL that could not be checked is only a warning, and no pass either.
    return is_url(finding.asset) and finding.severity != "note"


def _count(outcomes: Outcomes) -> str:
    kinds = [type(each) for each in outcomes.assets]
    earlier = sum(isinstance(each, Fixed) and each.is_earlier for each in outcomes.assets)
    line = f"{plural(kinds.count(Fixed) - earlier, 'file')} fixed"
    if earlier:
        line += f", {earlier} kept from an earlier run"
    line += f", {kinds.count(Unchanged)} unchanged"
    if not_fixed := kinds.count(NotFixed):
        line += f", {not_fixed} not fixed"
    if outcomes.jobs:
        changed = sum(bool(job.fixed.changes) for job in outcomes.jobs if not job.is_earlier)
        line += f"; {plural(changed, 'job file')} changed"
    return line
