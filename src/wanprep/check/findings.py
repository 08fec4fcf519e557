"""Turn what is broken into findings: with a place in the file, and a sentence for people."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Literal

from wanprep.media.facts import NOT_REACHED, NOT_READ, REFUSED, UNSAFE, is_url
from wanprep.rules.catalog import rules
from wanprep.rules.finding import Finding
from wanprep.rules.judge_asset import judge_asset
from wanprep.rules.message import asset_message, job_message, sentence

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from wanprep.job.model import Job, JobFile
    from wanprep.media.facts import Facts
    from wanprep.rules.broken import Broken, JobBroken
    from wanprep.rules.target import Target


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
    """Judge one media file in one role, bare or named by a job."""
    place = job.document.place(pointer) if job else None
    for broken in judge_asset(facts, target, role):
        yield Finding(
            rule=broken.rule,
            severity=broken.severity,
            message=asset_message(broken, written, facts, target),
            target=target.id,
            file=file,
            line=place.line if place else None,
            column=place.column if place else None,
            end_column=_end(place),
            pointer=pointer,
            asset=written,
            found=broken.found,
            allowed=_allowed(broken),
            fixable=bool(rules()[broken.rule].fix) and facts.readable and not is_url(written),
            source=broken.source,
        )


def job_findings(found: Iterable[JobBroken], job: Job, target: Target) -> Iterator[Finding]:
    """Report what a job as a whole breaks, at the value or the words that break it."""
    for each in found:
        document, pointer = job.document, each.pointer
        place = document.place_within(pointer, *each.span) if each.span else document.place(pointer)
        yield replace(
            _of_break(each, target, job.file),
            line=place.line,
            column=place.column,
            end_column=_end(place),
        )


def url_findings(
    found: Iterable[JobBroken], job: Job | None, file: str, target: Target
) -> Iterator[Finding]:
    """Report what is wrong with an address, of a job's asset or by itself."""
    for each in found:
        of_job = job_findings([each], job, target) if job else [_of_break(each, target, file)]
        yield from (replace(finding, asset=each.name) for finding in of_job)


def _of_break(each: JobBroken, target: Target, file: str) -> Finding:
    broken = each.broken
    return Finding(
        rule=broken.rule,
        severity=broken.severity,
        message=job_message(each, target),
        target=target.id,
        file=file,
        pointer=each.pointer,
        found=broken.found,
        allowed=_allowed(broken),
        fixable=bool(rules()[broken.rule].fix),
        source=broken.source,
    )


def problem_findings(file: JobFile) -> Iterator[Finding]:
    """Report what is wrong with how a job is written, whatever it is for."""
    for problem in file.problems:
        yield Finding(
            rule=problem.rule,
            severity="error",
            message=sentence(problem.message),
            target="",
            file=file.file,
            line=problem.place.line,
            column=problem.place.column,
            end_column=_end(problem.place),
            pointer=problem.pointer,
        )


def _end(place: Any) -> int | None:  # noqa: ANN401 - a Place or None
    """Tell where the marked stretch ends, if it ends in the line where it begins."""
    return place.end_column if place and place.end_line == place.line else None


def _allowed(broken: Broken) -> object:
    """Show a range whole, any other bound by its value, and nothing where nothing is allowed."""
    ends = ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum")
    known = {name: broken.schema[name] for name in ends if name in broken.schema}
    return known or (None if broken.keyword in {"not", "required"} else broken.limit)


def verdict_of(
    findings: Iterable[Finding], facts: Iterable[Facts], *, unseen: bool = False
) -> Literal["pass", "fail", "unknown"]:
    """Say what it comes to; what could not be looked at is never fit."""
    unread = {each.path for each in facts if (each.problem or "").startswith(NOT_READ)}
    errors = [each for each in findings if each.severity == "error"]
    if any(each.rule != "asset-unreadable" for each in errors) or (errors and not unread):
        return "fail"
    return "unknown" if unread or unseen else "pass"


def was_reached(facts: Facts) -> bool:
    """Tell whether there is anything to judge: a file was found behind the address."""
    return not (facts.problem or "").startswith((NOT_REACHED, NOT_READ, REFUSED, UNSAFE))
