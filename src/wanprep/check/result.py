"""The result of a check, before it is written in any format."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Final

from wanprep.net.secrets import redact_json, redact_url
from wanprep.rules.finding import Verdict, parse_rule_names

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from wanprep.check.inputs import Inputs
    from wanprep.rules.finding import Finding, Severity

_KEYS: Final = (
    "rule", "severity", "message", "target", "file", "line", "column", "pointer", "asset", "found",
    "allowed", "fixable", "fix",
)  # fmt: skip
_RANK: Final = {"note": 0, "warning": 1, "error": 2}


@dataclass(frozen=True, slots=True)
class Report:
    """Findings and verdicts of one check, sorted and the same at every run."""

    targets: tuple[str, ...]
    findings: tuple[Finding, ...]
    verdicts: tuple[Verdict, ...]
    unchecked: tuple[str, ...]
    assets: int
    jobs: int
    lines: Mapping[tuple[str, int], str] = field(default_factory=dict)  # of jobs with findings
    # Everything that was checked, for reports that show more than findings.
    inputs: Inputs | None = field(default=None, repr=False, compare=False)
    in_baseline: int | None = None  # findings left out for it; None without a baseline

    @property
    def files(self) -> int:
        """How many files were checked: media and job files, whatever number of jobs they have."""
        return self.assets + (len(self.inputs.files) if self.inputs else self.jobs)

    @property
    def summary(self) -> dict[str, int]:
        """The counts by severity, with the keys of the report schema."""
        severities = Counter(finding.severity for finding in self.findings)
        verdicts = Counter(verdict.verdict for verdict in self.verdicts)
        return {
            "assets": self.assets,
            "jobs": self.jobs,
            "errors": severities["error"],
            "warnings": severities["warning"],
            "notes": severities["note"],
            "unknown": verdicts["unknown"],
            **({} if self.in_baseline is None else {"known": self.in_baseline}),
        }

    @property
    def clean(self) -> bool:
        """Whether there are no errors, and nothing is unknown that could have been checked."""
        is_open = any(each.verdict == "unknown" and not each.excused for each in self.verdicts)
        return self.summary["errors"] == 0 and not is_open

    def as_json(self) -> dict[str, Any]:
        """Return the report as schemas/report.schema.json describes it."""
        return {
            "version": 1,
            "targets": list(self.targets),
            "summary": self.summary,
            "findings": [finding_json(finding) for finding in self.findings],
            "verdicts": [
                {"subject": each.subject, "target": each.target, "verdict": each.verdict}
                for each in self.verdicts
            ],
            "unchecked": list(self.unchecked),
        }


def redact_report(report: Report) -> Report:
    """Hide secrets in what findings and verdicts are about, which until now must be matched."""
    return replace(
        report,
        findings=tuple(map(_redact_finding, report.findings)),
        verdicts=tuple(replace(each, subject=redact_url(each.subject)) for each in report.verdicts),
    )


def _redact_finding(finding: Finding) -> Finding:
    changed = {
        "file": redact_url(finding.file),
        "asset": finding.asset and redact_url(finding.asset),
        "found": redact_json(finding.found),
    }
    is_same = all(getattr(finding, name) == value for name, value in changed.items())
    return finding if is_same else replace(finding, **changed)


def finding_json(finding: Finding) -> dict[str, Any]:
    """Return a finding as schemas/report.schema.json describes it."""
    return {name: getattr(finding, name) for name in _KEYS} | {"source": dict(finding.source)}


def select_findings(
    report: Report, select: Iterable[str], ignore: Iterable[str], severity: str
) -> Report:
    """Drop what is not selected, ignored, or below a severity."""
    selected, ignored = parse_rule_names(select), parse_rule_names(ignore)
    return drop_findings(
        report,
        lambda finding: (
            bool(selected and finding.rule not in selected)
            or finding.rule in ignored
            or _RANK[finding.severity] < _RANK[severity]
        ),
    )


def drop_findings(report: Report, is_dropped: Callable[[Finding], bool]) -> Report:
    """Drop findings; a subject that failed only because of them passes."""
    findings = tuple(finding for finding in report.findings if not is_dropped(finding))
    if len(findings) == len(report.findings):
        return report
    failing = {(each.file, each.target) for each in findings if each.severity == "error"}
    verdicts = tuple(
        Verdict(each.subject, each.target, "pass")
        if each.verdict == "fail" and not _is_failing(each, failing)
        else each
        for each in report.verdicts
    )
    return replace(report, findings=findings, verdicts=verdicts)


def _is_failing(verdict: Verdict, failing: set[tuple[str, str]]) -> bool:
    file = verdict.subject.rpartition("#")[0] or verdict.subject
    files = {verdict.subject, file}
    return any(name in files and target in {"", verdict.target} for name, target in failing)


def with_severities(
    findings: Iterable[Finding], severities: Mapping[str, Severity]
) -> Iterator[Finding]:
    """Give findings the severities that a project has configured for their rules."""
    for finding in findings:
        severity = severities.get(finding.rule, finding.severity)
        yield finding if severity == finding.severity else replace(finding, severity=severity)
