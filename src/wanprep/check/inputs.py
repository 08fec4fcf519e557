"""What to check, and everything that is read and probed for it."""

from __future__ import annotations

import fnmatch
import os
import sys
from dataclasses import dataclass, field, replace
from datetime import date
from functools import partial
from itertools import chain
from typing import TYPE_CHECKING, Final, NamedTuple

from wanprep.check.exclude import Exclusions
from wanprep.check.paths import find_subjects, has_job_suffix
from wanprep.config import Config
from wanprep.errors import UsageError
from wanprep.job.roles import common_roles
from wanprep.media.facts import (
    NOT_READ,
    Facts,
    is_remote,
    is_url,
    unreadable_facts,
    usual_kind,
)
from wanprep.media.workers import expect, prober
from wanprep.rules.target import DEFAULT_TARGET, all_targets, choose_targets, target_problem
from wanprep.stores.urls import is_object_url
from wanprep.text import visible

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from contextlib import AbstractContextManager
    from pathlib import Path

    from wanprep.check.listing import Found
    from wanprep.check.names import Shard
    from wanprep.check.paths import Subjects
    from wanprep.check.plugin_checks import Check
    from wanprep.check.uses import Uses
    from wanprep.engines.engine import Engine
    from wanprep.job.model import Asset, Job, JobFile
    from wanprep.job.roles import Roles
    from wanprep.job.shape import Problem
    from wanprep.rules.intent import Intent
    from wanprep.rules.target import Target
    from wanprep.rules.target import Targets as AllTargets

    Probe = Callable[[Iterable[str | Facts]], Iterator[Facts]]

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
    shard: Shard | None = None  # which part of the listing is checked here
    workers: int | None = None
    today: date = field(default_factory=date.today)  # by which targets may have ended
    engine: Engine | None = None  # whose workers read the files, instead of this machine
    target_folders: tuple[Path, ...] = ()
    exclusions: Exclusions = field(default_factory=Exclusions)  # from the folders among the paths
    config: Config = field(default_factory=Config)
    checks: tuple[Check, ...] = ()  # of plugins

    def is_own(self, path: str) -> bool:
        """Whether a file is checked here."""
        return self.shard is None or path in self.shard

    def prober(self) -> AbstractContextManager[Probe]:
        """Return what probes files and objects as requested: here, or where an engine runs."""
        if self.engine is not None:
            from contextlib import nullcontext

            from wanprep.media.shards import probe_on

            stores = self.config.stores
            return nullcontext(
                partial(probe_on, self.engine, stores=stores, deep=self.deep, cache=self.cache)
            )
        return prober(
            deep=self.deep, cache=self.cache, workers=self.workers, stores=self.config.stores
        )


@dataclass(frozen=True, slots=True)
class Case:
    """One job to check."""

    job: Job
    intent: Intent
    targets: tuple[Target, ...]
    native: Target | None  # whose request body it is, when it is written as one


@dataclass(frozen=True, slots=True)
class Inputs:
    """Everything that a check, or a part of it, has read and probed."""

    request: CheckRequest
    files: tuple[JobFile, ...] = ()
    cases: tuple[tuple[Case, ...], ...] = ()  # of each file
    problems: tuple[tuple[Problem, ...], ...] = ()  # with the targets of each file
    media: tuple[str, ...] = ()  # files that are checked by themselves
    media_targets: tuple[Target, ...] = ()
    # By path, or by the location of a job's asset.
    facts: Mapping[str, Facts] = field(default_factory=dict)
    notes: tuple[str, ...] = ()  # what was left out, for the report
    later_targets: tuple[str, ...] = ()  # for which later parts are checked
    reported: frozenset[str] = frozenset()  # of the facts, those that an earlier part had, too
    uses: Uses = field(default_factory=dict)  # of files by all jobs, where these are only some

    def role(self, path: str, target: Target) -> str:
        """Return the role in which a bare media file is checked for a target."""
        facts = self.facts.get(path) or unreadable_facts(path, "")
        return self.chosen_role(path) or _usual_role(facts, target)

    def chosen_role(self, path: str) -> str | None:
        """Return the role that a glob gives a bare media file."""
        names = (path, os.path.basename(path))
        for pattern, role in self.request.roles.items():
            if any(fnmatch.fnmatch(name, pattern) for name in names):
                return role
        return self.request.config.role_of(path)

    def require_only_jobs(self, verb: str, advice: str) -> None:
        """Raise UsageError for media, and for what may be a job but cannot be read."""
        for path in self.media:
            problem = self.facts[path].problem or "" if path in self.facts else ""
            if has_job_suffix(path) and problem.startswith(NOT_READ):
                why = problem.removeprefix("not ")
                raise UsageError(f"{visible(path)} cannot be {why}. Make it readable.")
        if self.media:
            names = ", ".join(visible(path) for path in self.media[:3])
            raise UsageError(f"{names}: only jobs can be {verb}{advice}")

    def paths(self) -> Iterator[str]:
        """List every file that was read: jobs, media, and the configuration."""
        yield from (file.file for file in self.files)
        yield from (path for path in self.facts if not is_remote(path))
        if self.request.config.file:
            yield str(self.request.config.file)


def _usual_role(facts: Facts, target: Target) -> str:
    """Return the first role of a file's kind that a target has."""
    kind = facts.kind if facts.kind != "other" else usual_kind(facts.extension_format or "")
    known = common_roles().beside([target.places])
    usual = [role.name for role in known.of_kind(kind) or known.of_kind("image")]
    return next((role for role in usual if target.has_role(role)), usual[0])


class Targets(NamedTuple):
    """The targets that are requested, all that there are, and those for what names none."""

    requested: list[Target]
    every: AllTargets
    default: list[Target]

    @property
    def providers(self) -> set[str]:
        """The providers that a job may name."""
        return {name.partition("/")[0] for name in self.every}

    @property
    def of_media(self) -> tuple[Target, ...]:
        """The targets of bare media."""
        return tuple(self.requested or self.default)


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


def targets_of(request: CheckRequest) -> Targets:
    """Load all targets, and choose those that are requested."""
    config = request.config
    targets = all_targets((*request.target_folders, *config.target_folders))
    requested = choose_targets(request.targets, targets)
    place = f"the configuration {config.file}: `targets`: "
    default = choose_targets(config.targets or [DEFAULT_TARGET], targets, place)
    for role in config.roles.values():
        if role not in common_roles() and role not in targets.roles:
            known = ", ".join(targets.roles)
            raise UsageError(
                f"the configuration {config.file}: `roles`: there is no role '{role}'."
                f" Choose from: {known}."
            )
    return Targets(requested, targets, default)


def read_inputs(request: CheckRequest) -> Inputs:
    """Read the jobs and probe the media behind some paths, all at once."""
    targets = targets_of(request)
    found = find(request, targets.providers)
    jobs = read_job_files(found.jobs, found, targets)
    used = {os.path.abspath(path) for path in jobs.paths()}
    with found.media:
        media = [*found.standalone(used), *chain.from_iterable(found.objects)]
    with request.prober() as probe:
        facts = probe_jobs(jobs, [*media, *found.unread], request, probe)
    return Inputs(
        request=request,
        files=jobs.files,
        cases=jobs.cases,
        problems=jobs.problems,
        media=tuple(_path_of(each) for each in (*media, *found.unread)),
        media_targets=targets.of_media,
        facts=facts,
        notes=left_out(found),
    )


def _path_of(found: str | Facts) -> str:
    return found.path if isinstance(found, Facts) else found


def probe_jobs(
    jobs: ReadJobs, media: Sequence[str | Facts], request: CheckRequest, probe: Probe
) -> dict[str, Facts]:
    """Probe what some jobs use, and media by themselves; facts among them stay as they are."""
    urls = {path: url_asset(path) for path in media if isinstance(path, str) and is_url(path)}
    urls |= {asset.location: asset for asset in jobs.assets("url")}
    objects = () if request.offline else (each.location for each in jobs.assets("object"))
    names = dict.fromkeys([*media, *jobs.paths(), *objects])
    paths = [path for path in names if isinstance(path, Facts) or not is_url(path)]
    expect(len(paths))
    facts = {each.path: each for each in probe(paths)}
    return facts | probe_urls(urls, request)


def left_out(found: Subjects) -> tuple[str, ...]:
    """Note for the report how many jobs were not even read."""
    return (_LEFT_OUT.format(found.left_out),) if found.left_out else ()


def read_job_files(paths: Iterable[str], found: Subjects, targets: Targets) -> ReadJobs:
    """Read jobs, without those that only seemed to use what changed."""
    files = [_read(path, targets.every.roles) for path in paths]
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


def find(request: CheckRequest, providers: set[str]) -> Subjects:
    """List what there is to check; nothing is a usage error."""
    if request.changed:
        from wanprep.check.git import changed_subjects

        find_files, paths = changed_subjects, request.paths
    else:
        find_files = find_subjects
        paths = tuple(path for path in request.paths if not is_object_url(path))
    found = find_files(
        paths, providers, sys.stdin.buffer, nul=request.nul, exclusions=request.exclusions
    )
    if request.changed:
        return found
    found = replace(found, objects=_find_objects(request))
    if not (found.jobs or found.media or found.unread or found.objects):
        raise UsageError(
            "there is nothing to check: no job and no media file in the given paths. Name some, or"
            " write a first job with `wanprep init`. --no-ignore checks what .gitignore and"
            " `exclude` leave out of folders."
        )
    return found


def _find_objects(request: CheckRequest) -> tuple[Iterator[Found], ...]:
    """Begin to list the objects of stores that are requested."""
    urls = [path for path in request.paths if is_object_url(path)]
    if not urls:
        return ()
    if request.offline:
        raise UsageError(
            f"{visible(urls[0])} cannot be checked without the network. Leave it out, or check"
            " with --online."
        )
    from wanprep.check.objects import find_all_objects

    return tuple(find_all_objects(urls, request.config.stores))


def _read(path: str, roles: Roles) -> JobFile:
    from wanprep.job.model import read_jobs

    return read_jobs(path, roles)


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


def probe_urls(urls: Mapping[str, Asset], request: CheckRequest) -> dict[str, Facts]:
    """Probe URLs by their headers and ranges only, but for --deep."""
    if not urls or request.offline:
        return {}
    from wanprep.check.urls import is_public
    from wanprep.media.remote import probing
    from wanprep.net.reach import allowed_hosts, is_allowed_url

    own = request.config.allow_hosts
    hosts = allowed_hosts(os.environ, own)
    reachable = [
        url for url, asset in urls.items() if is_public(asset) or is_allowed_url(url, hosts)
    ]
    expect(len(reachable))
    probed = probing.probe_urls(reachable, deep=request.deep, cache=request.cache, allow_hosts=own)
    return {facts.path: facts for facts in probed}


def url_asset(url: str) -> Asset:
    """Make an asset of a URL that is checked by itself."""
    from wanprep.job.model import Asset

    return Asset("reference_image", url, "", "url" if is_url(url) else "object", url)
