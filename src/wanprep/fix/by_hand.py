"""What no repair can reach: faults of jobs, and of what lies behind addresses."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wanprep.probe.names import is_url
from wanprep.text import visible

if TYPE_CHECKING:
    from collections.abc import Iterator

    from wanprep.judge.finding import Finding
    from wanprep.report.model import Report


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
