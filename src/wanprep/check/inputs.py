"""What to check, and everything that is read and probed for it."""

from __future__ import annotations

import fnmatch
import os
import sys
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from wanprep.check.paths import find_subjects
from wanprep.config import Config
from wanprep.errors import UsageError
from wanprep.media import probe_many
from wanprep.media.facts import Facts, is_url, unreadable_facts, usual_kind
from wanprep.rules.target import DEFAULT_TARGET, all_targets, choose_targets, target_problem

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    from wanprep.check.paths import Subjects
    from wanprep.job.model import Asset, Job, JobFile
    from wanprep.job.shape import Problem
    from wanprep.rules.intent import Intent
    from wanprep.rules.target import Target

ROLES: Final = ("reference_image", "reference_video", "first_frame", "voice")
_ROLES: Final = {"image": "reference_image", "video": "reference_video", "audio": "voice"}
_LEFT_OUT: Final = "{:,} more jobs that may use what changed; check their folders to see them all."


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckRequest:
    """What to check, for which targets, and how thoroughly."""

    paths: tuple[str, ...]
    targets: tuple[str, ...] = ()
    roles: Mapping[str, str] = field(default_factory=dict)
    deep: bool = False
    offline: bool = False
    cache: bool = True
    nul: bool = False
    changed: bool = False  # the paths are the changed files that a hook is given
    workers: int | None = None
    target_folders: tuple[Path, ...] = ()
    config: Config = field(default_factory=Config)


@dataclass(frozen=True, slots=True)
class Case:
    """One job to check."""

    job: Job
    intent: Intent
    targets: tuple[Target, ...]
    native: Target | None  # whose request body it is, when it is written as one


@dataclass(frozen=True, slots=True)
class Inputs:
    """Everything that a check has read and probed."""

    request: CheckRequest
    files: tuple[JobFile, ...]
    cases: tuple[tuple[Case, ...], ...]  # of each file
    problems: tuple[tuple[Problem, ...], ...]  # with the targets of each file
    media: tuple[str, ...]  # files that are checked by themselves
    media_targets: tuple[Target, ...]
    facts: Mapping[str, Facts]  # by path, or by the location of a job's asset
    notes: tuple[str, ...] = ()  # what was left out, for the report

    def role(self, path: str) -> str:
        """Return the role in which a bare media file is checked."""
        facts = self.facts.get(path) or unreadable_facts(path, "")
        return role_of(facts, self.request.roles, self.request.config)

    def paths(self) -> Iterator[str]:
        """List every file that was read: jobs, media, and the configuration."""
        yield from (file.file for file in self.files)
        yield from (path for path in self.facts if not is_url(path))
        if self.request.config.file:
            yield str(self.request.config.file)


def role_of(facts: Facts, roles: Mapping[str, str], config: Config) -> str:
    """Return the role that a glob gives a bare file, else that of its kind."""
    for pattern, role in roles.items():
        if any(
            fnmatch.fnmatch(name, pattern) for name in (facts.path, os.path.basename(facts.path))
        ):
            return role
    if configured := config.role_of(facts.path):
        return configured
    kind = facts.kind if facts.kind != "other" else usual_kind(facts.extension_format or "")
    return _ROLES.get(kind, "reference_image")


def targets_of(
    request: CheckRequest,
) -> tuple[list[Target], Mapping[str, Target], list[Target]]:
    """Load the targets that are requested, all, and those for what names none."""
    config = request.config
    targets = all_targets((*request.target_folders, *config.target_folders))
    requested = choose_targets(request.targets, targets)
    place = f"the configuration {config.file}: `targets`: "
    default = choose_targets(config.targets or [DEFAULT_TARGET], targets, place)
    return requested, targets, default


def read_inputs(request: CheckRequest) -> Inputs:
    """Read the jobs and probe the media behind some paths."""
    requested, targets, default = targets_of(request)
    found = _find(request, {name.partition("/")[0] for name in targets})
    files = [_read(path) for path in found.jobs]
    read = [(file, *read_cases(file, requested, targets, default)) for file in files]
    if found.candidates:
        from wanprep.check.git import unaffected_jobs

        # Leave out the jobs that only seemed to use what changed.
        paths = {file.file: _paths([cases]) for file, cases, _ in read}
        unaffected = unaffected_jobs(found, paths)
        read = [each for each in read if each[0].file not in unaffected]
    cases = tuple(of_file for _, of_file, _ in read)
    used = _paths(cases)
    unread = {facts.path: facts for facts in found.unread}
    media = [*found.standalone(used), *unread]
    urls = {path: url_asset(path) for path in media if is_url(path)}
    urls |= {asset.location: asset for asset in _assets(cases, "url")}
    return Inputs(
        request=request,
        files=tuple(file for file, _, _ in read),
        cases=cases,
        problems=tuple(problems for _, _, problems in read),
        media=tuple(media),
        media_targets=tuple(requested or default),
        facts=_probe([*(unread.get(path, path) for path in media), *used], request)
        | _probe_urls(urls, request),
        notes=(_LEFT_OUT.format(found.left_out),) if found.left_out else (),
    )


def _find(request: CheckRequest, providers: set[str]) -> Subjects:
    if request.changed:
        from wanprep.check.git import changed_subjects

        return changed_subjects(request.paths, providers, sys.stdin.buffer, nul=request.nul)
    found = find_subjects(request.paths, providers, sys.stdin.buffer, nul=request.nul)
    if not (found.jobs or found.media or found.unread):
        raise UsageError(
            "there is nothing to check: no job and no media file in the given paths. Name some, or"
            " write a first job with `wanprep init`."
        )
    return found


def _read(path: str) -> JobFile:
    from wanprep.job.model import read_jobs

    return read_jobs(path)


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
        own = [targets[name] for name in job.targets if not target_problem(name, targets)]
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


def _paths(cases: Iterable[Iterable[Case]]) -> list[str]:
    return [asset.location for asset in _assets(cases, "file")]


def _assets(cases: Iterable[Iterable[Case]], kind: str) -> Iterator[Asset]:
    for of_file in cases:
        for case in of_file:
            yield from (asset for asset in case.intent.assets if asset.kind == kind)


def _probe(paths: Iterable[str | Facts], request: CheckRequest) -> dict[str, Facts]:
    unique = dict.fromkeys(path for path in paths if isinstance(path, Facts) or not is_url(path))
    probed = probe_many(unique, deep=request.deep, cache=request.cache, workers=request.workers)
    return {facts.path: facts for facts in probed}


def _probe_urls(urls: Mapping[str, Asset], request: CheckRequest) -> dict[str, Facts]:
    """Probe URLs by their headers and ranges only, but for --deep."""
    if not urls or request.offline:
        return {}
    from wanprep.check.urls import is_public
    from wanprep.media.workers import probe_urls
    from wanprep.net.reach import allowed_hosts, is_allowed_url

    own = request.config.allow_hosts
    hosts = allowed_hosts(os.environ, own)
    reachable = [
        url for url, asset in urls.items() if is_public(asset) or is_allowed_url(url, hosts)
    ]
    probed = probe_urls(reachable, deep=request.deep, cache=request.cache, allow_hosts=own)
    return {facts.path: facts for facts in probed}


def url_asset(url: str) -> Asset:
    """Make an asset of a URL that is checked by itself."""
    from wanprep.job.model import Asset

    return Asset("reference_image", url, "", "url", url)
