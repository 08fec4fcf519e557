"""Checks of plugins: rules of their own, in a namespace of their own, over files and jobs."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from wanprep.dataclass import dataclass
from wanprep.errors import warn_of_plugin
from wanprep.net.secrets import redact
from wanprep.rules.finding import Finding, plugin_rules

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from wanprep.check.inputs import Case
    from wanprep.media.facts import Facts
    from wanprep.rules.target import Target


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """One thing that a check finds."""

    message: str  # a sentence: the value found, and what is allowed
    found: Any = None  # for reports in data formats
    allowed: Any = None
    pointer: str = ""  # of a job: where, such as /parameters/seed; by default the whole job


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckedFile:
    """A media file in one role, for one target."""

    path: str  # as it was written
    role: str
    target: str
    facts: Mapping[str, Any]  # as `wanprep schema facts` describes them


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckedJob:
    """A job for one target."""

    file: str
    target: str
    job: Mapping[str, Any]  # the resolved job, to which targets' rules apply


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """A rule of a plugin, and the functions that find violations of it. They must be pure."""

    rule: str  # "acme/no-logo", a key of the plugin's rules.json
    file: Callable[[CheckedFile], Iterable[Problem]] | None = None
    job: Callable[[CheckedJob], Iterable[Problem]] | None = None


def file_findings(
    checks: Sequence[Check], facts: Facts, target: Target, role: str, *, file: str, written: str
) -> Iterator[Finding]:
    """Run the checks of files; one that cannot be read has no facts to check."""
    if not checks or not facts.readable:
        return
    subject = CheckedFile(path=written, role=role, target=target.id, facts=facts.as_json())
    for check in checks:
        for problem in _run(check, check.file, subject):
            finding = _finding(check, problem, target, file, f"{written}: ")
            yield replace(finding, asset=written)


def job_findings(
    checks: Sequence[Check], case: Case, target: Target, resolved: Mapping[str, Any]
) -> Iterator[Finding]:
    """Run the checks of jobs."""
    subject = CheckedJob(file=case.job.file, target=target.id, job=resolved)
    for check in checks:
        for problem in _run(check, check.job, subject):
            pointer = problem.pointer or case.intent.root
            yield at_place(case, pointer, _finding(check, problem, target, case.job.file))


def at_place(case: Case, pointer: str, finding: Finding) -> Finding:
    """Add the line and column of a value in a job."""
    place = case.job.document.place(pointer)
    end = place.end_column if place.end_line == place.line else None
    return replace(finding, pointer=pointer, line=place.line, column=place.column, end_column=end)


def _run(
    check: Check, function: Callable[[Any], Iterable[Problem]] | None, subject: object
) -> list[Problem]:
    """Run a plugin's function; one that fails is left out with a warning."""
    if function is None:
        return []
    try:
        return list(function(subject))
    except Exception as error:  # noqa: BLE001 - another author's code may raise anything
        why = f"{type(error).__name__} ({error})" if str(error) else type(error).__name__
        plugin = check.rule.partition("/")[0]
        warn_of_plugin(plugin, f"the check {check.rule} of the plugin {plugin} fails: {why}.")
        return []


def _finding(
    check: Check, problem: Problem, target: Target, file: str, subject: str = ""
) -> Finding:
    rule = plugin_rules()[check.rule]
    text = redact(f"{subject}{problem.message}")
    return Finding(
        rule=check.rule,
        severity=rule.severity,
        message=f"{text} {rule.by_hand}",
        problem=text,
        target=target.id,
        file=file,
        found=problem.found,
        allowed=problem.allowed,
        source={"says": rule.title},
    )
