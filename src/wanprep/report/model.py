"""What a check found, before it is written in any format."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from wanprep.check.seen import Seen
    from wanprep.judge.finding import Finding, Verdict


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
    # Everything that was judged, for those who show more of it than what was found.
    seen: Seen | None = field(default=None, repr=False, compare=False)
    known: int | None = None  # findings left out because a baseline has them; None without one

    @property
    def summary(self) -> dict[str, int]:
        """Count what was found, in the words of the contract."""
        severities = Counter(finding.severity for finding in self.findings)
        verdicts = Counter(verdict.verdict for verdict in self.verdicts)
        return {
            "assets": self.assets,
            "jobs": self.jobs,
            "errors": severities["error"],
            "warnings": severities["warning"],
            "notes": severities["note"],
            "unknown": verdicts["unknown"],
            **({} if self.known is None else {"known": self.known}),
        }

    @property
    def clean(self) -> bool:
        """Tell whether nothing stands against sending: no error, nothing left unseen."""
        return self.summary["errors"] == 0 and self.summary["unknown"] == 0

    def as_json(self) -> dict[str, Any]:
        """Return the report as schemas/report.schema.json has it."""
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


def finding_json(finding: Finding) -> dict[str, Any]:
    """Return a finding as the contract has it."""
    return {
        "rule": finding.rule,
        "severity": finding.severity,
        "message": finding.message,
        "target": finding.target,
        "file": finding.file,
        "line": finding.line,
        "column": finding.column,
        "pointer": finding.pointer,
        "asset": finding.asset,
        "found": finding.found,
        "allowed": finding.allowed,
        "fixable": finding.fixable,
        "source": dict(finding.source),
    }


@dataclass(frozen=True, slots=True)
class Style:
    """How a report for people may look where it is going."""

    color: bool = False
    width: int = 80
    quiet: bool = False  # only what was found, and not what it comes to
