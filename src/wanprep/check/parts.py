"""What there is to check, read and probed part by part: nothing is kept of a part.

Jobs come first, since what they use is checked in the roles that they give it. Then bare media
come in the order in which they were found, while workers probe the next ones.
A file is fixed once for everything that it is used for, and so is the plan that a report shows:
a part that sees only some of the jobs gets what all of them use their media for.
"""

from __future__ import annotations

import os
import time
from itertools import chain, groupby
from typing import TYPE_CHECKING, Final, NamedTuple, TypeVar

from wanprep.check.inputs import (
    Inputs,
    assets_of,
    left_out,
    paths_of,
    probe_jobs,
    probe_urls,
    url_asset,
)
from wanprep.check.paths import own
from wanprep.check.request import find, targets_of
from wanprep.media.facts import Facts, absolute_path, is_url
from wanprep.media.workers import expect

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from wanprep.check.inputs import Jobs
    from wanprep.check.paths import Subjects
    from wanprep.check.request import CheckRequest, Probe, Targets
    from wanprep.rules.target import Target

    Name = str | Facts


class Use(NamedTuple):
    """One way in which a job, or several, use a file."""

    targets: tuple[Target, ...]
    role: str
    ignored: frozenset[str]  # rules, by the configuration
    accepted: frozenset[str]  # rules, by a comment in the job


Uses = dict[str, set[Use]]  # by absolute path, or by the URL of an object


def add_uses(uses: Uses, jobs: Jobs, request: CheckRequest) -> None:
    """Add what some jobs use; equal uses count once, so this does not grow with the jobs."""
    for path, use in _uses_of(jobs, request):
        uses.setdefault(path, set()).add(use)


def _uses_of(jobs: Jobs, request: CheckRequest) -> Iterator[tuple[str, Use]]:
    from wanprep.check.ignores import inline_ignores

    for case in (case for of_file in jobs for case in of_file.cases):
        job, ignores = case.job, inline_ignores(case.job)
        for asset in case.intent.assets:
            if asset.kind in {"file", "object"}:
                line = job.document.place(asset.pointer).line
                ignored = request.config.ignored_rules(job.file, asset.written)
                accepted = ignores.rules_at(asset.pointer, line)
                use = Use(case.targets, asset.role, frozenset(ignored), frozenset(accepted))
                yield absolute_path(asset.location), use


Item = TypeVar("Item")

_MOST: Final = 256  # files of a part
_JOBS: Final = 500  # job files of a part
_LONGEST: Final = 0.5  # seconds after which a part is reported that is not full


def inputs_in_parts(
    request: CheckRequest,
    recall: Callable[[Iterator[Name]], Iterator[Name]] = iter,
    elsewhere: Callable[[Iterator[Name]], Iterator[Inputs | Item]] | None = None,
    at_least: int = 0,
) -> Iterator[Inputs | Item]:
    """Find everything that is requested, then read and probe it.

    `recall` replaces the names of bare media whose facts are known from elsewhere, and `elsewhere`
    checks bare media in another place, where there are `at_least` so many.
    """
    targets = targets_of(request)
    found = find(request, targets.providers)
    with found.media, request.prober() as probe:
        jobs = _Jobs(request, found, targets)
        listed: Iterator[Name] = chain(found.unused(jobs.used), found.unread, jobs.unused_objects())
        media = own(listed, request.shard)
        first = next(media, None)
        yield from jobs.parts(probe, targets.of_media if first else ())
        if first:
            count = len(found.media) // (request.shard.count if request.shard else 1)
            expect(0 if found.objects else count)
            names = recall(chain([first], media))
            if elsewhere and count >= at_least:
                yield from elsewhere(names)
            else:
                yield from _media_in_parts(names, request, targets.of_media, probe)


class _Jobs:
    """All jobs. Where they are many they are read twice: to know what they use, and to check."""

    def __init__(self, request: CheckRequest, found: Subjects, targets: Targets) -> None:
        self._request, self._found, self._targets = request, found, targets
        few = len(found.jobs) <= _JOBS
        self._all = self._read(found.jobs) if found.jobs and few else None
        self._uses: Uses = {}
        self._objects: set[str] = set()  # of stores, that jobs use
        for jobs in self._batches():
            self._objects.update(asset.location for asset in assets_of(jobs, "object"))
            if request.shard or not few:  # a part has only some of the jobs
                add_uses(self._uses, jobs, request)
        paths = paths_of(self._all) if self._all is not None else self._uses
        self.used = {os.path.abspath(path) for path in paths}
        self._named = tuple(filter(request.is_own, found.named_of(self.used)))

    def _batches(self) -> Iterator[Jobs]:
        if self._all is not None:
            yield self._all
            return
        for at in range(0, len(self._found.jobs), _JOBS):
            yield self._read(self._found.jobs[at : at + _JOBS])

    def _read(self, paths: Sequence[str]) -> Jobs:
        from wanprep.check.inputs import read_job_files

        return read_job_files(paths, self._found, self._targets)

    def unused_objects(self) -> Iterator[Name]:
        """List objects of stores, without those that jobs use, unless they were named."""
        used = self._objects - {*self._request.paths}
        return (each for listed in self._found.objects for each in listed if each not in used)

    def parts(self, probe: Probe, later: Sequence[Target]) -> Iterator[Inputs]:
        """Read and probe some jobs at a time; `later` are the targets of the media after them."""
        reported: set[str] = set()
        media, notes = self._named, left_out(self._found)
        for batch in self._batches():
            jobs = tuple(each for each in batch if self._request.is_own(each.file.file))
            if not jobs:
                continue
            facts = probe_jobs(jobs, media, self._request, probe)
            yield Inputs(
                request=self._request,
                jobs=jobs,
                media=media,
                media_targets=self._targets.of_media,
                facts=facts,
                notes=notes,
                later_targets=tuple(target.id for target in later),
                reported=frozenset(reported.intersection(facts)),
                uses=self._uses,
            )
            reported.update(facts)
            media, notes = (), ()


def media_in_parts(names: Iterable[Name], request: CheckRequest) -> Iterator[Inputs]:
    """Probe bare media that were found elsewhere."""
    with request.prober() as probe:
        yield from _media_in_parts(names, request, targets_of(request).of_media, probe)


def _media_in_parts(
    names: Iterable[Name], request: CheckRequest, targets: tuple[Target, ...], probe: Probe
) -> Iterator[Inputs]:
    for facts in _media_facts(names, request, probe):
        yield Inputs(
            request=request,
            media=tuple(facts),
            media_targets=targets,
            facts={path: each for path, each in facts.items() if each},
        )


def _media_facts(
    names: Iterable[Name], request: CheckRequest, probe: Probe
) -> Iterator[dict[str, Facts | None]]:
    """Probe media, some at a time; there are no facts of a URL that was not requested."""
    for is_remote, group in groupby(names, lambda each: isinstance(each, str) and is_url(each)):
        if is_remote:
            for urls in _some(map(str, group)):
                facts = probe_urls({url: url_asset(url) for url in urls}, request)
                yield {url: facts.get(url) for url in urls}
        else:
            for batch in _some(probe(group)):
                yield {facts.path: facts for facts in batch}


def _some(items: Iterable[Item]) -> Iterator[list[Item]]:
    """Take as many items as make up a part, or those that came in a while."""
    batch: list[Item] = []
    began = time.monotonic()
    for item in items:
        batch.append(item)
        if len(batch) == _MOST or time.monotonic() - began >= _LONGEST:
            yield batch
            batch, began = [], time.monotonic()
    if batch:
        yield batch
