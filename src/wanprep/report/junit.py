"""JUnit's XML: jobs and media files as test cases, which every CI service can show."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING, Final
from xml.etree import ElementTree as ET

from wanprep.report.annotations import file_of, unknown_sentence
from wanprep.text import visible

if TYPE_CHECKING:
    from collections.abc import Iterator

    from wanprep.judge.finding import Finding, Verdict
    from wanprep.report.model import Report, Style

# What is unknown must not look green, and some services paint what is skipped green.
_ELEMENTS: Final = {"fail": "failure", "unknown": "error"}
_NOBODY: Final = "wanprep"  # in place of a target, where a job cannot even be read


def render(report: Report, style: Style) -> Iterator[str]:  # noqa: ARG001 - the same for all
    """Write a suite for each target, with a case for each job and each bare media file."""
    root = ET.Element("testsuites", {"name": "wanprep"} | _counts(report.verdicts))
    verdicts = sorted(report.verdicts, key=lambda verdict: verdict.target)
    for target, group in groupby(verdicts, key=lambda verdict: verdict.target):
        of_target = tuple(group)
        told = {"name": visible(target) or _NOBODY} | _counts(of_target) | {"skipped": "0"}
        suite = ET.SubElement(root, "testsuite", told)
        for verdict in of_target:
            _case(suite, verdict, report)
    ET.indent(root)
    # Letters beyond ASCII are written as numbers: right wherever the text goes.
    yield '<?xml version="1.0" encoding="UTF-8"?>\n'
    yield ET.tostring(root, encoding="us-ascii", xml_declaration=False).decode() + "\n"


def _counts(verdicts: tuple[Verdict, ...]) -> dict[str, str]:
    told = [verdict.verdict for verdict in verdicts]
    counts = {"tests": len(told), "failures": told.count("fail"), "errors": told.count("unknown")}
    return {name: str(count) for name, count in counts.items()}


def _case(suite: ET.Element, verdict: Verdict, report: Report) -> None:
    names = {"name": visible(verdict.subject), "classname": visible(verdict.target) or _NOBODY}
    case = ET.SubElement(suite, "testcase", names)
    findings = _findings(verdict, report)
    slight = [each for each in findings if each.severity != "error"]
    if verdict.verdict in _ELEMENTS:
        _wrong(case, verdict, findings)
    if slight:
        ET.SubElement(case, "system-out").text = _lines(slight)


def _wrong(case: ET.Element, verdict: Verdict, findings: list[Finding]) -> None:
    """Say what is wrong in one element: of several, some services keep only one."""
    errors = [each for each in findings if each.severity == "error"]
    told = {"type": verdict.verdict, "message": unknown_sentence(verdict)}
    if verdict.verdict == "fail":
        more = f" And {len(errors) - 1} more." if len(errors) > 1 else ""
        first = errors[0].message if errors else "It does not fit."
        told["message"] = visible(first) + more
    ET.SubElement(case, _ELEMENTS[verdict.verdict], told).text = _lines(findings)


def _findings(verdict: Verdict, report: Report) -> list[Finding]:
    """List what was found in a file; its documents share it, since the lines tell them apart."""
    file, whom = file_of(verdict, report), {"", verdict.target}
    return [each for each in report.findings if each.file == file and each.target in whom]


def _lines(findings: list[Finding]) -> str:
    return "\n".join(map(_line, findings))


def _line(finding: Finding) -> str:
    place = f"{finding.line}:{finding.column or 1}: " if finding.line else ""
    return f"{place}{finding.severity}[{finding.rule}] {visible(finding.message)}"
