"""Read a file into jobs: its documents, validated and normalized."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from wanprep.job.documents.document import Broken, Document
from wanprep.job.documents.read_documents import read_documents
from wanprep.job.model import Job, JobFile, Problem, Reference
from wanprep.job.shape import normalize
from wanprep.pointers import below

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from wanprep.job.documents.read_documents import DocumentFile


def read_jobs(file: str) -> JobFile:
    """Read all jobs of a file. Never raises: what is wrong with them is listed beside them."""
    return jobs_in(file, read_documents(file))


def jobs_in(file: str, found: DocumentFile) -> JobFile:
    """Make jobs of a file's documents."""
    jobs: list[Job] = []
    problems: list[Problem] = []
    for number, document in enumerate(found.documents, start=1):
        match document:
            case Broken(place, message):
                problems.append(Problem("job-invalid", "", message, place))
            case Document():
                normal, wrong = normalize(document)
                problems.extend(wrong)
                if normal:
                    jobs.append(_job(file, number, normal, document))
    problems.sort(key=lambda problem: (problem.place.line, problem.place.column))
    return JobFile(file, found.source, tuple(jobs), tuple(problems))


def _job(file: str, number: int, normal: Document, written: Document) -> Job:
    value: Mapping[str, Any] = normal.value
    return Job(
        file=file,
        number=number,
        document=normal,
        raw=written.value,
        targets=_targets(value.get("target")),
        prompt=value.get("prompt"),
        negative_prompt=value.get("negative_prompt"),
        references=tuple(_references(value.get("references") or ())),
        first_frame=value.get("first_frame") or None,
        parameters=value.get("parameters") or {},
        body=value.get("body"),
    )


def _targets(target: str | list[str] | None) -> dict[str, str]:
    """List each target once, with the pointer to where it is named first."""
    if isinstance(target, str):
        return {target: "/target"} if target else {}
    places: dict[str, str] = {}
    for index, name in enumerate(target or ()):
        if name:
            places.setdefault(name, below("/target", index))
    return places


def _references(entries: Iterable[Mapping[str, str]]) -> Iterator[Reference]:
    for index, entry in enumerate(entries):
        kind: Literal["image", "video"] = "video" if "video" in entry else "image"
        voice = entry.get("voice") or None
        yield Reference(kind, entry.get(kind, ""), voice, below("/references", index))
