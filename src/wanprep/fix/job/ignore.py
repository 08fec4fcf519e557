"""Write `# wanprep: ignore[rule]` where it covers a finding of a YAML job."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from wanprep.check.ignores import inline_ignores
from wanprep.config import NEVER_IGNORED
from wanprep.fix.job.text import Edit, apply_edits
from wanprep.job.model import parse_jobs

if TYPE_CHECKING:
    from collections.abc import Iterator

    from wanprep.fix.job.edits import Edits
    from wanprep.job.model import Job
    from wanprep.rules.finding import Finding

_IGNORED: Final = re.compile(r"#[ \t]*wanprep:[ \t]*ignore\[[^\]\r\n]*(?=\])")


def ignore_finding(job: Job, finding: Finding) -> Edits | None:
    """Edit the text of a job so that a finding is ignored; None where no comment can do that."""
    if job.document.syntax == "json" or finding.rule in NEVER_IGNORED or finding.line is None:
        return None
    source = job.document.source
    for edit in _possible_comments(job, finding.rule, finding.pointer, finding.line):
        text = apply_edits(source.text, [edit])
        read = parse_jobs(text, job.file, job.roles) if text is not None else None
        line = finding.line + (source.place(edit.start, edit.start).line <= finding.line) * (
            edit.text.count("\n")
        )
        for after in read.jobs if read else ():
            covers = inline_ignores(after).cover(finding.rule, finding.pointer, line)
            if after.number == job.number and after.raw == job.raw and covers:
                return [edit]
    return None


def _possible_comments(job: Job, rule: str, pointer: str, line: int) -> Iterator[Edit]:
    """List comments in the line, then above the entry: in the line they may be part of a text."""
    document, source = job.document, job.document.source
    text = source.line_text(line)
    start = source.offset(line, 1)
    if before := _IGNORED.search(text):
        yield Edit(start + before.end(), start + before.end(), f", {rule}")
    end = start + len(text.rstrip())
    yield Edit(end, end, f"  # wanprep: ignore[{rule}]")
    place = document.key_place(pointer)
    above = source.line_text(place.line)
    indent = above[: len(above) - len(above.lstrip())]
    start = source.offset(place.line, 1)
    line_break = "\r\n" if "\r\n" in source.text else "\n"
    yield Edit(start, start, f"{indent}# wanprep: ignore[{rule}]{line_break}")
