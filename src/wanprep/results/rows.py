"""Rows: what results keep of an asset or a job, made of a part of a report and made one again."""

from __future__ import annotations

import os
from bisect import bisect
from dataclasses import fields
from typing import TYPE_CHECKING, Any, Final

from wanprep.check.pipeline import subject_of
from wanprep.check.result import Report, finding_json, redact_report
from wanprep.media.facts import Facts, is_url
from wanprep.net.secrets import redact_line, redact_url
from wanprep.rules.finding import Finding, Verdict
from wanprep.stores.stores import ListedUrl

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from wanprep.check.inputs import Inputs

Row = dict[str, Any]
# Bytes, and the time of the last change in nanoseconds; of an object in a store its etag.
Stamp = tuple[int, int | str]

_FIELDS: Final = frozenset(each.name for each in fields(Finding))


def rows_of(part: Report, stamps: Mapping[str, Stamp | None] | None = None) -> dict[str, Row]:
    """Make a row for each job, each asset of one, and each bare media file, without secrets.

    `stamps` are those of the files when they were opened; others are read now.
    """
    inputs = part.inputs
    assert inputs is not None  # noqa: S101 - a part of a check has what was read for it
    rows: dict[str, Row] = {}
    jobs = _jobs(inputs)

    def row_of(subject: str) -> Row:
        if subject not in rows:
            job, facts = jobs.get(subject), inputs.facts.get(subject)
            rows[subject] = _row(subject, job, facts, stamps or {})
        return rows[subject]

    for verdict in part.verdicts:
        row_of(verdict.subject)["verdicts"][verdict.target] = verdict.verdict
        if verdict.excused:
            row_of(verdict.subject)["excused"] = True
    begins = _begins(inputs)
    for finding, redacted in zip(part.findings, redact_report(part).findings, strict=True):
        text = part.lines.get((finding.file, finding.line or 0))
        row_of(_subject(finding, begins))["findings"].append(_finding(redacted, text))
    for path in inputs.facts:  # what a job uses: its findings are those of the job
        if path not in inputs.reported:
            row_of(path)
    return rows


def _jobs(inputs: Inputs) -> dict[str, str]:
    """Map each job to its file."""
    return {
        subject_of(file.file, number): file.file
        for file in inputs.files
        for number in range(1, max(1, file.documents) + 1)
    }


def _row(
    subject: str, job: str | None, facts: Facts | None, stamps: Mapping[str, Stamp | None]
) -> Row:
    row: Row = {"path": redact_url(subject)}
    if job is not None:
        row["job"] = job
    stamp = stamps[subject] if subject in stamps else stamp_of(job or subject)
    if stamp and not is_url(subject):
        row["bytes"], row["etag" if isinstance(stamp[1], str) else "mtime"] = stamp
    if facts:
        row["facts"] = {name: value for name, value in facts.as_json().items() if name != "path"}
    return row | {"verdicts": {}, "findings": []}


def stamp_of(path: str) -> Stamp | None:
    """Return what changes with a file, or with an object as it was listed."""
    if isinstance(path, ListedUrl):
        return (path.size, path.etag) if path.etag else None
    try:
        status = os.stat(path)
    except (OSError, ValueError):
        return None
    return status.st_size, status.st_mtime_ns


def _begins(inputs: Inputs) -> dict[str, tuple[list[int], list[str]]]:
    """Return the lines in which the jobs of each file begin, and what they are called."""
    found: dict[str, tuple[list[int], list[str]]] = {}
    for case in inputs.cases:
        lines, subjects = found.setdefault(case.job.file, ([], []))
        lines.append(case.job.document.place("").line)
        subjects.append(subject_of(case.job.file, case.job.number))
    return found


def _subject(finding: Finding, begins: Mapping[str, tuple[list[int], list[str]]]) -> str:
    """Return the job or file that a finding is about: the last that begins before it."""
    lines, subjects = begins.get(finding.file, ([], []))
    at = bisect(lines, finding.line or 0)
    return subjects[at - 1] if at else finding.file


def _finding(finding: Finding, text: str | None) -> Row:
    row = finding_json(finding)
    if finding.end_column:
        row["end_column"] = finding.end_column
    # A line that holds a secret is left out: without it the columns would be wrong.
    if text is not None and finding.column:
        end = (finding.end_column or finding.column + 1) - 1
        if redact_line(text, finding.column - 1, end)[0] == text:
            row["text"] = text
    return row


def part_of(
    rows: Sequence[Row], *, unchecked: Iterable[str] = (), inputs: Inputs | None = None
) -> Report:
    """Make a part of a report of some rows."""
    found = [each for row in rows for each in row["findings"]]
    targets = dict.fromkeys(target for row in rows for target in row["verdicts"])
    return Report(
        targets=tuple(filter(None, targets)),
        findings=tuple(map(_read_finding, found)),
        verdicts=tuple(
            Verdict(row["path"], target, verdict, bool(row.get("excused")) and verdict == "unknown")
            for row in rows
            for target, verdict in row["verdicts"].items()
        ),
        unchecked=tuple(unchecked),
        assets=sum("facts" in row for row in rows),
        jobs=sum("job" in row for row in rows),
        job_files=len({row["job"] for row in rows if "job" in row}),
        lines={(each["file"], each["line"]): each["text"] for each in found if "text" in each},
        inputs=inputs,
    )


def _read_finding(row: Row) -> Finding:
    return Finding(**{name: value for name, value in row.items() if name in _FIELDS})


def facts_of(row: Row) -> Facts:
    """Return the facts of a media file, as they were when the row was made."""
    return Facts.from_json({**row["facts"], "path": row["path"]})
