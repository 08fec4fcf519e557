"""What there is to check, read and probed part by part: nothing is kept of a part.

Jobs come first, since what they use is checked in the roles that they give it. Then bare media
come in the order in which they were found, while workers probe the next ones.
"""

from __future__ import annotations

import os
import time
from itertools import chain, groupby
from typing import TYPE_CHECKING, Final, TypeVar

from wanprep.check.inputs import (
    Inputs,
    find,
    left_out,
    probe_jobs,
    probe_urls,
    read_job_files,
    targets_of,
    url_asset,
)
from wanprep.check.names import own
from wanprep.media.facts import Facts, is_url
from wanprep.media.workers import expect

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from wanprep.check.inputs import CheckRequest, Probe, ReadJobs
    from wanprep.check.paths import Subjects
    from wanprep.rules.target import Target

    Name = str | Facts

Item = TypeVar("Item")

_MOST: Final = 256  # files of a part
_LONGEST: Final = 0.5  # seconds after which a part is reported that is not full


def inputs_in_parts(
    request: CheckRequest, recall: Callable[[Iterator[Name]], Iterator[Name]] = iter
) -> Iterator[Inputs]:
    """Find everything that is requested, then read and probe it.

    `recall` replaces the names of bare media whose facts are known from elsewhere.
    """
    targets = targets_of(request)
    found = find(request, targets.providers)
    with found.media, request.prober() as probe:
        jobs = read_job_files(found.jobs, found, targets)
        # A job of another shard uses its media, too.
        used = {os.path.abspath(path) for path in jobs.paths()}
        objects = _unused_objects(found, jobs, request)
        jobs = jobs.own(request)
        media = tuple(path for path in found.named_of(used) if request.is_own(path))
        listed: Iterator[Name] = chain(found.unused(used), found.unread, objects)
        alone = own(listed, request.shard)
        first = next(alone, None)
        if jobs.files:
            yield Inputs(
                request=request,
                files=jobs.files,
                cases=jobs.cases,
                problems=jobs.problems,
                media=media,
                media_targets=targets.of_media,
                facts=probe_jobs(jobs, media, request, probe),
                notes=left_out(found),
                later_targets=tuple(target.id for target in targets.of_media if first),
            )
        if first:
            count = len(found.media) // (request.shard.count if request.shard else 1)
            expect(0 if found.objects else count)
            names = recall(chain([first], alone))
            yield from _media_in_parts(names, request, targets.of_media, probe)


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


def _unused_objects(
    found: Subjects, jobs: ReadJobs, request: CheckRequest
) -> Iterator[str | Facts]:
    """List objects of stores, without those that jobs use, unless they were named themselves."""
    used = {asset.location for asset in jobs.assets("object")} - {*request.paths}
    return (each for listed in found.objects for each in listed if each not in used)


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
