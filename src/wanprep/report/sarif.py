"""SARIF 2.1.0, the OASIS standard that GitHub code scanning and editors read."""

from __future__ import annotations

import json
import os
from itertools import groupby
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote

import wanprep
from wanprep.report.annotations import annotated, file_of, unknown_sentence
from wanprep.report.repository import path_in_repository
from wanprep.report.sarif_rules import sarif_rule
from wanprep.text import visible

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from wanprep.judge.finding import Finding
    from wanprep.report.annotations import Annotation
    from wanprep.report.model import Report, Style

_SCHEMA: Final = (
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
)
_ROOT: Final = "%SRCROOT%"
_MOST: Final = 25_000  # GitHub refuses a file with more results, and shows the first 5,000


def render(report: Report, style: Style) -> Iterator[str]:  # noqa: ARG001 - the same for all
    """Write one run with all targets in it, the errors first."""
    log = {"$schema": _SCHEMA, "version": "2.1.0", "runs": [_run(report)]}
    yield json.dumps(log, indent=2)
    yield "\n"


def _run(report: Report) -> dict[str, Any]:
    found = annotated(report)
    shown = found[:_MOST]
    of_rule = _by_rule([each.finding for each in shown])
    indexes = {rule: index for index, rule in enumerate(of_rule)}
    driver = {
        "name": "wanprep",
        "version": wanprep.__version__,
        "semanticVersion": wanprep.__version__,
        "informationUri": "https://wanprep.dev/",
        "rules": [sarif_rule(rule, findings) for rule, findings in of_rule.items()],
    }
    return {
        "tool": {"driver": driver},
        "columnKind": "unicodeCodePoints",
        # Where the root lies differs from machine to machine, and the report must not.
        "originalUriBaseIds": {_ROOT: {"description": {"text": "The root of the repository."}}},
        "invocations": [
            {
                "executionSuccessful": True,
                "toolExecutionNotifications": _notifications(report, len(found) - len(shown)),
            }
        ],
        "results": [_result(each, indexes[each.finding.rule]) for each in shown],
    }


def _by_rule(findings: Sequence[Finding]) -> dict[str, list[Finding]]:
    by_name = sorted(findings, key=lambda finding: finding.rule)
    return {rule: list(group) for rule, group in groupby(by_name, lambda finding: finding.rule)}


def _result(annotation: Annotation, index: int) -> dict[str, Any]:
    finding = annotation.finding
    told = {name: getattr(finding, name) for name in ("target", "found", "allowed", "fixable")}
    told |= {"pointer": finding.pointer, "asset": finding.asset, "source": dict(finding.source)}
    return {
        "ruleId": finding.rule,
        "ruleIndex": index,
        "level": finding.severity,
        "message": {"text": _literal(annotation.text)},
        "locations": [_location(annotation.path, _region(finding))],
        # GitHub's upload adds primaryLocationLineHash, a hash of the line's words, by itself,
        # and complains about anybody else's.
        "partialFingerprints": {"wanprep/v1": annotation.fingerprint},
        "properties": _harmless({name: value for name, value in told.items() if value is not None}),
    }


def _literal(text: str) -> str:
    """Keep a file that is named [like](this) from becoming a link, as SARIF would have it."""
    return text.replace("[", "\\[").replace("]", "\\]") if "](" in text else text


def _location(path: str, region: dict[str, int]) -> dict[str, Any]:
    address = quote(os.fsencode(path))
    artifact = {"uri": address, "uriBaseId": _ROOT}
    if os.path.isabs(path):
        artifact = {"uri": f"file://{address}"}
    return {"physicalLocation": {"artifactLocation": artifact, "region": region}}


def _region(finding: Finding) -> dict[str, int]:
    # GitHub shows no result without a line, not even one that is about a picture.
    region = {"startLine": finding.line or 1}
    if finding.line and finding.column:
        region["startColumn"] = finding.column
        if finding.end_column:
            region |= {"endLine": finding.line, "endColumn": finding.end_column}
    return region


def _notifications(report: Report, dropped: int) -> list[dict[str, Any]]:
    """Say what the results do not: what nobody could judge, and what did not fit in."""
    told = [
        {
            "level": "error",
            "message": {"text": _literal(unknown_sentence(each))},
            "locations": [_location(path_in_repository(file_of(each, report)), {"startLine": 1})],
        }
        for each in report.verdicts
        if each.verdict == "unknown"
    ]
    if dropped:
        text = f"{dropped} more findings are left out: GitHub takes no more than {_MOST}."
        told.append({"level": "warning", "message": {"text": text}})
    return told


def _harmless(value: Any) -> Any:  # noqa: ANN401 - whatever JSON can hold
    """Make what came from outside visible, as everywhere."""
    match value:
        case str():
            return visible(value)
        case dict():
            return {visible(str(name)): _harmless(each) for name, each in value.items()}
        case list() | tuple():
            return [_harmless(each) for each in value]
        case _:
            return value
