"""The request to fix files, the media files it concerns, the plan for each, and the outcomes."""

from __future__ import annotations

import os
from dataclasses import field
from typing import TYPE_CHECKING

from wanprep.check.ignores import inline_ignores
from wanprep.dataclass import dataclass
from wanprep.fix.plan.plan import Options, TargetRole
from wanprep.media.facts import UNSAFE, absolute_path, unreadable_facts

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from wanprep.check.ignores import Ignores
    from wanprep.check.inputs import Case, Inputs
    from wanprep.check.request import CheckRequest
    from wanprep.fix.deliver import ResultPaths
    from wanprep.fix.job.changes import FixedJob
    from wanprep.fix.output import Destination
    from wanprep.fix.plan.plan import Output, Plan
    from wanprep.fix.plan_file import PlannedFile
    from wanprep.fix.verify import Verification
    from wanprep.job.model import Asset, Job, JobFile
    from wanprep.media.facts import Facts
    from wanprep.rules.finding import Finding


@dataclass(frozen=True, slots=True, kw_only=True)
class FixRequest:
    """What is to be fixed, how, and where the results go."""

    check: CheckRequest  # which files, and for which targets
    output: Destination
    ignored: frozenset[str] = frozenset()  # rules that are no reason to change anything
    options: Options = field(default_factory=Options)
    out: str | None = None  # a folder, or below which prefix of a bucket; None: in place
    backup: bool = True  # in place, keep what is replaced with loss and not in git


Stamp = tuple[int, int, int]


@dataclass(frozen=True, slots=True)
class JobUse:
    """One place in a job that names a media file."""

    job: Job
    asset: Asset


@dataclass(slots=True, kw_only=True)
class MediaFile:
    """A media file, with everything that it is used for."""

    path: str
    facts: Facts
    roles: list[TargetRole] = field(default_factory=list)
    ignored: set[str] = field(default_factory=set)  # rules
    uses: list[JobUse] = field(default_factory=list)


def stamp_of(path: str) -> Stamp:
    """Return what changes when a file is saved; raise OSError if there is none."""
    status = os.stat(path)
    return (status.st_mtime_ns, status.st_size, status.st_ino)


@dataclass(frozen=True, slots=True)
class PlannedRun:
    """Everything that a run will do."""

    inputs: Inputs
    paths: ResultPaths
    files: tuple[PlannedFile, ...]

    @property
    def results(self) -> dict[str, str]:
        """Where each file would be, by its path, if all goes well."""
        return {each.media.path: each.result_path for each in self.files}


def media_files(inputs: Inputs) -> list[MediaFile]:
    """List every file once, however many jobs name it and however its path is written."""
    config, files = inputs.request.config, dict[str, MediaFile]()

    def file_at(path: str) -> MediaFile:
        # A URL may not have been requested.
        facts = inputs.facts.get(path) or unreadable_facts(path, f"{UNSAFE}: only files are fixed")
        file = MediaFile(path=path, facts=facts)
        return files.setdefault(absolute_path(path), file)

    for path in inputs.media:
        file = file_at(path)
        file.ignored |= config.ignored_rules(path)
        targets = inputs.media_targets
        file.roles += (TargetRole(target, inputs.role(path, target)) for target in targets)
    for case, asset in _file_assets(inputs):
        file = file_at(asset.location)
        file.uses.append(JobUse(case.job, asset))
        file.ignored |= config.ignored_rules(case.job.file, asset.written)
        # Where a target takes no such asset, the job must change and not the file.
        file.roles += (
            TargetRole(target, asset.role) for target in case.targets if target.has_role(asset.role)
        )
    ignores = {id(case.job): inline_ignores(case.job) for case in inputs.cases}  # once for each job
    for place, file in files.items():
        others = inputs.uses.get(place, ())
        for use in others:
            file.ignored |= use.ignored
            file.roles += (
                TargetRole(target, use.role) for target in use.targets if target.has_role(use.role)
            )
        if file.path not in inputs.media:
            accepted = [set(use.accepted) for use in others]
            file.ignored |= _ignored_by_comments(file.uses, ignores, accepted)
        file.roles = list({(each.target.id, each.role): each for each in file.roles}.values())
    return list(files.values())


def _file_assets(inputs: Inputs) -> Iterator[tuple[Case, Asset]]:
    for case in inputs.cases:
        for asset in case.intent.assets:
            is_read = asset.kind == "object" and asset.location in inputs.facts
            if is_read or asset.kind == "file":
                yield case, asset


def _ignored_by_comments(
    uses: list[JobUse], ignores: Mapping[int, Ignores], ignored: list[set[str]]
) -> set[str]:
    """List the rules that a comment ignores wherever the file is used, also elsewhere."""
    for use in uses:
        line = use.job.document.place(use.asset.pointer).line
        ignored.append(ignores[id(use.job)].rules_at(use.asset.pointer, line))
    return set.intersection(*ignored)


@dataclass(frozen=True, slots=True, kw_only=True)
class Fixed:
    """Fixed, verified and delivered."""

    media: MediaFile
    plan: Plan
    result: str
    output: Output
    verification: Verification
    hashes: Mapping[str, str]  # before, after
    backup: str = ""  # where the original is, if it was kept
    is_earlier: bool = False  # by an earlier run, whose result is kept


@dataclass(frozen=True, slots=True)
class Unchanged:
    """Left as it is, or copied to the results."""

    media: MediaFile
    result: str
    hash: str  # empty if there is no such file
    remaining: tuple[Finding, ...]  # what only a person can fix


@dataclass(frozen=True, slots=True)
class NotFixed:
    """Not fixed, and why; nothing was written."""

    media: MediaFile
    reasons: tuple[str, ...]
    is_undelivered: bool = False  # it was fixed, and could not be written to its place


Outcome = Fixed | Unchanged | NotFixed


@dataclass(frozen=True, slots=True)
class FixedFile:
    """A job file, changed or not, in its place."""

    file: JobFile  # as it was read
    result: str
    fixed: FixedJob
    hashes: Mapping[str, str]  # before, after
    problem: str = ""  # why it was not written
    is_earlier: bool = False  # the result of an earlier run is the same, and is kept


@dataclass(frozen=True, slots=True)
class Outcomes:
    """The outcome of a whole run."""

    assets: tuple[Outcome, ...]
    jobs: tuple[FixedFile, ...] = ()
    is_interrupted: bool = False

    @property
    def all_delivered(self) -> bool:
        """Whether everything that was fixed could be written to its place."""
        undelivered = (isinstance(each, NotFixed) and each.is_undelivered for each in self.assets)
        return not (any(undelivered) or any(job.problem for job in self.jobs))

    @property
    def has_changes(self) -> bool:
        """Whether any file was changed by this run."""
        fixed = any(isinstance(each, Fixed) and not each.is_earlier for each in self.assets)
        jobs = (job for job in self.jobs if not job.is_earlier)
        return fixed or any(len(set(job.hashes.values())) > 1 for job in jobs)


def result_of(outcome: Outcome) -> str:
    """Return where a file is after the run: what was not fixed stays where it was."""
    return outcome.media.path if isinstance(outcome, NotFixed) else outcome.result
