"""JUnit's XML: jobs and media files as test cases, which every CI service can show."""

from __future__ import annotations

from collections import Counter
from contextlib import ExitStack
from dataclasses import field
from typing import TYPE_CHECKING, Final
from xml.etree import ElementTree as ET

from wanprep.dataclass import dataclass
from wanprep.files.spool import Spool
from wanprep.report.annotations import file_of, unknown_message
from wanprep.text import visible

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from wanprep.check.result import Report
    from wanprep.report import Style
    from wanprep.rules.finding import Finding, Verdict

    ByFile = Mapping[str, list[Finding]]

# Unknown must not look like a pass, and some services show skipped cases as passed.
_ELEMENTS: Final = {"fail": "failure", "unknown": "error"}
_NO_TARGET: Final = "wanprep"  # for a job that cannot be read


def render(parts: Iterable[Report], style: Style) -> Iterator[str]:  # noqa: ARG001 - the same for all
    """Write a suite for each target, with a case for each job and each bare media file."""
    with ExitStack() as stack:
        suites: dict[str, _Suite] = {}
        for part in parts:
            by_file: dict[str, list[Finding]] = {}
            for finding in part.findings:
                by_file.setdefault(finding.file, []).append(finding)
            for verdict in part.verdicts:
                if verdict.target not in suites:
                    suites[verdict.target] = _Suite(stack.enter_context(Spool()))
                suites[verdict.target].add(verdict, by_file)
        yield '<?xml version="1.0" encoding="UTF-8"?>\n'
        counts = _attributes(sum((each.counts for each in suites.values()), Counter()))
        del counts["skipped"]
        yield _tag("testsuites", {"name": "wanprep"} | counts, is_empty=not suites)
        for target, suite in sorted(suites.items()):
            names = {"name": visible(target) or _NO_TARGET}
            yield "  " + _tag("testsuite", names | _attributes(suite.counts))
            yield from suite.cases.texts()
            yield "  </testsuite>\n"
        if suites:
            yield "</testsuites>\n"


@dataclass(slots=True)
class _Suite:
    """The cases of a target, whose counts stand before them."""

    cases: Spool
    counts: Counter[str | None] = field(default_factory=Counter)

    def add(self, verdict: Verdict, by_file: ByFile) -> None:
        self.counts.update(["tests", _element(verdict)])
        case = _case(verdict, by_file)
        ET.indent(case, level=2)
        self.cases.write_text(f"    {_ascii(case)}\n")


def _attributes(counts: Counter[str | None]) -> dict[str, str]:
    elements = {"tests": "tests", "failures": "failure", "errors": "error", "skipped": "skipped"}
    return {name: str(counts[element]) for name, element in elements.items()}


def _tag(name: str, attributes: dict[str, str], *, is_empty: bool = False) -> str:
    """Open an element."""
    text = _ascii(ET.Element(name, attributes))
    return text + "\n" if is_empty else text.removesuffix(" />") + ">\n"


def _ascii(element: ET.Element) -> str:
    """Write an element with character references beyond ASCII: correct in any encoding."""
    data: bytes = ET.tostring(element, encoding="us-ascii", xml_declaration=False)
    return data.decode()


def _element(verdict: Verdict) -> str | None:
    return "skipped" if verdict.excused else _ELEMENTS.get(verdict.verdict)


def _case(verdict: Verdict, by_file: ByFile) -> ET.Element:
    names = {"name": visible(verdict.subject), "classname": visible(verdict.target) or _NO_TARGET}
    case = ET.Element("testcase", names)
    findings = _findings(verdict, by_file)
    others = [each for each in findings if each.severity != "error"]
    if element := _element(verdict):
        _failure(case, element, verdict, findings)
    if others:
        ET.SubElement(case, "system-out").text = _lines(others)
    return case


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
