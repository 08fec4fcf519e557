"""GitLab's Code Quality report: findings beside the lines of a merge request."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

from wanprep.report.annotations import annotated_with_unknown
from wanprep.report.repository import utf8_path

if TYPE_CHECKING:
    from collections.abc import Iterator

    from wanprep.report.annotations import Annotation
    from wanprep.report.model import Report, Style

_SEVERITIES: Final = {"error": "critical", "warning": "major", "note": "info"}


def render(report: Report, style: Style) -> Iterator[str]:  # noqa: ARG001 - the same for all
    """Write one list; an empty one tells GitLab that all is mended."""
    yield json.dumps([_issue(each) for each in annotated_with_unknown(report)], indent=2)
    yield "\n"


def _issue(annotation: Annotation) -> dict[str, Any]:
    finding = annotation.finding
    return {
        # GitLab does not always show the name of the check beside the description.
        "description": f"{finding.rule}: {annotation.text}",
        "check_name": finding.rule,
        "fingerprint": annotation.fingerprint,
        "severity": _SEVERITIES[finding.severity],
        "location": {
            "path": utf8_path(annotation.path),
            "lines": {"begin": finding.line or 1},  # a line is wanted for pictures, too
        },
    }
