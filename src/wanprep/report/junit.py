"""JUnit's XML: jobs and media files as test cases, which every CI service can show."""

from __future__ import annotations

from collections import Counter
from itertools import groupby
from typing import TYPE_CHECKING, Final
from xml.etree import ElementTree as ET

from wanprep.report.annotations import file_of, unknown_message
from wanprep.text import visible

if TYPE_CHECKING:
    from collections.abc import Iterator

    from wanprep.check.result import Report
    from wanprep.report import Style
    from wanprep.rules.finding import Finding, Verdict

# Unknown must not look like a pass, and some services show skipped cases as passed.
_ELEMENTS: Final = {"fail": "failure", "unknown": "error"}
_NO_TARGET: Final = "wanprep"  # for a job that cannot be read


def render(report: Report, style: Style) -> Iterator[str]:  # noqa: ARG001 - the same for all
    """Write a suite for each target, with a case for each job and each bare media file."""
    root = ET.Element("testsuites", {"name": "wanprep"} | _counts(report.verdicts))
    verdicts = sorted(report.verdicts, key=lambda verdict: verdict.target)
    for target, group in groupby(verdicts, key=lambda verdict: verdict.target):
        of_target = tuple(group)
        names = {"name": visible(target) or _NO_TARGET, "skipped": "0"}
        suite = ET.SubElement(root, "testsuite", names | _counts(of_target))
        for verdict in of_target:
            _case(suite, verdict, report)
    ET.indent(root)
    # Character references beyond ASCII: correct in any encoding.
    yield '<?xml version="1.0" encoding="UTF-8"?>\n'
    yield ET.tostring(root, encoding="us-ascii", xml_declaration=False).decode() + "\n"


def _counts(verdicts: tuple[Verdict, ...]) -> dict[str, str]:
    counts = Counter(verdict.verdict for verdict in verdicts)
    numbers = (len(verdicts), counts["fail"], counts["unknown"])
    return dict(zip(("tests", "failures", "errors"), map(str, numbers), strict=True))


def _case(suite: ET.Element, verdict: Verdict, report: Report) -> None:
    names = {"name": visible(verdict.subject), "classname": visible(verdict.target) or _NO_TARGET}
    case = ET.SubElement(suite, "testcase", names)
    findings = _findings(verdict, report)
    others = [each for each in findings if each.severity != "error"]
    if verdict.verdict in _ELEMENTS:
        _failure(case, verdict, findings)
    if others:
        ET.SubElement(case, "system-out").text = _lines(others)


def _failure(case: ET.Element, verdict: Verdict, findings: list[Finding]) -> None:
    """Write all findings into one element: of several, some services keep only one."""
    errors = [each for each in findings if each.severity == "error"]
    message = unknown_message(verdict)
    if verdict.verdict == "fail":
        more = f" And {len(errors) - 1} more." if len(errors) > 1 else ""
        message = (visible(errors[0].message) if errors else "The check failed.") + more
    attributes = {"type": verdict.verdict, "message": message}
    ET.SubElement(case, _ELEMENTS[verdict.verdict], attributes).text = _lines(findings)


def _findings(verdict: Verdict, report: Report) -> list[Finding]:
    """List the findings of a file; its documents share them, as their lines differ."""
    file, targets = file_of(verdict, report), {"", verdict.target}
    return [each for each in report.findings if each.file == file and each.target in targets]


def _lines(findings: list[Finding]) -> str:
    return "\n".join(map(_line, findings))


def _line(finding: Finding) -> str:
    place = f"{finding.line}:{finding.column or 1}: " if finding.line else ""
    return f"{place}{finding.severity}[{finding.rule}] {visible(finding.message)}"
