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
from wanprep.media.facts import Facts, is_url
from wanprep.media.workers import expect, prober

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from wanprep.check.inputs import CheckRequest, Probe

Item = TypeVar("Item")

_MOST: Final = 256  # files of a part
_LONGEST: Final = 0.5  # seconds after which a part is reported that is not full


def inputs_in_parts(request: CheckRequest) -> Iterator[Inputs]:
    """Find everything that is requested, then read and probe it."""
    targets = targets_of(request)
    found = find(request, targets.providers)
    with (
        found.media,
        prober(deep=request.deep, cache=request.cache, workers=request.workers) as probe,
    ):
        jobs = read_job_files(found.jobs, found, targets)
        used = {os.path.abspath(path) for path in jobs.paths()}
        media = tuple(found.named_of(used))
        alone: Iterator[str | Facts] = chain(found.unused(used), found.unread)
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
            expect(len(found.media))
            for facts in _media_facts(chain([first], alone), request, probe):
                yield Inputs(
                    request=request,
                    media=tuple(facts),
                    media_targets=targets.of_media,
                    facts={path: each for path, each in facts.items() if each},
                )


def _media_facts(
    media: Iterable[str | Facts], request: CheckRequest, probe: Probe
) -> Iterator[dict[str, Facts | None]]:
    """Probe media, some at a time; there are no facts of a URL that was not requested."""
    for is_remote, group in groupby(media, lambda each: isinstance(each, str) and is_url(each)):
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
