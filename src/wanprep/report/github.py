"""Workflow commands: GitHub Actions reads them from a log and marks the lines they name."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from wanprep.report.annotations import annotated_with_unknown
from wanprep.report.repository import utf8_path
from wanprep.text import visible

if TYPE_CHECKING:
    from collections.abc import Iterator

    from wanprep.judge.finding import Finding
    from wanprep.report.annotations import Annotation
    from wanprep.report.model import Report, Style

_COMMANDS: Final = {"error": "error", "warning": "warning", "note": "notice"}


def render(report: Report, style: Style) -> Iterator[str]:  # noqa: ARG001 - the same for all
    """Write one command per finding; GitHub shows the first ten of each kind in a step."""
    for each in annotated_with_unknown(report):
        yield f"::{_COMMANDS[each.finding.severity]} {_properties(each)}::{_data(each.text)}\n"


def _properties(annotation: Annotation) -> str:
    told = {"file": utf8_path(annotation.path), **_place(annotation.finding)}
    told["title"] = annotation.finding.rule
    return ",".join(f"{name}={_property(value)}" for name, value in told.items())


def _place(finding: Finding) -> dict[str, str]:
    place = {"line": finding.line, "col": finding.column, "endColumn": finding.end_column}
    return {name: str(value) for name, value in place.items() if value is not None}


# As @actions/core has it: what could end a value or begin another command is escaped.
def _data(text: str) -> str:
    return visible(text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A"))


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
