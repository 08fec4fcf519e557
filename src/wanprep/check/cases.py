"""From job files to cases: one job, what it means, and the targets it is held against."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from wanprep.judge.body import meant_by_body
from wanprep.judge.finding import Finding
from wanprep.judge.meant import Meant, meant_by
from wanprep.judge.message import sentence
from wanprep.judge.target import unknown_target

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from wanprep.job.model import Job, JobFile
    from wanprep.judge.target import Target


@dataclass(frozen=True, slots=True)
class Case:
    """One job to judge."""

    job: Job
    meant: Meant
    targets: tuple[Target, ...]
    native: Target | None  # whose body it is, when it is written as one


def cases(
    file: JobFile, asked: Sequence[Target], known: Mapping[str, Target], default: Sequence[Target]
) -> tuple[list[Case], list[Finding]]:
    """Say what each job means; one that names a target which does not exist is a finding."""
    found: list[Case] = []
    wrong: list[Finding] = []
    for job in file.jobs:
        wrong += _unknown_targets(job, known)
        own = [known[name] for name in job.targets if name in known]
        targets = tuple(asked or own or ([] if job.targets else default))
        native = own[0] if own else asked[0] if asked else None
        if job.body is None:
            found.append(Case(job, meant_by(job), targets, None))
        elif native and "fields" in native.data and native.request is not None:
            found.append(Case(job, meant_by_body(job, native), targets, native))
        elif not job.targets or native:
            wrong.append(_nobodys_body(job, native))
    return found, wrong


def _unknown_targets(job: Job, known: Mapping[str, Target]) -> Iterator[Finding]:
    for name, pointer in job.targets.items():
        if name not in known:
            yield _finding(job, "target-unknown", unknown_target(name, known), pointer)


def _nobodys_body(job: Job, target: Target | None) -> Finding:
    message = "A job with a `body` needs a `target:`, so that it is known whose body it is."
    if target:
        message = f"No provider's request body is that of {target.id}. Name the provider's target."
    return _finding(job, "job-invalid", message, "/body")


def _finding(job: Job, rule: str, message: str, pointer: str) -> Finding:
    place = job.document.place(pointer)
    return Finding(
        rule=rule,
        severity="error",
        message=sentence(message),
        target="",
        file=job.file,
        line=place.line,
        column=place.column,
        end_column=place.end_column if place.end_line == place.line else None,
        pointer=pointer,
    )
