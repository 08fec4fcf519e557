"""The result of a check, or of a part of one, and which of its findings are reported."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import field, replace
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Self

from wanprep.dataclass import dataclass
from wanprep.errors import UsageError
from wanprep.net.secrets import redact_json, redact_url
from wanprep.rules.finding import Verdict, parse_rule_names

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from collections.abc import Set as AbstractSet

    from wanprep.check.baseline import Entry
    from wanprep.check.inputs import Inputs
    from wanprep.config import Config
    from wanprep.rules.finding import Finding, Severity

_KEYS: Final = (
    "rule", "severity", "message", "target", "file", "line", "column", "pointer", "asset", "found",
    "allowed", "fixable", "fix",
)  # fmt: skip
_RANK: Final = {"note": 0, "warning": 1, "error": 2}


@dataclass(frozen=True, slots=True)
class Report:
    """Findings and verdicts of a check or of a part of it: in their order, the same at every run.

    The parts of a check are reported one after the other, and nothing is kept of each: a subject
    is in one part with all its findings. `Totals` counts what a report says of all of them.
    """

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
    job_files: int = 0  # a file may have several jobs
    is_planned: bool = field(default=False, compare=False)  # its findings have their fixes

    @property
    def files(self) -> int:
        """How many files were checked: media and job files, whatever number of jobs they have."""
        return self.assets + self.job_files

    @property
    def summary(self) -> dict[str, int]:
        """The counts by severity, with the keys of the report schema."""
        return Totals().add(self).summary

    @property
    def clean(self) -> bool:
        """Whether there are no errors, and nothing is unknown that could have been checked."""
        return Totals().add(self).clean

    def as_json(self) -> dict[str, Any]:
        """Return the report as schemas/report.schema.json describes it."""
        return {
            "version": 1,
            "targets": list(self.targets),
            "summary": self.summary,
            "findings": [finding_json(finding) for finding in self.findings],
            "verdicts": [verdict_json(verdict) for verdict in self.verdicts],
            "unchecked": list(self.unchecked),
        }


@dataclass(slots=True)
class Totals:
    """What the parts of a check amount to."""

    assets: int = 0
    jobs: int = 0
    severities: Counter[str] = field(default_factory=Counter)
    files: int = 0  # media and job files
    affected: int = 0  # files with findings, or with something unknown
    fixable: int = 0
    needs_consent: int = 0  # findings that are fixed after a decision of the user
    unknown: int = 0
    excused: int = 0  # of these, for --offline
    in_baseline: int | None = None
    targets: dict[str, None] = field(default_factory=dict)
    unchecked: dict[str, None] = field(default_factory=dict)
    left_out: dict[str, None] = field(default_factory=dict)  # of these, by this check

    def add(self, part: Report) -> Self:
        """Count one more part."""
        self.assets += part.assets
        self.jobs += part.jobs
        self.severities.update(finding.severity for finding in part.findings)
        self.files += part.files
        fixes = [finding.fixable for finding in part.findings if finding.fix]
        self.fixable += sum(fixes)
        self.needs_consent += len(fixes) - sum(fixes)
        unknown = [verdict for verdict in part.verdicts if verdict.verdict == "unknown"]
        affected = {finding.file for finding in part.findings}
        # A subject may be a document of a job file.
        self.affected += len(affected | {re.sub(r"#\d+$", "", each.subject) for each in unknown})
        self.unknown += len(unknown)
        self.excused += sum(verdict.excused for verdict in unknown)
        if part.in_baseline is not None:
            self.in_baseline = (self.in_baseline or 0) + part.in_baseline
        self.targets |= dict.fromkeys(part.targets)
        self.unchecked |= dict.fromkeys(part.unchecked)
        self.left_out |= dict.fromkeys(part.inputs.notes if part.inputs else ())
        return self

    def count(self, parts: Iterable[Report]) -> Iterator[Report]:
        """Pass parts on, and count each when it is asked for."""
        for part in parts:
            self.add(part)
            yield part

    @property
    def summary(self) -> dict[str, int]:
        """The counts by severity, with the keys of the report schema."""
        return {
            "assets": self.assets,
            "jobs": self.jobs,
            "errors": self.severities["error"],
            "warnings": self.severities["warning"],
            "notes": self.severities["note"],
            "unknown": self.unknown,
            **({} if self.in_baseline is None else {"known": self.in_baseline}),
        }

    @property
    def is_open(self) -> bool:
        """Whether something is unknown that could have been checked."""
        return self.unknown > self.excused

    @property
    def clean(self) -> bool:
        """Whether there are no errors, and nothing is unknown that could have been checked."""
        return self.severities["error"] == 0 and not self.is_open


def join(parts: Iterable[Report]) -> Report:
    """Make one report of several, for a format that shows all at once."""
    totals = Totals()
    every = tuple(totals.count(parts))
    return Report(
        targets=tuple(totals.targets),
        findings=tuple(chain.from_iterable(part.findings for part in every)),
        verdicts=tuple(chain.from_iterable(part.verdicts for part in every)),
        unchecked=tuple(totals.unchecked),
        assets=totals.assets,
        jobs=totals.jobs,
        lines={place: line for part in every for place, line in part.lines.items()},
        inputs=_join_inputs([part.inputs for part in every if part.inputs]),
        in_baseline=totals.in_baseline,
        job_files=totals.files - totals.assets,
    )


def _join_inputs(parts: Sequence[Inputs]) -> Inputs | None:
    if not parts:
        return None
    return replace(
        parts[0],
        jobs=tuple(chain.from_iterable(part.jobs for part in parts)),
        media=tuple(chain.from_iterable(part.media for part in parts)),
        facts={path: facts for part in parts for path, facts in part.facts.items()},
        notes=tuple(chain.from_iterable(part.notes for part in parts)),
    )


def redact_report(report: Report) -> Report:
    """Hide secrets in what findings and verdicts are about, which until now must be matched."""
    return replace(
        report,
        findings=tuple(map(_redact_finding, report.findings)),
        verdicts=tuple(map(_redact_verdict, report.verdicts)),
    )


def _redact_verdict(verdict: Verdict) -> Verdict:
    subject = verdict.subject
    return replace(verdict, subject=redact_url(subject)) if "://" in subject else verdict


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


def verdict_json(verdict: Verdict) -> dict[str, str]:
    """Return a verdict as schemas/report.schema.json describes it."""
    return {"subject": verdict.subject, "target": verdict.target, "verdict": verdict.verdict}


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """The findings to report; everything, unless something is chosen."""

    selected: AbstractSet[str] = frozenset()
    ignored: AbstractSet[str] = frozenset()
    severity: str = "note"  # the lowest
    baseline: tuple[Entry, ...] | None = None

    def apply(self, part: Report) -> Report:
        """Drop the other findings of a report, or of a part of it."""
        chosen = select_findings(part, self.selected, self.ignored, self.severity)
        return drop_baseline(chosen, self.baseline)


def load_baseline(
    config: Config, path: str | None = None, *, disabled: bool = False
) -> tuple[Entry, ...] | None:
    """Read the baseline at a path or, without one, the configuration's."""
    if path and disabled:
        raise UsageError("--baseline FILE and --no-baseline cannot be combined")
    file = Path(path) if path else config.baseline
    if disabled or file is None:
        return None
    from wanprep.check.baseline import read_baseline

    return read_baseline(file)


def drop_baseline(
    report: Report, entries: tuple[Entry, ...] | None, sources: Mapping[str, str] | None = None
) -> Report:
    """Leave out the findings in the baseline, if there is one."""
    if entries is None:
        return report
    from wanprep.check.baseline import without_baseline

    return without_baseline(report, entries, sources or {})
