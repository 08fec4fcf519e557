"""Check a result before it is delivered: probed, decoded, judged and compared with its source."""

from __future__ import annotations

import glob
import os
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from wanprep.check.findings import asset_findings
from wanprep.fix.outcome import result_of
from wanprep.fix.predict import ignored_in_files
from wanprep.media.facts import is_remote

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from wanprep.check.request import CheckRequest
    from wanprep.fix.outcome import Outcomes
    from wanprep.fix.plan.plan import Plan
    from wanprep.fix.request import FixRequest, MediaFile, PlannedRun
    from wanprep.media.facts import Facts
    from wanprep.rules.finding import Finding

# Below this a result does not show its source: rotated, blank, of other colors.
_LEAST_SSIM: Final = 0.5


@dataclass(frozen=True, slots=True)
class Verification:
    """What the result is, compared with its source."""

    facts: Facts
    before: tuple[Finding, ...]
    after: tuple[Finding, ...]
    similarity: Mapping[str, float]
    problems: tuple[str, ...]  # why it must not be delivered


def findings_for(media: MediaFile, facts: Facts, name: str) -> tuple[Finding, ...]:
    """Judge a file, or its result, for everything that it is used for."""
    return tuple(
        finding
        for each in media.roles
        for finding in asset_findings(facts, each.target, each.role, file=name, written=name)
        if finding.rule not in media.ignored
    )


def verify(
    media: MediaFile, plan: Plan, facts: Facts, similarity: Mapping[str, float], name: str
) -> Verification:
    """Judge a result by the facts that were probed from it."""
    before = findings_for(media, media.facts, media.path)
    after = findings_for(media, facts, name)
    expected = {each.rule for each in before} - set(plan.clears)
    problems = tuple(_problems(facts, after, expected, similarity.get("ssim", 1.0)))
    return Verification(facts, before, after, similarity, problems)


def _problems(
    facts: Facts, after: tuple[Finding, ...], expected: set[str], ssim: float
) -> Iterator[str]:
    if not facts.readable:
        yield f"the result cannot be decoded: {facts.problem}"
        return
    for finding in after:
        if finding.severity == "error" or finding.rule not in expected:
            yield f"the result would still have {finding.rule}: {finding.message}"
    if ssim < _LEAST_SSIM:
        yield f"the result does not look like its source: SSIM {ssim:.2f}, below {_LEAST_SSIM}"


def recheck_request(request: FixRequest, run: PlannedRun, outcomes: Outcomes) -> CheckRequest:
    """Ask for a check of the results: the jobs, and the media that were named themselves."""
    check, config, named = request.check, request.check.config, set(run.inputs.media)
    results = {
        result_of(each): run.inputs.chosen_role(each.media.path)
        for each in outcomes.assets
        if each.media.path in named
    }
    jobs = {job.result: job.fixed.text for job in outcomes.jobs}
    texts = {path: text for path, text in jobs.items() if is_remote(path)}
    paths = (*results, *(path for path in jobs if path not in texts))
    ignored = ignored_in_files(((result_of(each), each.media) for each in outcomes.assets), config)
    return replace(
        check,
        # What has vanished meanwhile is reported as not fixed.
        paths=tuple(path for path in paths if is_remote(path) or os.path.lexists(path)),
        texts=texts,
        roles={glob.escape(path): role for path, role in results.items() if role},
        config=ignored,
    )
