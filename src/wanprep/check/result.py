"""The result of a check, before it is written in any format."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

    from wanprep.check.inputs import Inputs
    from wanprep.rules.finding import Finding, Verdict


_KEYS: Final = (
    "rule", "severity", "message", "target", "file", "line", "column", "pointer", "asset", "found",
    "allowed", "fixable",
)  # fmt: skip


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
    seen: Inputs | None = field(default=None, repr=False, compare=False)
    known: int | None = None  # findings left out as in the baseline; None without one

    @property
    def summary(self) -> dict[str, int]:
        """Count by severity, with the keys of the report schema."""
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
        """Return whether there are no errors and nothing is unknown."""
        return self.summary["errors"] == 0 and self.summary["unknown"] == 0

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


def finding_json(finding: Finding) -> dict[str, Any]:
    """Return a finding as schemas/report.schema.json describes it."""
    return {name: getattr(finding, name) for name in _KEYS} | {"source": dict(finding.source)}


@dataclass(frozen=True, slots=True)
class Style:
    """How the text report is written to a terminal or file."""

    color: bool = False
    width: int = 80
    quiet: bool = False  # without the summary
