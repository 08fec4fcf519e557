"""Findings as CI services show them: the worst first, found in the repository, told apart."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING, Final

from wanprep.judge.finding import Finding
from wanprep.report.repository import path_in_repository
from wanprep.text import visible

if TYPE_CHECKING:
    from collections.abc import Iterable

    from wanprep.judge.finding import Verdict
    from wanprep.report.model import Report

_RANK: Final = {"error": 0, "warning": 1, "note": 2}


@dataclass(frozen=True, slots=True)
class Annotation:
    """A finding and how a service shows and remembers it."""

    finding: Finding
    text: str
    path: str  # from the root of the repository, or absolute where it lies outside
    fingerprint: str  # the same wherever the line moves to, and no other's in this report


def annotated(report: Report) -> list[Annotation]:
    """List the findings, worst first: services show the first ones and drop the rest."""
    return _annotate(report.findings, report)


def annotated_with_unknown(report: Report) -> list[Annotation]:
    """List the findings and what could not be judged, for services that know no other place."""
    unknown = (_unknown(each, report) for each in report.verdicts if each.verdict == "unknown")
    return _annotate((*report.findings, *unknown), report)


def _annotate(findings: Iterable[Finding], report: Report) -> list[Annotation]:
    seen: Counter[str] = Counter()
    told = []
    for finding in sorted(findings, key=lambda each: _RANK[each.severity]):
        path = path_in_repository(finding.file)
        parts = (finding.rule, finding.target, path, finding.pointer, finding.asset or "")
        key = "\0".join(parts)
        # A prompt may break one rule twice, and two documents of a file have equal pointers.
        number = f"\0{seen[key]}" if seen[key] else ""
        seen[key] += 1
        digest = sha256((key + number).encode(errors="surrogatepass")).hexdigest()
        told.append(Annotation(finding, sentence(finding, report), path, digest[:32]))
    return told


def sentence(finding: Finding, report: Report) -> str:
    """Say what was found, and for which target where there are several."""
    whom = f"{finding.target}: " if finding.target and len(report.targets) > 1 else ""
    return visible(whom + finding.message)


def file_of(verdict: Verdict, report: Report) -> str:
    """Name the file of a verdict, whose subject may be the second document of it: job.yaml#2."""
    if any(finding.file == verdict.subject for finding in report.findings):
        return verdict.subject
    return re.sub(r"#\d+\Z", "", verdict.subject)


def unknown_sentence(verdict: Verdict) -> str:
    """Say why nothing was found and all the same nothing is well."""
    return (
        f"Not everything in {visible(verdict.subject)} could be looked at, so nobody can say "
        "whether it fits. Check it again where all of it can be reached; --offline excuses "
        "addresses."
    )


def _unknown(verdict: Verdict, report: Report) -> Finding:
    return Finding(
        rule="unknown",
        severity="error",  # as in the exit status
        message=unknown_sentence(verdict),
        target=verdict.target,
        file=file_of(verdict, report),
        asset=verdict.subject,
    )
