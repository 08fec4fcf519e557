"""The request to fix files, the media files it concerns, and the plan for each."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from wanprep.check.ignores import inline_ignores
from wanprep.fix.output import FolderOutput
from wanprep.fix.plan.plan import Options, TargetRole
from wanprep.media.facts import UNSAFE, absolute_path, unreadable_facts

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from wanprep.check.cases import Case
    from wanprep.check.ignores import Ignores
    from wanprep.check.inputs import Inputs
    from wanprep.check.request import CheckRequest
    from wanprep.fix.deliver import ResultPaths
    from wanprep.fix.output import Output
    from wanprep.fix.plan_file import PlannedFile
    from wanprep.job.model import Asset, Job
    from wanprep.media.facts import Facts


@dataclass(frozen=True, slots=True, kw_only=True)
class FixRequest:
    """What is to be fixed, how, and where the results go."""

    check: CheckRequest  # which files, and for which targets
    ignored: frozenset[str] = frozenset()  # rules that are no reason to change anything
    options: Options = field(default_factory=Options)
    out: str | None = None  # a folder, or below which prefix of a bucket; None: in place
    backup: bool = True  # in place, keep what is replaced with loss and not in git
    output: Output = field(default_factory=FolderOutput)


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
    jobs = [case.job for cases in inputs.cases for case in cases]
    ignores = {id(job): inline_ignores(job) for job in jobs}  # once for each job
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
    for cases in inputs.cases:
        for case in cases:
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
