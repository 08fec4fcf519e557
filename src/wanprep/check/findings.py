"""Turn violated bounds into findings, each with its place in the file and a message."""

from __future__ import annotations

import os
from dataclasses import replace
from typing import TYPE_CHECKING, Literal

from wanprep.check.listing import similar_name
from wanprep.media.facts import NOT_DECODED, NOT_READ
from wanprep.net.secrets import redact
from wanprep.rules.finding import Finding, rules
from wanprep.rules.judge_asset import judge_asset
from wanprep.rules.message import asset_problem, by_hand, job_advice, job_problem, sentence
from wanprep.text import visible

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from wanprep.job.documents.document import Place
    from wanprep.job.model import Job
    from wanprep.job.shape import Problem
    from wanprep.media.facts import Facts
    from wanprep.rules.bounds import JobViolation, Violation
    from wanprep.rules.target import Target

Outcome = Literal["pass", "fail", "unknown"]


def asset_findings(
    facts: Facts,
    target: Target,
    role: str,
    *,
    file: str,
    written: str,
    job: Job | None = None,
    pointer: str = "",
) -> Iterator[Finding]:
    """Check one media file in one role, bare or named by a job."""
    place = job.document.place(pointer) if job else None
    for violation in judge_asset(facts, target, role):
        problem = asset_problem(violation, written, facts, target)
        advice = by_hand(rules()[violation.rule], facts)
        if violation.rule == "asset-missing" and (near := similar_name(facts.path)):
            beside = os.path.join(os.path.dirname(written), os.path.basename(near))
            advice = f"Did you mean {visible(beside)}? {advice}"
        finding = _finding(violation, problem, target, file, pointer, advice=advice, asset=written)
        yield _at(place, finding) if place else finding


def job_findings(
    job_violations: Iterable[JobViolation], job: Job, target: Target
) -> Iterator[Finding]:
    """Report what a job as a whole violates, at the value or at the words of it."""
    for each in job_violations:
        document, pointer = job.document, each.pointer
        place = document.place_within(pointer, *each.span) if each.span else document.place(pointer)
        yield _at(place, _job_finding(each, target, job.file, pointer))


def url_findings(
    job_violations: Iterable[JobViolation], job: Job | None, file: str, target: Target
) -> Iterator[Finding]:
    """Report what is wrong with a URL, of a job's asset or by itself."""
    for each in job_violations:
        if job:
            (finding,) = job_findings([each], job, target)
        else:
            finding = _job_finding(each, target, file, "")
        yield replace(finding, asset=each.name)


def _job_finding(each: JobViolation, target: Target, file: str, pointer: str) -> Finding:
    problem, advice = job_problem(each, target), job_advice(each)
    return _finding(each.violation, problem, target, file, pointer, advice=advice)


def _finding(
    violation: Violation,
    problem: str,
    target: Target,
    file: str,
    pointer: str,
    *,
    advice: str,
    asset: str | None = None,
) -> Finding:
    return Finding(
        rule=violation.rule,
        severity=violation.severity,
        message=redact(f"{problem} {advice}"),
        problem=redact(problem),
        target=target.id,
        file=file,
        pointer=pointer,
        asset=asset,
        found=violation.found,
        allowed=_allowed(violation),
        source=violation.source,
    )


def problem_finding(problem: Problem, file: str) -> Finding:
    """Report what is wrong with how a job is written, for any target."""
    message = redact(sentence(problem.message))
    finding = Finding(
        rule=problem.rule,
        severity="error",
        message=message,
        problem=message,
        target="",
        file=file,
        pointer=problem.pointer,
    )
    return _at(problem.place, finding)


def _at(place: Place, finding: Finding) -> Finding:
    """Add a place; the end only where it is in the same line."""
    end = place.end_column if place.end_line == place.line else None
    return replace(finding, line=place.line, column=place.column, end_column=end)


def _allowed(violation: Violation) -> object:
    """Return a range as a whole, any other bound by its value, and None for "nothing"."""
    from wanprep.rules.bounds import RANGE

    ends = {name: violation.schema[name] for name in RANGE if name in violation.schema}
    return ends or (None if violation.keyword in {"not", "required"} else violation.limit)


def verdict_of(
    findings: Iterable[Finding], facts: Iterable[Facts], *, unseen: bool = False
) -> Outcome:
    """Return the verdict; what was not checked never passes."""
    unread = any((each.problem or "").startswith((NOT_READ, NOT_DECODED)) for each in facts)
    errors = [each for each in findings if each.severity == "error"]
    if any(each.rule != "asset-unreadable" for each in errors) or (errors and not unread):
        return "fail"
    return "unknown" if unread or unseen else "pass"
