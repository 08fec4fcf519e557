"""Findings as GitHub and GitLab show them: the worst first, each with a fingerprint."""

from __future__ import annotations

import json
import re
from collections import Counter
from hashlib import sha256
from typing import TYPE_CHECKING, Any, Final

from wanprep.check.git import path_in_repository, utf8_path
from wanprep.check.result import Totals
from wanprep.dataclass import dataclass
from wanprep.rules.finding import Finding
from wanprep.text import visible

if TYPE_CHECKING:
    from collections.abc import Collection, Container, Iterable, Iterator

    from wanprep.check.result import Report
    from wanprep.report import Style
    from wanprep.rules.finding import Verdict

RANK: Final = {"error": 0, "warning": 1, "note": 2}
_GITHUB_COMMANDS: Final = {"error": "error", "warning": "warning", "note": "notice"}
_GITLAB_SEVERITIES: Final = {"error": "critical", "warning": "major", "note": "info"}


@dataclass(frozen=True, slots=True)
class Annotation:
    """A finding with what a service shows of it and remembers it by."""

    finding: Finding
    message: str
    path: str  # from the root of the repository, or absolute if it lies outside
    fingerprint: str  # unique in this report, and the same wherever the line moves to


def annotate(findings: Iterable[Finding], targets: Collection[str]) -> list[Annotation]:
    """List the findings, the worst first: services show the first ones and drop the rest."""
    counts: Counter[str] = Counter()
    annotations = []
    for finding in sorted(findings, key=lambda each: RANK[each.severity]):
        path = path_in_repository(finding.file)
        parts = (finding.rule, finding.target, path, finding.pointer, finding.asset or "")
        key = "\0".join(parts)
        # A prompt may break one rule twice, and two documents of a file have equal pointers.
        number = f"\0{counts[key]}" if counts[key] else ""
        counts[key] += 1
        digest = sha256((key + number).encode(errors="surrogatepass")).hexdigest()
        message = _message(finding, targets)
        annotations.append(Annotation(finding, message, path, digest[:32]))
    return annotations


def _message(finding: Finding, targets: Collection[str]) -> str:
    target = f"{finding.target}: " if finding.target and len(targets) > 1 else ""
    return visible(target + finding.message)


def _annotate_all(parts: Iterable[Report]) -> list[Annotation]:
    """Annotate what could not be checked, too: these services have no other place for it."""
    totals = Totals()
    findings: list[Finding] = []
    unknown: list[Finding] = []
    for part in totals.count(parts):
        findings += part.findings
        names = {each.file for each in part.findings}
        unknown += (_unknown(each, names) for each in part.verdicts if each.verdict == "unknown")
    return annotate([*findings, *unknown], totals.targets)


def file_of(verdict: Verdict, names: Container[str]) -> str:
    """Return the file of a verdict, whose subject may be a document in it: job.yaml#2.

    `names` are the files with findings: one of them may have such a name.
    """
    if verdict.subject in names:
        return verdict.subject
    return re.sub(r"#\d+\Z", "", verdict.subject)


def unknown_message(verdict: Verdict) -> str:
    """Explain a verdict of unknown, which has no findings."""
    if verdict.excused:
        return f"{visible(verdict.subject)}: its URLs were not checked (--offline)."
    return (
        f"{visible(verdict.subject)}: not everything could be checked. Check it again where all "
        "of it can be reached; --offline accepts URLs that were not checked."
    )


def _unknown(verdict: Verdict, names: Container[str]) -> Finding:
    return Finding(
        rule="unknown",
        severity="note" if verdict.excused else "error",  # as in the exit status
        message=unknown_message(verdict),
        target=verdict.target,
        file=file_of(verdict, names),
        asset=verdict.subject,
    )


def render_github(parts: Iterable[Report], style: Style) -> Iterator[str]:  # noqa: ARG001 - the same for all
    """Write a workflow command per finding; GitHub shows the first ten of each kind in a step."""
    for each in _annotate_all(parts):
        command = f"{_GITHUB_COMMANDS[each.finding.severity]} {_github_properties(each)}"
        yield f"::{command}::{_github_data(each.message)}\n"


def _github_properties(annotation: Annotation) -> str:
    finding = annotation.finding
    place = {"line": finding.line, "col": finding.column, "endColumn": finding.end_column}
    properties = {"file": utf8_path(annotation.path), **place, "title": finding.rule}
    return ",".join(
        f"{name}={_github_property(str(value))}"
        for name, value in properties.items()
        if value is not None
    )


# As in @actions/core: what could end a value or begin another command is escaped.
def _github_data(text: str) -> str:
    return visible(text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A"))


def _github_property(text: str) -> str:
    return _github_data(text).replace(":", "%3A").replace(",", "%2C")


def render_gitlab(parts: Iterable[Report], style: Style) -> Iterator[str]:  # noqa: ARG001 - the same for all
    """Write a Code Quality report; with an empty list GitLab marks all issues as fixed."""
    issues = [_gitlab_issue(each) for each in _annotate_all(parts)]
    yield f"{json.dumps(issues, indent=2)}\n"


def _gitlab_issue(annotation: Annotation) -> dict[str, Any]:
    finding = annotation.finding
    return {
        # GitLab does not always show the name of the check beside the description.
        "description": f"{finding.rule}: {annotation.message}",
        "check_name": finding.rule,
        "fingerprint": annotation.fingerprint,
        "severity": _GITLAB_SEVERITIES[finding.severity],
        "location": {
            "path": utf8_path(annotation.path),
            "lines": {"begin": finding.line or 1},  # required, even for images
        },
    }
