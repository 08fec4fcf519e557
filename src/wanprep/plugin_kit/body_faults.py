"""Whether everything that a target's table of fields promises can be built into a request."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wanprep.plugin_kit.sample_jobs import as_case, laid_over, plain_jobs, promises
from wanprep.submit.order.body import CannotBuild, build

if TYPE_CHECKING:
    from collections.abc import Iterator

    from wanprep.judge.target import Target
    from wanprep.plugin_kit.sample_jobs import Document
    from wanprep.plugin_kit.target_faults import Told
    from wanprep.submit.order.body import Built


def body_faults(target: Target) -> Iterator[Told]:
    """Build a plain job, then each thing that a job may say, in whatever job takes it."""
    plain, why = _first_built(target, plain_jobs(target))
    if plain is None:
        yield "fields", f"no plain job can be built, not even one with a picture: {why}"
        return
    told = set()
    for what, overlays in promises(target):
        jobs = [laid_over(job, more) for more in overlays for job in plain_jobs(target)]
        built, why = _first_built(target, jobs)
        if built is None and (what, why) not in told:
            told.add((what, why))
            yield f"fields.{what}", f"it is promised, and no job with it can be built: {why}"


def sample_order(target: Target) -> Built | None:
    """Build the plainest job that can be built."""
    return _first_built(target, plain_jobs(target))[0]


def _first_built(target: Target, jobs: list[Document]) -> tuple[Built | None, str]:
    why = ""
    for job in jobs:
        try:
            return build(as_case(job, target), target, {}), why
        except CannotBuild as error:
            why = why or str(error).partition(" `wanprep check")[0]
    return None, why
