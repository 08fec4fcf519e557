"""Write job files with their fixes and the new paths of their media."""

from __future__ import annotations

import codecs
import os
from dataclasses import replace
from hashlib import sha256
from typing import TYPE_CHECKING

from wanprep.files.atomic import CannotWrite, explain_os_errors
from wanprep.fix.deliver import changed_message
from wanprep.fix.job.changes import FixedJob, PlannedJob
from wanprep.fix.request import FixedFile, result_of
from wanprep.media.facts import absolute_path, is_remote

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from wanprep.check.inputs import Case
    from wanprep.fix.receipt_file import ReceiptFile
    from wanprep.fix.request import FixRequest, MediaFile, Outcome, PlannedRun
    from wanprep.job.model import JobFile


Moved = dict[tuple[int, str], str]  # number of a document and pointer in it: the new path


def fix_jobs(
    request: FixRequest, run: PlannedRun, outcomes: Sequence[Outcome], record: ReceiptFile
) -> list[FixedFile]:
    """Fix every job file and put it in its place."""
    results = {each.media.path: result_of(each) for each in outcomes}
    planned = planned_jobs(request, run, results)
    return [_write(request, each, record) for each in planned]


def planned_jobs(
    request: FixRequest, run: PlannedRun, results: Mapping[str, str]
) -> Iterator[PlannedJob]:
    """Predict where each job file goes, and its text with its media in `results`, by path."""
    for file, cases, _ in run.inputs.jobs:
        if not run.paths.is_result(file.file):
            result = run.paths.assign(file.file)
            moved = _changed_paths(file, result, [each.media for each in run.files], results)
            yield PlannedJob(file, result, _fix(request, file, cases, moved))


def _fix(request: FixRequest, file: JobFile, cases: Sequence[Case], moved: Moved) -> FixedJob:
    from wanprep.fix.job.fix_job import fix_job

    ignored = request.check.config.ignored_rules(file.file)
    return fix_job(file, cases, options=request.options, moved=moved, ignored=ignored)


def _changed_paths(
    file: JobFile, result: str, media: Iterable[MediaFile], results: Mapping[str, str]
) -> Moved:
    """Find the paths in a job that have changed."""
    folder, moved = os.path.dirname(absolute_path(result)), Moved()
    for each in media:
        end = absolute_path(results.get(each.path, each.path))
        for use in each.uses:
            leads_to = use.asset.written
            if use.asset.kind == "file":
                leads_to = os.path.normpath(os.path.join(folder, leads_to))
            is_there = use.asset.kind == "object" or os.path.lexists(each.path)
            if use.job.file == file.file and is_there and leads_to != end:
                moved[use.job.number, use.asset.pointer] = _reference(end, folder)
    return moved


def _reference(path: str, folder: str) -> str:
    """Write a path into a job of a folder; a job in a bucket is to be usable anywhere."""
    if is_remote(path) or is_remote(folder):
        return path
    return os.path.relpath(path, folder).replace(os.sep, "/")


def _write(request: FixRequest, planned: PlannedJob, record: ReceiptFile) -> FixedFile:
    """Write a job, unless its file was saved since it was read."""
    file, fixed = planned.file, planned.fixed
    try:
        old, new = _contents(planned)
        hashes = {"before": sha256(old).hexdigest(), "after": sha256(new).hexdigest()}
        is_earlier = _is_written(request, planned.result, hashes["after"])
        outcome = FixedFile(file, planned.result, fixed, hashes, is_earlier=is_earlier)
        if not is_earlier:
            record.announce(outcome)
            _deliver(request, file.file, planned.result, old, new)
    except CannotWrite as error:
        left = FixedJob(text=file.source.text, questions=fixed.questions, remaining=fixed.remaining)
        outcome = FixedFile(file, file.file, left, {}, problem=str(error))
    record.add(outcome)
    return outcome


def with_earlier_job(request: FixRequest, planned: PlannedJob) -> PlannedJob:
    """Say of a job whether its result would be kept from an earlier run."""
    if planned.problem or request.out is None:
        return planned
    try:
        after = sha256(_contents(planned)[1]).hexdigest()
    except CannotWrite:  # it was saved or removed since it was read
        return planned
    return replace(planned, is_earlier=_is_written(request, planned.result, after))


def _contents(planned: PlannedJob) -> tuple[bytes, bytes]:
    """Return the bytes of a job file, and of its result."""
    file, fixed = planned.file, planned.fixed
    old, mark = _read_unchanged(file)
    return old, old if fixed.text == file.source.text else mark + fixed.text.encode()


def _is_written(request: FixRequest, result: str, after: str) -> bool:
    """Whether an earlier run has written the same to `--out`."""
    output = request.output
    return (
        request.out is not None and output.has_written(result) and output.has_result(result, after)
    )


def _read_unchanged(file: JobFile) -> tuple[bytes, bytes]:
    """Return the bytes of a job, and the mark with which some editors begin a file."""
    with explain_os_errors(file.file, "read"), open(file.file, "rb") as source:
        data = source.read()
    mark = codecs.BOM_UTF8 if data.startswith(codecs.BOM_UTF8) else b""
    if data.removeprefix(mark).decode("utf-8", "replace") != file.source.text:
        raise CannotWrite(changed_message(file.file))
    return data, mark


def _deliver(request: FixRequest, source: str, result: str, old: bytes, new: bytes) -> None:
    if new == old and request.out is not None:
        request.output.copy(source, result)
    elif new != old:
        final = os.path.realpath(result) if request.out is None else result
        with request.output.temporary_path(final) as part:
            with explain_os_errors(final), open(part, "xb") as file:
                file.write(new)
            request.output.deliver(part, final, like=source, overwrite=request.out is None)
