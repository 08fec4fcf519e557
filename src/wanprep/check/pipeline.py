"""Read, probe, judge, report: the whole check on one screen."""

from __future__ import annotations

import os
import sys
import threading
from dataclasses import dataclass, field
from importlib import import_module
from typing import TYPE_CHECKING, Final, Literal

from wanprep.check.findings import (
    asset_findings,
    job_findings,
    problem_findings,
    url_findings,
    verdict_of,
    was_reached,
)
from wanprep.check.ignores import weighed, without
from wanprep.check.inputs import CheckRequest, Inputs
from wanprep.check.result import Report
from wanprep.check.subjects import presumed, subjects
from wanprep.errors import UsageError
from wanprep.media import probe_many
from wanprep.media.facts import is_url
from wanprep.rules.finding import Finding, Verdict
from wanprep.rules.judge_asset import lacks
from wanprep.rules.target import all_targets, choose

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from wanprep.check.inputs import Case
    from wanprep.check.subjects import Subjects
    from wanprep.config import Config
    from wanprep.job.model import Asset, JobFile
    from wanprep.media.facts import Facts
    from wanprep.rules.target import Target

DEFAULT_TARGET: Final = "wan/2.7"
_ADDRESSES: Final = "What lies behind addresses that were not, or could not be, looked at."
_LEFT_OUT: Final = "{:,} more jobs that may use what changed; check their folders to see them all."
Outcome = Literal["pass", "fail", "unknown"]
_ORDER: Final = {"error": 0, "warning": 1, "note": 2}


def answer(question: CheckRequest) -> Report:
    """Check everything and report."""
    return report_on(look(question))


def look(question: CheckRequest) -> Inputs:
    """Read the jobs and probe the media behind some paths."""
    config = question.config
    known = all_targets((*question.target_folders, *config.target_folders))
    asked = choose(question.targets, known)
    place = f"the configuration {config.file}: `targets`: "
    default = choose(config.targets or [DEFAULT_TARGET], known, place)
    found = _subjects(question, {name.partition("/")[0] for name in known})
    files = [_read(path) for path in found.jobs]
    judged = [_cases(file, asked, known, default) for file in files]
    if found.suspects:
        files, judged = _concerned(found, files, judged)
    used = list(_local_files(case for of_file, _ in judged for case in of_file))
    alone = found.alone(used)
    return Inputs(
        question=question,
        files=tuple(files),
        cases=tuple(tuple(of_file) for of_file, _ in judged),
        wrong=tuple(tuple(wrong) for _, wrong in judged),
        alone=tuple(alone),
        bare=tuple(asked or default),
        facts=_facts([*alone, *used], question) | _looked_at(alone, judged, question),
        notes=(_LEFT_OUT.format(found.left_out),) if found.left_out else (),
    )


def _subjects(question: CheckRequest, providers: set[str]) -> Subjects:
    if question.changed:
        from wanprep.check.changed import changed_subjects

        return changed_subjects(question.paths, providers, sys.stdin.buffer, nul=question.nul)
    found = subjects(question.paths, providers, sys.stdin.buffer, nul=question.nul)
    if not (found.jobs or found.media):
        raise UsageError(
            "there is nothing to check: no job and no media file in what was named. Name some, or"
            " let `wanprep init` write a first job."
        )
    return found


def _concerned(
    found: Subjects, files: list[JobFile], judged: list[tuple[list[Case], list[Finding]]]
) -> tuple[list[JobFile], list[tuple[list[Case], list[Finding]]]]:
    """Leave out the jobs that only seemed to use what changed."""
    from wanprep.check.changed import concerned

    is_concerned = concerned(found)
    kept = [
        (file, (of_file, wrong))
        for file, (of_file, wrong) in zip(files, judged, strict=True)
        if is_concerned(file.file, _local_files(of_file))
    ]
    return [file for file, _ in kept], [cases for _, cases in kept]


def report_on(seen: Inputs) -> Report:
    """Judge what was seen."""
    question, told = seen.question, _Told()
    for path in seen.alone:
        _judge_media(path, seen, told)
    for file, of_file, wrong in zip(seen.files, seen.cases, seen.wrong, strict=True):
        told.findings += [*problem_findings(file), *wrong]
        if file.problems or wrong:
            told.broken.add(file.file)
        for case in of_file:
            _judge_case(case, seen.facts, question, told)
        if not of_file:
            told.verdicts.append(Verdict(file.file, "", "fail"))
    written = sum(max(1, len(of_file)) for of_file in seen.cases)
    report = _report(told, seen, written)
    config = question.config
    return without(report, lambda finding: finding.rule in ignored_rules(finding, config))


def ignored_rules(finding: Finding, config: Config) -> set[str]:
    """Tell which rules the configuration silences where a finding stands."""
    return ignored_in_file(finding.file, finding.asset or "", config)


def ignored_in_file(file: str, asset: str, config: Config) -> set[str]:
    """Tell which rules the configuration silences for a file, or for the asset of a job."""
    beside = os.path.join(os.path.dirname(file), asset)
    return config.ignored_in(file) | config.ignored_in(beside)


@dataclass(slots=True)
class _Told:
    """What has been said so far."""

    findings: list[Finding] = field(default_factory=list)
    verdicts: list[Verdict] = field(default_factory=list)
    targets: dict[str, Target] = field(default_factory=dict)
    broken: set[str] = field(default_factory=set)  # files whose text is wrong already
    addresses: bool = False  # whether media were named that lie elsewhere, and were not seen

    def take(self, target: Target, subject: str, found: list[Finding], verdict: Outcome) -> None:
        """Note what a target makes of a subject."""
        self.targets[target.id] = target
        self.findings += found
        self.verdicts.append(Verdict(subject, target.id, verdict))


def _read(path: str) -> JobFile:
    from wanprep.job.model import read_jobs

    return read_jobs(path)


def _cases(
    file: JobFile, asked: Sequence[Target], known: Mapping[str, Target], default: Sequence[Target]
) -> tuple[list[Case], list[Finding]]:
    from wanprep.check.inputs import cases

    return cases(file, asked, known, default)


def _local_files(jobs: Iterable[Case]) -> Iterator[str]:
    """List the files that jobs name; each is probed once, whoever names it."""
    for case in jobs:
        yield from (asset.location for asset in case.intent.assets if asset.kind == "file")


def _facts(paths: Iterable[str], question: CheckRequest) -> dict[str, Facts]:
    # The judge's library takes as long to load as a worker to start: both may happen at once.
    threading.Thread(target=import_module, args=["jsonschema"], daemon=True).start()
    unique = dict.fromkeys(path for path in paths if not is_url(path))
    probed = probe_many(unique, deep=question.deep, cache=question.cache, workers=question.workers)
    return {facts.path: facts for facts in probed}


def _looked_at(
    alone: Iterable[str], judged: Iterable[tuple[list[Case], object]], question: CheckRequest
) -> dict[str, Facts]:
    """Look behind the addresses: at headers and ranges only."""
    urls = {path: _bare(path) for path in alone if is_url(path)}
    for of_file, _ in judged:
        for case in of_file:
            urls |= {each.location: each for each in case.intent.assets if each.kind == "url"}
    if not urls or question.offline:
        return {}
    from wanprep.check.urls import worth_asking
    from wanprep.media.workers import probe_urls

    asked = [url for url, asset in urls.items() if worth_asking(asset)]
    return {facts.path: facts for facts in probe_urls(asked)}


def _bare(url: str) -> Asset:
    from wanprep.job.model import Asset

    return Asset("reference_image", url, "", "url", url)


def _judge_media(path: str, seen: Inputs, told: _Told) -> None:
    if is_url(path):
        _judge_address(path, seen, told)
        return
    facts, role = seen.facts[path], seen.role(path)
    for target in seen.bare:
        of_asset = asset_findings(facts, target, role, file=path, written=path)
        found = list(weighed(of_asset, seen.question.config.severity))
        told.take(target, path, found, verdict_of(found, [facts]))


def _judge_address(url: str, seen: Inputs, told: _Told) -> None:
    from wanprep.check.urls import url_breaks

    facts = seen.facts.get(url)
    reached = facts is not None and was_reached(facts)
    told.addresses |= not reached
    for target in seen.bare:
        found = list(url_findings(url_breaks(_bare(url), target, facts), None, url, target))
        if facts and reached:
            role = seen.role(url)
            found += asset_findings(facts, target, role, file=url, written=url)
        found = list(weighed(found, seen.question.config.severity))
        unseen = not (reached or seen.question.offline)
        told.take(target, url, found, verdict_of(found, [], unseen=unseen))


def _judge_case(
    case: Case, facts: Mapping[str, Facts], question: CheckRequest, told: _Told
) -> None:
    # Jobs need much that bare media, of which hooks see more, should not wait for.
    from wanprep.check.ignores import inline_ignores, is_ignored, useless_ignores
    from wanprep.check.urls import url_breaks
    from wanprep.rules.judge_job import judge_job
    from wanprep.rules.resolve import resolve

    job, intent = case.job, case.intent
    known = {asset: facts.get(asset.location) for asset in intent.assets}
    reached = {asset: each for asset, each in known.items() if each and was_reached(each)}
    told.addresses |= any(each.kind == "url" and each not in reached for each in known)
    resolved, ignores = resolve(intent), inline_ignores(job)
    severity = question.config.severity
    told.findings += weighed(useless_ignores(job, ignores), severity)
    for target in case.targets:
        body = job.body if case.native is target else None
        found = list(job_findings(judge_job(resolved, intent, target, body), job, target))
        said = {(each.rule, each.pointer) for each in found}
        for asset in intent.assets:
            of_asset = asset_findings(
                known[asset] or presumed(asset), target, asset.role,
                file=job.file, written=asset.written, job=job, pointer=asset.pointer,
            )  # fmt: skip
            if asset.kind == "file" or asset in reached or lacks(target, asset.role):
                found += [each for each in of_asset if (each.rule, each.pointer) not in said]
            broken = url_breaks(asset, target, known[asset])
            found += url_findings(broken, job, job.file, target)
        found = [
            each
            for each in weighed(found, severity)
            if not is_ignored(ignores, each.rule, each.pointer, each.line)
        ]
        verdict = verdict_of(
            found,
            [each for asset, each in known.items() if each and asset.kind == "file"],
            unseen=any(_is_unseen(each, question) for each in known if each not in reached),
        )
        subject = job.file if job.number == 1 else f"{job.file}#{job.number}"
        told.take(target, subject, found, "fail" if job.file in told.broken else verdict)


def _is_unseen(asset: Asset, question: CheckRequest) -> bool:
    return asset.kind == "data" or (asset.kind == "url" and not question.offline)


def _report(told: _Told, seen: Inputs, jobs: int) -> Report:
    findings = sorted(told.findings, key=_order)
    texts = {file.file: file.source for file in seen.files}
    lines = {
        (each.file, each.line): texts[each.file].line_text(each.line)
        for each in findings
        if each.line is not None and each.file in texts
    }
    unchecked = [*seen.notes, *([_ADDRESSES] if told.addresses else [])]
    unchecked += [note for target in told.targets.values() for note in target.unchecked]
    return Report(
        targets=tuple(told.targets),
        findings=tuple(findings),
        verdicts=tuple(told.verdicts),
        unchecked=tuple(dict.fromkeys(unchecked)),
        assets=len(seen.facts),
        jobs=jobs,
        lines=lines,
        seen=seen,
    )


def _order(finding: Finding) -> tuple[object, ...]:
    place = (finding.line or 0, finding.column or 0)
    return (finding.file, place, _ORDER[finding.severity], finding.rule, finding.target)
