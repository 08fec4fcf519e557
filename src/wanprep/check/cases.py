"""Job files become cases: jobs with the targets that each is checked for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wanprep.dataclass import dataclass
from wanprep.rules.target import target_problem

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from wanprep.check.paths import Subjects
    from wanprep.check.request import CheckRequest, Targets
    from wanprep.job.model import Asset, Job, JobFile
    from wanprep.job.roles import Roles
    from wanprep.job.shape import Problem
    from wanprep.rules.intent import Intent
    from wanprep.rules.target import Target


@dataclass(frozen=True, slots=True)
class Case:
    """One job to check."""

    job: Job
    intent: Intent
    targets: tuple[Target, ...]
    native: Target | None  # whose request body it is, when it is written as one


@dataclass(frozen=True, slots=True)
class ReadJobs:
    """The jobs of some files, and what is wrong with the targets that they name."""

    files: tuple[JobFile, ...] = ()
    cases: tuple[tuple[Case, ...], ...] = ()
    problems: tuple[tuple[Problem, ...], ...] = ()

    def assets(self, kind: str) -> Iterator[Asset]:
        """List what the jobs use: files or URLs."""
        for of_file in self.cases:
            for case in of_file:
                yield from (asset for asset in case.intent.assets if asset.kind == kind)

    def own(self, request: CheckRequest) -> ReadJobs:
        """Leave out the jobs that are checked elsewhere."""
        kept = [at for at, file in enumerate(self.files) if request.is_own(file.file)]
        return ReadJobs(
            files=tuple(self.files[at] for at in kept),
            cases=tuple(self.cases[at] for at in kept),
            problems=tuple(self.problems[at] for at in kept),
        )

    def paths(self) -> list[str]:
        """List the local files that the jobs use."""
        return [asset.location for asset in self.assets("file")]


def read_job_files(paths: Iterable[str], found: Subjects, targets: Targets) -> ReadJobs:
    """Read jobs, without those that only seemed to use what changed."""
    files = [_read(path, targets.every.roles, found.texts) for path in paths]
    read = [(file, *read_cases(file, *targets)) for file in files]
    if found.candidates:
        from wanprep.check.git import unaffected_jobs

        uses = {file.file: ReadJobs(cases=(cases,)).paths() for file, cases, _ in read}
        unaffected = unaffected_jobs(found, uses)
        read = [each for each in read if each[0].file not in unaffected]
    return ReadJobs(
        files=tuple(file for file, _, _ in read),
        cases=tuple(cases for _, cases, _ in read),
        problems=tuple(problems for _, _, problems in read),
    )


def _read(path: str, roles: Roles, texts: Mapping[str, str]) -> JobFile:
    from wanprep.job.model import parse_jobs, read_jobs

    return parse_jobs(texts[path], path, roles) if path in texts else read_jobs(path, roles)


def read_cases(
    file: JobFile,
    requested: Sequence[Target],
    targets: Mapping[str, Target],
    default: Sequence[Target],
) -> tuple[tuple[Case, ...], tuple[Problem, ...]]:
    """Find the targets of each job of a file, and what is wrong with those that it names."""
    from wanprep.rules.intent import intent_of

    cases: list[Case] = []
    problems: list[Problem] = []
    for job in file.jobs:
        problems += (
            _problem(job, "target-unknown", problem, pointer)
            for name, pointer in job.targets.items()
            if (problem := target_problem(name, targets))
        )
        named = (name for name in job.targets if not target_problem(name, targets))
        own = list(dict.fromkeys(targets[name] for name in named))
        chosen = tuple(requested or own or ([] if job.targets else default))
        native = next(iter([*own, *requested]), None)
        if job.body is None:
            cases.append(Case(job, intent_of(job), chosen, None))
        elif native and "fields" in native.data and native.request is not None:
            cases.append(Case(job, intent_of(job, native), chosen, native))
        elif native:
            message = f"{native.id} has no request body. Name the target of a provider."
            problems.append(_problem(job, "job-invalid", message, "/body"))
        elif not job.targets:
            message = "a job with a `body` needs a `target:` that names whose request it is"
            problems.append(_problem(job, "job-invalid", message, "/body"))
    return tuple(cases), tuple(problems)


def _problem(job: Job, rule: str, message: str, pointer: str) -> Problem:
    from wanprep.job.shape import Problem

    return Problem(rule, pointer, message, job.document.place(pointer))
