"""Check results: each before it is delivered, and all of a run, as predicted and as written."""

from __future__ import annotations

import glob
import os
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from wanprep.check.findings import asset_findings
from wanprep.check.inputs import JobsOfFile, read_cases
from wanprep.check.request import targets_of
from wanprep.dataclass import dataclass
from wanprep.fix.request import result_of
from wanprep.job.model import jobs_of, parse_jobs
from wanprep.media.facts import absolute_path, is_remote

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from wanprep.check.inputs import Inputs
    from wanprep.check.request import CheckRequest, Targets
    from wanprep.config import Config
    from wanprep.fix.job.changes import PlannedJob
    from wanprep.fix.plan.plan import Plan
    from wanprep.fix.plan_file import PlannedFile
    from wanprep.fix.request import FixRequest, MediaFile, Outcomes, PlannedRun
    from wanprep.job.model import JobFile
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


@dataclass(frozen=True, slots=True)
class Prediction:
    """What a check of the results would read."""

    inputs: Inputs
    sources: Mapping[str, str]  # of files that are copied unchanged: where these are now


def predict(
    inputs: Inputs,
    media: Sequence[PlannedFile],
    jobs: Sequence[PlannedJob],
    targets: Targets | None = None,
) -> Prediction:
    """Predict the inputs of a check of the results, each in its place; `targets` are loaded."""
    paths = {each.media.path: each.result_path for each in media}
    named = [each for each in media if each.media.path in inputs.media]
    chosen = {each.result_path: inputs.chosen_role(each.media.path) for each in named}
    roles = {glob.escape(path): role for path, role in chosen.items() if role}
    targets = targets or targets_of(inputs.request)
    files = map(_result_file, jobs)
    read = tuple(JobsOfFile(file, *read_cases(file, *targets)) for file in files)
    config = inputs.request.config
    ignored = ignored_in_files(((each.result_path, each.media) for each in media), config)
    after = replace(
        inputs,
        request=replace(inputs.request, roles=roles, config=ignored),
        jobs=read,
        media=tuple(each.result_path for each in named),
        facts={**inputs.facts, **_facts(inputs.request, media, read)},
    )
    sources = {paths[each.media.path]: each.media.path for each in media if not each.done}
    sources |= {job.result: job.file.file for job in jobs if job.fixed.text == job.file.source.text}
    return Prediction(after, {absolute_path(path): each for path, each in sources.items()})


def _result_file(job: PlannedJob) -> JobFile:
    if job.fixed.text != job.file.source.text:
        if job.fixed.parsed:
            return jobs_of(job.result, job.fixed.parsed, job.file.roles)
        return parse_jobs(job.fixed.text, job.result, job.file.roles)
    jobs = tuple(replace(each, file=job.result) for each in job.file.jobs)
    return replace(job.file, file=job.result, jobs=jobs)


def _facts(
    request: CheckRequest, media: Sequence[PlannedFile], jobs: Iterable[JobsOfFile]
) -> dict[str, Facts]:
    """Return the facts of all results by the paths that lead there, now and in the new jobs."""
    facts: dict[str, Facts] = {}
    for each in media:
        path = each.result_path
        after = each.done.predicted if each.done else each.media.facts
        facts[path] = facts[absolute_path(path)] = replace(after, path=path)
    assets = (asset for of_file in jobs for case in of_file.cases for asset in case.intent.assets)
    locations = {asset.location for asset in assets if asset.kind == "file"}
    found = {each: facts.get(absolute_path(each)) for each in locations}
    # A key that is spelled correctly now may name a file that was not probed before.
    unknown = sorted(each for each, known in found.items() if known is None)
    with request.prober() as probe:
        new = {each.path: each for each in probe(unknown)}
    return facts | {each: known for each, known in found.items() if known} | new


def ignored_in_files(files: Iterable[tuple[str, MediaFile]], config: Config) -> Config:
    """Ignore in results what is ignored in their sources; `files` are paths of results."""
    return replace(config, ignore_in={**config.ignore_in, **dict(_ignored(files, config.folder))})


def _ignored(
    files: Iterable[tuple[str, MediaFile]], folder: os.PathLike[str]
) -> Iterator[tuple[str, tuple[str, ...]]]:
    for path, media in files:
        if media.ignored:
            relative = path if is_remote(path) else os.path.relpath(os.path.abspath(path), folder)
            yield glob.escape(relative), tuple(media.ignored)
