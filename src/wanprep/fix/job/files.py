"""Write the jobs anew: what was wrong in them, and the new names of what they use."""

from __future__ import annotations

import codecs
import os
from typing import TYPE_CHECKING

from wanprep.fix.deliver import copy, told, write_text
from wanprep.fix.executors import sha256
from wanprep.fix.job.fix_job import fix_job
from wanprep.fix.outcome import Fixed, FixedFile, Kept

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from wanprep.check.inputs import Case
    from wanprep.fix.job.changes import FixedJob
    from wanprep.fix.outcome import Outcome
    from wanprep.fix.task import Prepared, Task, Wanted
    from wanprep.job.model import JobFile

Moved = dict[tuple[int, str], str]  # number of a document and pointer in it: the new path


def fix_jobs(task: Task, prepared: Prepared, outcomes: Sequence[Outcome]) -> list[FixedFile]:
    """Fix every job file and put it in its place."""
    ends = {id(each.wanted): _end(each) for each in outcomes}
    planned = planned_jobs(task, prepared, ends)
    return [_written(task, file, result, fixed) for file, result, fixed in planned]


def _end(outcome: Outcome) -> str:
    """Tell where a file is in the end: what was not fixed stays where it was."""
    return outcome.result if isinstance(outcome, Fixed | Kept) else outcome.wanted.path


def planned_jobs(
    task: Task, prepared: Prepared, ends: Mapping[int, str]
) -> Iterator[tuple[JobFile, str, FixedJob]]:
    """Tell where each job file goes, and how it reads with its media where they end."""
    seen = prepared.seen
    for file, cases in zip(seen.files, seen.cases, strict=True):
        if not prepared.places.is_result(file.file):
            result = prepared.places.place(file.file)
            moved = _moved(file, result, [each.wanted for each in prepared.files], ends)
            yield file, result, _fixed(task, file, cases, moved)


def _fixed(task: Task, file: JobFile, cases: Sequence[Case], moved: Moved) -> FixedJob:
    ignored = task.question.config.ignored_rules(file.file)
    return fix_job(file, cases, options=task.options, moved=moved, ignored=ignored)


def _moved(file: JobFile, result: str, wanted: Iterable[Wanted], ends: Mapping[int, str]) -> Moved:
    """Find the paths in a job that lead elsewhere now."""
    folder, moved = os.path.dirname(os.path.abspath(result)), Moved()
    for each in wanted:
        end = ends.get(id(each), each.path)
        for use in each.uses:
            leads_to = os.path.normpath(os.path.join(folder, use.asset.written))
            named_here = use.job.file == file.file and os.path.lexists(each.path)
            if named_here and leads_to != os.path.abspath(end):
                new = os.path.relpath(os.path.abspath(end), folder).replace(os.sep, "/")
                moved[use.job.number, use.asset.pointer] = new
    return moved


def _written(task: Task, file: JobFile, result: str, fixed: FixedJob) -> FixedFile:
    before = sha256(file.file)
    ours = task.earlier.wrote(result)
    if fixed.text != file.source.text:
        final = os.path.realpath(result) if task.out is None else result
        text = _mark_of(file.file) + fixed.text.encode()
        write_text(text, final, like=file.file, over=task.out is None or ours)
    elif task.out is not None:
        copy(file.file, result, over=ours)
    return FixedFile(file, result, fixed, {"before": before, "after": sha256(result)})


def _mark_of(path: str) -> bytes:
    """Keep the mark with which some editors begin a file."""
    with told(path), open(path, "rb") as file:
        start = file.read(3)
    return start if start == codecs.BOM_UTF8 else b""
