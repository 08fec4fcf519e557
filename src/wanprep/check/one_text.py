"""Check the text of one file as if it had been saved: what an editor or a program holds."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wanprep.check.inputs import Inputs, ReadJobs, read_cases
from wanprep.job.model import parse_jobs

if TYPE_CHECKING:
    from collections.abc import Mapping

    from wanprep.check.request import CheckRequest, Targets
    from wanprep.media.facts import Facts


def read_text(text: str, file: str, targets: Targets) -> ReadJobs:
    """Read the jobs of a text; `file` decides its format, and to what its paths are relative."""
    read = parse_jobs(text, file, targets.every.roles)
    cases, problems = read_cases(read, *targets)
    return ReadJobs((read,), (cases,), (problems,))


def inputs_of_text(
    jobs: ReadJobs, request: CheckRequest, targets: Targets, facts: Mapping[str, Facts]
) -> Inputs:
    """Combine what was read and probed, to judge it."""
    return Inputs(
        request=request,
        files=jobs.files,
        cases=jobs.cases,
        problems=jobs.problems,
        media_targets=targets.of_media,
        facts=facts,
    )
