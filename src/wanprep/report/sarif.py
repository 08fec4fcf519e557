"""SARIF 2.1.0, the OASIS standard that GitHub code scanning and editors read."""

from __future__ import annotations

import json
import os
import re
from itertools import chain, groupby
from operator import attrgetter
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote

import wanprep
from wanprep.check.git import path_in_repository
from wanprep.check.result import Totals
from wanprep.report.annotations import RANK, annotate, file_of, unknown_message
from wanprep.rules.finding import rules
from wanprep.text import visible

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from wanprep.check.result import Report
    from wanprep.report import Style
    from wanprep.report.annotations import Annotation
    from wanprep.rules.finding import Finding

_SCHEMA: Final = (
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
)
_ROOT: Final = "%SRCROOT%"
_by_rule: Final = attrgetter("rule")
_MOST: Final = 25_000  # GitHub refuses a file with more results, and shows the first 5,000


def render(parts: Iterable[Report], style: Style) -> Iterator[str]:  # noqa: ARG001 - the same for all
    """Write one run with all targets, the errors first."""
    log = {"$schema": _SCHEMA, "version": "2.1.0", "runs": [_run(parts)]}
    yield json.dumps(log, indent=2)
    yield "\n"


def _run(parts: Iterable[Report]) -> dict[str, Any]:
    totals = Totals()
    kept: dict[str, list[Finding]] = {severity: [] for severity in RANK}
    unknown: list[dict[str, Any]] = []
    for part in totals.count(parts):
        for finding in part.findings:
            if len(kept[finding.severity]) < _MOST:
                kept[finding.severity].append(finding)
        unknown += _unknown(part)
    shown = annotate(chain.from_iterable(kept.values()), totals.targets)[:_MOST]
    dropped = totals.severities.total() - len(shown)
    findings = sorted((each.finding for each in shown), key=_by_rule)
    by_rule = {rule: list(group) for rule, group in groupby(findings, key=_by_rule)}
    indexes = {rule: index for index, rule in enumerate(by_rule)}
    driver = {
        "name": "wanprep",
        "version": wanprep.__version__,
        "semanticVersion": wanprep.__version__,
        "informationUri": "https://wanprep.dev/",
        "rules": [_rule(rule, findings) for rule, findings in by_rule.items()],
    }
    return {
        "tool": {"driver": driver},
        "columnKind": "unicodeCodePoints",
        # No URI: the root differs between machines, and the report must not.
        "originalUriBaseIds": {_ROOT: {"description": {"text": "The root of the repository."}}},
        "invocations": [
            {
                "executionSuccessful": True,
                "toolExecutionNotifications": [*unknown, *_dropped(dropped)],
            }
        ],
        "results": [_result(each, indexes[each.finding.rule]) for each in shown],
    }


def _rule(name: str, findings: Sequence[Finding]) -> dict[str, Any]:
    """Describe a rule; its findings come with the worst first."""
    rule = rules()[name]
    fix = " ".join(filter(None, (rule.by_hand, rule.fix)))
    sources = sorted({_source(each) for each in findings if each.source})
    return {
        "id": name,
        "name": "".join(word.capitalize() for word in re.split(r"[-/]", name)),
        "shortDescription": {"text": f"{rule.title}."},
        "fullDescription": {"text": rule.why},
        "help": {
            "text": "\n\n".join((rule.why, fix, *_cited(sources))),
            "markdown": "\n\n".join((rule.why, f"**What to do:** {fix}", *_linked(sources))),
        },
        "defaultConfiguration": {"level": findings[0].severity},
        "properties": {
            "tags": [
                "media" if findings[0].asset else "job",
                *(["fixable"] if any(each.fixable for each in findings) else []),
            ]
        },
    }


def _source(finding: Finding) -> tuple[str, ...]:
    words = (finding.target, *(finding.source.get(key, "") for key in ("says", "doc", "checked")))
    return tuple(visible(word) for word in words)


def _cited(sources: Sequence[tuple[str, ...]]) -> Iterator[str]:
    for target, says, doc, checked in sources:
        yield f"{target}: {says} ({doc}, read on {checked})"


def _linked(sources: Sequence[tuple[str, ...]]) -> Iterator[str]:
    if sources:
        yield "**Sources:**"
        yield "\n".join(
            f"- {_plain(target)}: {_plain(says)} ([read on {checked}](<{doc}>))"
            for target, says, doc, checked in sources
        )


def _plain(text: str) -> str:
    """Escape what Markdown would interpret."""
    return re.sub(r"([\\`*_\[\]<>])", r"\\\1", text)


def _result(annotation: Annotation, index: int) -> dict[str, Any]:
    finding = annotation.finding
    properties = {
        name: getattr(finding, name) for name in ("target", "found", "allowed", "fixable", "fix")
    }
    properties |= {
        "pointer": finding.pointer,
        "asset": finding.asset,
        "source": dict(finding.source),
    }
    return {
        "ruleId": finding.rule,
        "ruleIndex": index,
        "level": finding.severity,
        "message": {"text": _literal(annotation.message)},
        "locations": [_location(annotation.path, _region(finding))],
        # GitHub's upload adds primaryLocationLineHash, a hash of the line's words, by itself,
        # and complains about any other.
        "partialFingerprints": {"wanprep/v1": annotation.fingerprint},
        "properties": _visible(
            {name: each for name, each in properties.items() if each is not None}
        ),
    }


def _literal(text: str) -> str:
    """Keep a file that is named [like](this) from becoming a link."""
    return text.replace("[", "\\[").replace("]", "\\]") if "](" in text else text


def _location(path: str, region: dict[str, int]) -> dict[str, Any]:
    uri = quote(os.fsencode(path))
    artifact = {"uri": uri, "uriBaseId": _ROOT}
    if os.path.isabs(path):
        artifact = {"uri": f"file://{uri}"}
    return {"physicalLocation": {"artifactLocation": artifact, "region": region}}


def _region(finding: Finding) -> dict[str, int]:
    # GitHub shows no result without a line, not even for an image.
    region = {"startLine": finding.line or 1}
    if finding.line and finding.column:
        region["startColumn"] = finding.column
        if finding.end_column:
            region |= {"endLine": finding.line, "endColumn": finding.end_column}
    return region


def _unknown(part: Report) -> Iterator[dict[str, Any]]:
    """Notify of what could not be checked."""
    names = {each.file for each in part.findings}
    for each in part.verdicts:
        if each.verdict == "unknown":
            path = path_in_repository(file_of(each, names))
            yield {
                "level": "note" if each.excused else "error",
                "message": {"text": _literal(unknown_message(each))},
                "locations": [_location(path, {"startLine": 1})],
            }


def _dropped(count: int) -> Iterator[dict[str, Any]]:
    if count:
        text = f"{count} more findings are left out: GitHub accepts at most {_MOST}."
        yield {"level": "warning", "message": {"text": text}}


def _visible(value: Any) -> Any:  # noqa: ANN401 - whatever JSON can hold
    """Make control characters visible, at any depth."""
    match value:
        case str():
            return visible(value)
        case dict():
            return {visible(str(name)): _visible(each) for name, each in value.items()}
        case list() | tuple():
            return [_visible(each) for each in value]
        case _:
            return value
