"""Everything that is read and probed for a check."""

from __future__ import annotations

import fnmatch
import os
from dataclasses import field
from functools import cache
from itertools import chain
from typing import TYPE_CHECKING, Final

from wanprep.check.paths import has_job_suffix
from wanprep.check.request import find, targets_of
from wanprep.dataclass import dataclass
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
from wanprep.media.workers import expect
from wanprep.text import visible

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from wanprep.check.cases import Case, ReadJobs
    from wanprep.check.paths import Subjects
    from wanprep.check.request import CheckRequest, Probe, Targets
    from wanprep.check.uses import Uses
    from wanprep.job.model import Asset, JobFile
    from wanprep.job.shape import Problem
    from wanprep.rules.target import Target

_LEFT_OUT: Final = "{:,} more jobs that may use what changed; check their folders to see them all."


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
    from wanprep.check.cases import read_job_files

    targets = targets or targets_of(request)
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
    return facts | _probe_data_uris(jobs) | probe_urls(urls, request)


def _probe_data_uris(jobs: ReadJobs) -> dict[str, Facts]:
    """Probe the files inside of jobs, where a target takes them."""
    if not any(jobs.assets("data")):
        return {}
    from wanprep.check.urls import accepts_scheme
    from wanprep.media.data_uris import probe_data_uris

    uris = {
        asset.location: asset.written
        for case in chain.from_iterable(jobs.cases)
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
