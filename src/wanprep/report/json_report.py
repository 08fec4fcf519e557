"""The report as JSON: a contract for other programs."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from wanprep.check.result import finding_json

if TYPE_CHECKING:
    from collections.abc import Iterator

    from wanprep.check.result import Report
    from wanprep.report import Style


def render_json(report: Report, style: Style) -> Iterator[str]:  # noqa: ARG001 - the same for all
    """Write one object, as schemas/report.schema.json describes it."""
    yield json.dumps(report.as_json(), indent=2)
    yield "\n"


def render_jsonl(report: Report, style: Style) -> Iterator[str]:  # noqa: ARG001 - the same for all
    """Write one line per finding, for grep, jq and log collectors."""
    for finding in report.findings:
        yield f"{json.dumps(finding_json(finding))}\n"
