"""What became of each file and each job."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from wanprep.media.facts import is_url
from wanprep.text import visible

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from wanprep.check.result import Report
    from wanprep.fix.job.changes import FixedJob
    from wanprep.fix.plan.plan import Output, Plan
    from wanprep.fix.task import Wanted
    from wanprep.fix.verify import Proof
    from wanprep.job.model import JobFile
    from wanprep.rules.finding import Finding


@dataclass(frozen=True, slots=True, kw_only=True)
class Fixed:
    """Repaired, proven, and in its place."""

    wanted: Wanted
    plan: Plan
    result: str
    made: Output
    proof: Proof
    hashes: Mapping[str, str]  # before, after


@dataclass(frozen=True, slots=True)
class Kept:
    """Left as it is, bit for bit; copied where results are gathered."""

    wanted: Wanted
    result: str
    hash: str  # empty where there is no file
    left: tuple[Finding, ...]  # what only a person can fix


@dataclass(frozen=True, slots=True)
class NotFixed:
    """Not repaired, and why; nothing was written."""

    wanted: Wanted
    why: tuple[str, ...]
    unwritten: bool = False  # it was to be delivered, and its place could not be had


@dataclass(frozen=True, slots=True)
class FixedFile:
    """A job file, changed or not, in its place."""

    file: JobFile  # as it was read
    result: str
    fixed: FixedJob
    hashes: Mapping[str, str]  # before, after


Outcome = Fixed | Kept | NotFixed


@dataclass(frozen=True, slots=True)
class Outcomes:
    """All that a run did."""

    assets: tuple[Outcome, ...]
    jobs: tuple[FixedFile, ...] = ()
    interrupted: bool = field(default=False)

    @property
    def delivered(self) -> bool:
        """Tell whether everything got to its place that was meant to."""
        return not any(isinstance(each, NotFixed) and each.unwritten for each in self.assets)

    @property
    def changed(self) -> bool:
        """Tell whether any file is another one now."""
        fixed = any(isinstance(each, Fixed) for each in self.assets)
        return fixed or any(job.hashes["before"] != job.hashes["after"] for job in self.jobs)


def by_hand(report: Report) -> Iterator[str]:
    """Say with their places what keeps jobs from being fit: of media, their outcomes tell it."""
    for finding in report.findings:
        if _of_job(finding) or _of_address(finding):
            place = visible(finding.file) + (f":{finding.line}" if finding.line else "")
            yield f"{place}: {visible(finding.message)}"


def _of_job(finding: Finding) -> bool:
    return finding.asset is None and finding.severity == "error" and not finding.fixable


def _of_address(finding: Finding) -> bool:
    # One that could not be looked at is only a warning, and no pass either.
    return is_url(finding.asset or "") and finding.severity != "note"
