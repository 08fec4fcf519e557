"""JUnit's XML: jobs and media files as test cases, which every CI service can show."""

from __future__ import annotations

from collections import Counter
from itertools import groupby
from typing import TYPE_CHECKING, Final
from xml.etree import ElementTree as ET

from wanprep.report.annotations import file_of, unknown_message
from wanprep.text import visible

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from wanprep.check.result import Report
    from wanprep.report import Style
    from wanprep.rules.finding import Finding, Verdict

    ByFile = Mapping[str, list[Finding]]

# Unknown must not look like a pass, and some services show skipped cases as passed.
_ELEMENTS: Final = {"fail": "failure", "unknown": "error"}
_NO_TARGET: Final = "wanprep"  # for a job that cannot be read


def render(report: Report, style: Style) -> Iterator[str]:  # noqa: ARG001 - the same for all
    """Write a suite for each target, with a case for each job and each bare media file."""
    totals = {name: each for name, each in _counts(report.verdicts).items() if name != "skipped"}
    root = ET.Element("testsuites", {"name": "wanprep"} | totals)
    by_file: dict[str, list[Finding]] = {}
    for finding in report.findings:
        by_file.setdefault(finding.file, []).append(finding)
    verdicts = sorted(report.verdicts, key=lambda verdict: verdict.target)
    for target, group in groupby(verdicts, key=lambda verdict: verdict.target):
        of_target = tuple(group)
        names = {"name": visible(target) or _NO_TARGET}
        suite = ET.SubElement(root, "testsuite", names | _counts(of_target))
        for verdict in of_target:
            _case(suite, verdict, by_file)
    ET.indent(root)
    # Character references beyond ASCII: correct in any encoding.
    yield '<?xml version="1.0" encoding="UTF-8"?>\n'
    yield ET.tostring(root, encoding="us-ascii", xml_declaration=False).decode() + "\n"


def _counts(verdicts: tuple[Verdict, ...]) -> dict[str, str]:
    counts = Counter(_element(verdict) for verdict in verdicts)
    numbers = (len(verdicts), *(counts[name] for name in ("failure", "error", "skipped")))
    names = ("tests", "failures", "errors", "skipped")
    return dict(zip(names, map(str, numbers), strict=True))


def _element(verdict: Verdict) -> str | None:
    return "skipped" if verdict.excused else _ELEMENTS.get(verdict.verdict)


def _case(suite: ET.Element, verdict: Verdict, by_file: ByFile) -> None:
    names = {"name": visible(verdict.subject), "classname": visible(verdict.target) or _NO_TARGET}
    case = ET.SubElement(suite, "testcase", names)
    findings = _findings(verdict, by_file)
    others = [each for each in findings if each.severity != "error"]
    if element := _element(verdict):
        _failure(case, element, verdict, findings)
    if others:
        ET.SubElement(case, "system-out").text = _lines(others)


def _failure(case: ET.Element, name: str, verdict: Verdict, findings: list[Finding]) -> None:
    """Write all findings into one element: of several, some services keep only one."""
    errors = [each for each in findings if each.severity == "error"]
    message = unknown_message(verdict)
    if verdict.verdict == "fail":
        more = f" And {len(errors) - 1} more." if len(errors) > 1 else ""
        message = (visible(errors[0].message) if errors else "The check failed.") + more
    attributes = {"message": message}
    if name != "skipped":  # which has no type
        attributes = {"type": verdict.verdict, "message": message}
    ET.SubElement(case, name, attributes).text = _lines(findings)


def _findings(verdict: Verdict, by_file: ByFile) -> list[Finding]:
    """List the findings of a file; its documents share them, as their lines differ."""
    found, targets = by_file.get(file_of(verdict, by_file), ()), {"", verdict.target}
    return [each for each in found if each.target in targets]


def _lines(findings: list[Finding]) -> str:
    return "\n".join(map(_line, findings))


def _line(finding: Finding) -> str:
    place = f"{finding.line}:{finding.column or 1}: " if finding.line else ""
    return f"{place}{finding.severity}[{finding.rule}] {visible(finding.message)}"
