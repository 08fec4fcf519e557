"""What is asked of a check, and what there is to judge: read and probed, before a word is said."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from wanprep.check.subjects import role_of
from wanprep.config import Config
from wanprep.media.facts import unreadable_facts
from wanprep.rules.finding import Finding
from wanprep.rules.intent import Intent, intent_by, intent_by_body
from wanprep.rules.message import sentence
from wanprep.rules.target import unknown_target

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from wanprep.job.model import Job, JobFile
    from wanprep.media.facts import Facts
    from wanprep.rules.target import Target


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckRequest:
    """What is to be checked, for whom, and how closely."""

    paths: tuple[str, ...]
    targets: tuple[str, ...] = ()
    roles: Mapping[str, str] = field(default_factory=dict)
    deep: bool = False
    offline: bool = False
    cache: bool = True
    nul: bool = False
    changed: bool = False  # the paths are what changed, as a hook is handed it
    workers: int | None = None
    target_folders: tuple[Path, ...] = ()
    config: Config = field(default_factory=Config)


@dataclass(frozen=True, slots=True)
class Inputs:
    """Everything there is to judge, read and probed, before anything is said about it."""

    question: CheckRequest
    files: tuple[JobFile, ...]
    cases: tuple[tuple[Case, ...], ...]  # of each file
    wrong: tuple[tuple[Finding, ...], ...]  # in each file: targets that do not exist
    alone: tuple[str, ...]  # media to be judged by themselves
    bare: tuple[Target, ...]  # what these are judged for
    facts: Mapping[str, Facts]  # by path, or by the location of a job's asset
    notes: tuple[str, ...] = ()  # what was not looked at, and is to be said

    def role(self, path: str) -> str:
        """Tell what a bare media file is for."""
        facts = self.facts.get(path) or unreadable_facts(path, "")
        return role_of(facts, self.question.roles, self.question.config)


@dataclass(frozen=True, slots=True)
class Case:
    """One job to judge."""

    job: Job
    intent: Intent
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
            found.append(Case(job, intent_by(job), targets, None))
        elif native and "fields" in native.data and native.request is not None:
            found.append(Case(job, intent_by_body(job, native), targets, native))
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
