"""Read the jobs and probe the media of a check: jobs become cases, media become facts."""

from __future__ import annotations

import fnmatch
import os
from dataclasses import field
from functools import cache
from itertools import chain
from typing import TYPE_CHECKING, Final, NamedTuple

from wanprep.check.paths import has_job_suffix
from wanprep.check.request import find, targets_of
from wanprep.dataclass import dataclass
from wanprep.errors import UsageError
from wanprep.job.roles import common_roles
from wanprep.media.facts import NOT_READ, Facts, is_remote, is_url, unreadable_facts, usual_kind
from wanprep.media.workers import expect
from wanprep.rules.target import target_problem
from wanprep.text import visible

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from wanprep.check.parts import Uses
    from wanprep.check.paths import Subjects
    from wanprep.check.request import CheckRequest, Probe, Targets
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


class JobsOfFile(NamedTuple):
    """The jobs of one file with their targets, and what is wrong with those that they name."""

    file: JobFile
    cases: tuple[Case, ...]
    problems: tuple[Problem, ...]


Jobs = tuple[JobsOfFile, ...]


def assets_of(jobs: Iterable[JobsOfFile], kind: str) -> Iterator[Asset]:
    """List what some jobs use: files or URLs."""
    for of_file in jobs:
        for case in of_file.cases:
            yield from (asset for asset in case.intent.assets if asset.kind == kind)


def paths_of(jobs: Iterable[JobsOfFile]) -> list[str]:
    """List the local files that some jobs use."""
    return [asset.location for asset in assets_of(jobs, "file")]


def read_job_files(paths: Iterable[str], found: Subjects, targets: Targets) -> Jobs:
    """Read jobs, without those that only seemed to use what changed."""
    files = (_read(path, targets.every.roles, found.texts) for path in paths)
    jobs = tuple(JobsOfFile(file, *read_cases(file, *targets)) for file in files)
    if found.candidates:
        from wanprep.check.git import unaffected_jobs

        unaffected = unaffected_jobs(found, {each.file.file: paths_of([each]) for each in jobs})
        jobs = tuple(each for each in jobs if each.file.file not in unaffected)
    return jobs


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


_LEFT_OUT: Final = "{:,} more jobs that may use what changed; check their folders to see them all."


@dataclass(frozen=True, slots=True)
class Inputs:
    """Everything that a check, or a part of it, has read and probed."""

    request: CheckRequest
    jobs: Jobs = ()
    media: tuple[str, ...] = ()  # files that are checked by themselves
    media_targets: tuple[Target, ...] = ()
    # By path, or by the location of a job's asset.
    facts: Mapping[str, Facts] = field(default_factory=dict)
    notes: tuple[str, ...] = ()  # what was left out, for the report
    later_targets: tuple[str, ...] = ()  # for which later parts are checked
    reported: frozenset[str] = frozenset()  # of the facts, those that an earlier part had, too
    uses: Uses = field(default_factory=dict)  # of files by all jobs, where these are only some

    @property
    def files(self) -> list[JobFile]:
        """The job files."""
        return [each.file for each in self.jobs]

    @property
    def cases(self) -> list[Case]:
        """The jobs of all files."""
        return [case for each in self.jobs for case in each.cases]

    def role(self, path: str, target: Target) -> str:
        """Return the role in which a bare media file is checked for a target."""
        facts = self.facts.get(path) or unreadable_facts(path, "")
        kind = facts.kind if facts.kind != "other" else usual_kind(facts.extension_format or "")
        return self.chosen_role(path) or _usual_role(kind, target)

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


@cache
def _usual_role(kind: str, target: Target) -> str:
    """Return the first role of a kind of file that a target has."""
    known = common_roles().beside([target.places])
    usual = [role.name for role in known.of_kind(kind) or known.of_kind("image")]
    return next((role for role in usual if target.has_role(role)), usual[0])


def read_inputs(request: CheckRequest, targets: Targets | None = None) -> Inputs:
    """Read the jobs and probe the media behind some paths, all at once."""
    targets = targets or targets_of(request)
    found = find(request, targets.providers)
    jobs = read_job_files(found.jobs, found, targets)
    used = {os.path.abspath(path) for path in paths_of(jobs)}
    with found.media:
        media = [*found.standalone(used), *chain.from_iterable(found.objects)]
    with request.prober() as probe:
        facts = probe_jobs(jobs, [*media, *found.unread], request, probe)
    return Inputs(
        request=request,
        jobs=jobs,
        media=tuple(_path_of(each) for each in (*media, *found.unread)),
        media_targets=targets.of_media,
        facts=facts,
        notes=left_out(found),
    )


def _path_of(found: str | Facts) -> str:
    return found.path if isinstance(found, Facts) else found


def probe_jobs(
    jobs: Jobs, media: Sequence[str | Facts], request: CheckRequest, probe: Probe
) -> dict[str, Facts]:
    """Probe what some jobs use, and media by themselves; facts among them stay as they are."""
    urls = {path: url_asset(path) for path in media if isinstance(path, str) and is_url(path)}
    urls |= {asset.location: asset for asset in assets_of(jobs, "url")}
    objects = () if request.offline else (each.location for each in assets_of(jobs, "object"))
    names = dict.fromkeys([*media, *paths_of(jobs), *objects])
    paths = [path for path in names if isinstance(path, Facts) or not is_url(path)]
    expect(len(paths))
    facts = {each.path: each for each in probe(paths)}
    return facts | _probe_data_uris(jobs) | probe_urls(urls, request)


def _probe_data_uris(jobs: Jobs) -> dict[str, Facts]:
    """Probe the files inside of jobs, where a target takes them."""
    if not any(assets_of(jobs, "data")):
        return {}
    from wanprep.check.urls import accepts_scheme
    from wanprep.media.data_uris import probe_data_uris

    uris = {
        asset.location: asset.written
        for of_file in jobs
        for case in of_file.cases
        for asset in case.intent.assets
        if asset.kind == "data"
        and any(accepts_scheme(target, "data", asset.role) for target in case.targets)
    }
    expect(len(uris))
    return {facts.path: facts for facts in probe_data_uris(uris)}


def left_out(found: Subjects) -> tuple[str, ...]:
    """Note for the report how many jobs were not even read."""
    return (_LEFT_OUT.format(found.left_out),) if found.left_out else ()


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
