"""Findings as diagnostics."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, Final

from lsprotocol import types

from wanprep.job.documents.document import Place
from wanprep.lsp.documents import uri_of
from wanprep.media.facts import NOT_READ, is_remote
from wanprep.report.descriptions import headline
from wanprep.rules.finding import rule_page

if TYPE_CHECKING:
    from collections.abc import Iterator

    from wanprep.lsp.checker import Analysis
    from wanprep.lsp.documents import Positions
    from wanprep.rules.finding import Finding

SOURCE: Final = "wanprep"
_SEVERITIES: Final = {
    "error": types.DiagnosticSeverity.Error,
    "warning": types.DiagnosticSeverity.Warning,
    "note": types.DiagnosticSeverity.Information,
}


def diagnostics_of(analysis: Analysis) -> list[types.Diagnostic]:
    """List the findings about a document."""
    findings = analysis.report.findings if analysis.report else ()
    return [_diagnostic(each, analysis) for each in findings]


def problem_diagnostic(message: str) -> types.Diagnostic:
    """Report at the beginning why a document could not be checked."""
    start = types.Position(0, 0)
    error = types.DiagnosticSeverity.Error
    return types.Diagnostic(types.Range(start, start), message, severity=error, source=SOURCE)


def _diagnostic(finding: Finding, analysis: Analysis) -> types.Diagnostic:
    data: dict[str, Any] = {"pointer": finding.pointer, "target": finding.target}
    return types.Diagnostic(
        range=_range(finding, analysis.positions),
        message=finding.message,
        severity=_severity(finding, analysis),
        code=finding.rule,
        code_description=types.CodeDescription(rule_page(finding.rule)),
        source=SOURCE,
        related_information=[*_related(finding, analysis)] or None,
        data=data,
    )


def _range(finding: Finding, positions: Positions) -> types.Range:
    """Return where a finding is; of one over several lines, or at none, the rest of the first."""
    line, column = finding.line or 1, finding.column or 1
    end = finding.end_column or 0
    if end <= column:
        end = max(column, len(positions.source.line_text(line)) + 1)
    return positions.range_of(Place(line, column, line, end))


def _severity(finding: Finding, analysis: Analysis) -> types.DiagnosticSeverity:
    """Return a hint for a file that could not be read: it is unknown, and may be fine."""
    if finding.rule == "asset-unreadable" and finding.asset is not None:
        folder = os.path.dirname(finding.file)
        facts = analysis.inputs.facts.get(os.path.join(folder, finding.asset))
        if facts and (facts.problem or "").startswith(NOT_READ):
            return types.DiagnosticSeverity.Hint
    return _SEVERITIES[finding.severity]


def _related(finding: Finding, analysis: Analysis) -> Iterator[types.DiagnosticRelatedInformation]:
    """Lead to the file that a finding is about, and to the target, where the job has several."""
    start = types.Range(types.Position(0, 0), types.Position(0, 0))
    for case in analysis.cases:
        for asset in case.intent.assets:
            facts = analysis.facts_of(asset)
            is_it = asset.pointer == finding.pointer and finding.asset == asset.shown
            if is_it and facts and facts.bytes is not None and not is_remote(asset.location):
                location = types.Location(uri_of(asset.location), start)
                yield types.DiagnosticRelatedInformation(location, headline(facts))
        pointer = case.job.targets.get(finding.target)
        if pointer and len(case.targets) > 1:
            place = analysis.positions.range_of(case.job.document.place(pointer))
            location = types.Location(analysis.document.uri, place)
            yield types.DiagnosticRelatedInformation(location, f"for {finding.target}")
