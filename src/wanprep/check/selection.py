"""Keep the findings that somebody wants to see."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from wanprep.judge.finding import Verdict
from wanprep.judge.rule_names import rule_names

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from wanprep.judge.finding import Finding, Severity
    from wanprep.report.model import Report

_RANK: Final = {"note": 0, "warning": 1, "error": 2}


def select_findings(
    report: Report, select: Iterable[str], ignore: Iterable[str], severity: str
) -> Report:
    """Drop what is not selected, ignored, or too slight; verdicts follow from what is left."""
    chosen, dropped = rule_names(select), rule_names(ignore)

    def unwanted(finding: Finding) -> bool:
        return (
            bool(chosen and finding.rule not in chosen)
            or finding.rule in dropped
            or _RANK[finding.severity] < _RANK[severity]
        )

    return without(report, unwanted)


def without(report: Report, unwanted: Callable[[Finding], bool]) -> Report:
    """Drop findings; what failed for them alone passes."""
    findings = tuple(finding for finding in report.findings if not unwanted(finding))
    if len(findings) == len(report.findings):
        return report
    failing = {(each.file, each.target) for each in findings if each.severity == "error"}
    verdicts = tuple(
        Verdict(each.subject, each.target, "pass")
        if each.verdict == "fail" and not _fails(each, failing)
        else each
        for each in report.verdicts
    )
    return replace(report, findings=findings, verdicts=verdicts)


def _fails(verdict: Verdict, failing: set[tuple[str, str]]) -> bool:
    file = verdict.subject.rpartition("#")[0] or verdict.subject
    files = {verdict.subject, file}
    return any(name in files and target in {"", verdict.target} for name, target in failing)


def weighed(findings: Iterable[Finding], severities: Mapping[str, Severity]) -> Iterator[Finding]:
    """Give findings the severities that a project has chosen for their rules."""
    for finding in findings:
        severity = severities.get(finding.rule, finding.severity)
        yield finding if severity == finding.severity else replace(finding, severity=severity)
