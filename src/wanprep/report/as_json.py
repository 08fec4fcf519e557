"""The report as one JSON object: a contract for other programs."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from wanprep.report.model import Report, Style


def render(report: Report, style: Style) -> Iterator[str]:  # noqa: ARG001 - the same for all
    """Write the whole report."""
    yield json.dumps(report.as_json(), indent=2)
    yield "\n"
