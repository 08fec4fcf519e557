"""Findings as a stream: one JSON object per line, for grep, jq and log collectors."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from wanprep.report.model import finding_json

if TYPE_CHECKING:
    from collections.abc import Iterator

    from wanprep.report.model import Report, Style


def render(report: Report, style: Style) -> Iterator[str]:  # noqa: ARG001 - the same for all
    """Write one line per finding."""
    for finding in report.findings:
        yield f"{json.dumps(finding_json(finding))}\n"
