"""One line per finding, in the shape that editors and grep understand."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wanprep.text import visible

if TYPE_CHECKING:
    from collections.abc import Iterator

    from wanprep.report.model import Report, Style


def render(report: Report, style: Style) -> Iterator[str]:  # noqa: ARG001 - the same for all
    """Write path:line:col: severity rule message."""
    for finding in report.findings:
        place = f"{visible(finding.file)}:{finding.line or 1}:{finding.column or 1}"
        yield f"{place}: {finding.severity} {finding.rule} {visible(finding.message)}\n"
