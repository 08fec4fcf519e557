"""What all jobs use their media for, where a part of a check sees only some of the jobs.

A file is fixed once for everything that it is used for, and so is the plan that a report shows.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from wanprep.check.ignores import inline_ignores
from wanprep.media.facts import absolute_path

if TYPE_CHECKING:
    from collections.abc import Iterator

    from wanprep.check.inputs import ReadJobs
    from wanprep.check.request import CheckRequest
    from wanprep.rules.target import Target


class Use(NamedTuple):
    """One way in which a job, or several, use a file."""

    targets: tuple[Target, ...]
    role: str
    ignored: frozenset[str]  # rules, by the configuration
    accepted: frozenset[str]  # rules, by a comment in the job


Uses = dict[str, set[Use]]  # by absolute path, or by the URL of an object


def add_uses(uses: Uses, jobs: ReadJobs, request: CheckRequest) -> None:
    """Add what some jobs use; equal uses count once, so this does not grow with the jobs."""
    for path, use in _uses_of(jobs, request):
        uses.setdefault(path, set()).add(use)


def _uses_of(jobs: ReadJobs, request: CheckRequest) -> Iterator[tuple[str, Use]]:
    for case in (case for of_file in jobs.cases for case in of_file):
        job, ignores = case.job, inline_ignores(case.job)
        for asset in case.intent.assets:
            if asset.kind in {"file", "object"}:
                line = job.document.place(asset.pointer).line
                ignored = request.config.ignored_rules(job.file, asset.written)
                accepted = ignores.rules_at(asset.pointer, line)
                use = Use(case.targets, asset.role, frozenset(ignored), frozenset(accepted))
                yield absolute_path(asset.location), use
