"""Read, probe, judge, report: the whole check."""

from __future__ import annotations

from dataclasses import field
from itertools import chain
from typing import TYPE_CHECKING, Final

from wanprep.check.findings import (
    asset_findings,
    job_findings,
    problem_finding,
    url_findings,
    verdict_of,
)
from wanprep.check.inputs import read_inputs, url_asset
from wanprep.check.parts import inputs_in_parts
from wanprep.check.result import Report, drop_findings, with_severities
from wanprep.dataclass import dataclass
from wanprep.media.facts import UNREAD, Facts, is_url
from wanprep.rules.finding import Finding, Verdict

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from datetime import date

    from wanprep.check.inputs import Case, Inputs
    from wanprep.check.plugin_checks import Check
    from wanprep.check.request import CheckRequest
    from wanprep.job.model import Asset
    from wanprep.job.roles import Roles
    from wanprep.rules.target import Target

_MANY: Final = 10_000  # files that are worth the start of worker processes that judge
_URLS: Final = "The files behind URLs that were not, or could not be, fetched."
_ELSEWHERE: Final = frozenset({"url", "object"})
_ORDER: Final = {"error": 0, "warning": 1, "note": 2}


@dataclass(slots=True)
class _Results:
    """What the check has found so far."""

    findings: list[Finding] = field(default_factory=list)
    verdicts: list[Verdict] = field(default_factory=list)
    targets: dict[str, Target] = field(default_factory=dict)
    invalid_files: set[str] = field(default_factory=set)
    has_unseen_urls: bool = False

    def add(self, target: Target, found: list[Finding], verdict: Verdict) -> None:
        """Add the result of one subject for one target."""
        self.targets[target.id] = target
        self.findings += found
        self.verdicts.append(verdict)


def run_check(request: CheckRequest) -> Report:
    """Read, probe and judge everything that is requested, at once."""
    return judge_inputs(read_inputs(request))


def check_in_parts(
    request: CheckRequest,
    elsewhere: Callable[[Iterator[str | Facts]], Iterator[Inputs | Report]] | None = None,
) -> Iterator[Report]:
    """Read, probe and judge everything that is requested, and keep none of it.

    `elsewhere` takes many bare media, and yields reports of those that it has judged.
    """
    for found in inputs_in_parts(request, elsewhere=elsewhere, at_least=_MANY):
        yield found if isinstance(found, Report) else judge_inputs(found)


def judge_inputs(inputs: Inputs) -> Report:
    """Judge what was read and probed: jobs, then bare media in their order."""
    results = _Results()
    for file, cases, problems in inputs.jobs:
        found = [problem_finding(each, file.file) for each in (*file.problems, *problems)]
        results.findings += found
        results.invalid_files |= {file.file} if found else set()
        for case in cases:
            _judge_case(case, inputs, results)
        judged = {case.job.number for case in cases if case.targets}
        for number in range(1, max(1, file.documents) + 1):
            if number not in judged:  # nobody knows for which target
                results.verdicts.append(Verdict(subject_of(file.file, number), "", "fail"))
    for path in inputs.media:
        (_judge_url if is_url(path) else _judge_file)(path, inputs, results)
    config = inputs.request.config
    return drop_findings(
        _report(results, inputs),
        lambda finding: finding.rule in config.ignored_rules(finding.file, finding.asset or ""),
    )


def is_reached(facts: Facts) -> bool:
    """Whether a file was found behind a URL, so that it can be judged."""
    return not (facts.problem or "").startswith(UNREAD)


def _judge_file(path: str, inputs: Inputs, results: _Results) -> None:
    facts = inputs.facts[path]
    for target in inputs.media_targets:
        role = inputs.role(path, target)
        found = [*asset_findings(facts, target, role, file=path, written=path)]
        if facts.content_type:  # of an object in a store
            found += _type_findings(path, target, facts)
        checks = inputs.request.checks
        found += _of_plugins(checks, facts, target, role, path)
        weighed = list(with_severities(found, inputs.request.config.severity))
        results.add(target, weighed, Verdict(path, target.id, verdict_of(weighed, [facts])))


def _of_plugins(
    checks: Sequence[Check], facts: Facts, target: Target, role: str, path: str
) -> Iterable[Finding]:
    if not checks:  # nearly always, and their module is not even imported
        return ()
    from wanprep.check.plugin_checks import file_findings

    return file_findings(checks, facts, target, role, file=path, written=path)


def _type_findings(url: str, target: Target, facts: Facts) -> Iterator[Finding]:
    from wanprep.check.urls import url_violations

    yield from url_findings(url_violations(url_asset(url), target, facts), None, url, target)


def _judge_url(url: str, inputs: Inputs, results: _Results) -> None:
    from wanprep.check.urls import url_violations

    facts = inputs.facts.get(url)
    reached = facts is not None and is_reached(facts)
    results.has_unseen_urls |= not reached
    for target in inputs.media_targets:
        violations = url_violations(url_asset(url), target, facts)
        found = list(url_findings(violations, None, url, target))
        if facts and reached:
            role = inputs.role(url, target)
            found += asset_findings(facts, target, role, file=url, written=url)
            found += _of_plugins(inputs.request.checks, facts, target, role, url)
        found = list(with_severities(found, inputs.request.config.severity))
        outcome = verdict_of(found, [facts] if facts else [], unseen=not reached)
        excused = outcome == "unknown" and inputs.request.offline
        results.add(target, found, Verdict(url, target.id, outcome, excused))


def _judge_case(case: Case, inputs: Inputs, results: _Results) -> None:
    job, severity, checks = case.job, inputs.request.config.severity, inputs.request.checks
    facts = {asset: inputs.facts.get(asset.location) for asset in case.intent.assets}
    reached = {asset for asset, each in facts.items() if each and is_reached(each)}
    unreached = facts.keys() - reached
    results.has_unseen_urls |= any(asset.kind in _ELSEWHERE for asset in unreached)
    ignores = None
    if "wanprep:" in job.document.source.text:  # most jobs do without this import
        from wanprep.check.ignores import inline_ignores, invalid_ignores

        ignores = inline_ignores(job)
        results.findings += with_severities(invalid_ignores(job, ignores), severity)
    probed = [each for each in facts.values() if each]
    unseen = any(asset.kind != "file" for asset in unreached)
    excused = inputs.request.offline and all(asset.kind in _ELSEWHERE for asset in unreached)
    invalid = job.file in results.invalid_files
    for target in case.targets:
        judged = _findings(case, target, facts, checks, inputs.request.today)
        found = [
            each
            for each in with_severities(judged, severity)
            if not (ignores and ignores.cover(each.rule, each.pointer, each.line))
        ]
        outcome = "fail" if invalid else verdict_of(found, probed, unseen=unseen)
        is_excused = excused and outcome == "unknown" and verdict_of(found, probed) == "pass"
        subject = subject_of(job.file, job.number)
        results.add(target, found, Verdict(subject, target.id, outcome, is_excused))


def subject_of(file: str, number: int) -> str:
    """Name a document of a file: job.yaml, then job.yaml#2."""
    return file if number == 1 else f"{file}#{number}"


def _findings(
    case: Case,
    target: Target,
    facts: Mapping[Asset, Facts | None],
    checks: Sequence[Check],
    today: date,
) -> Iterator[Finding]:
    """Judge a job and its assets for one target."""
    from wanprep.rules.intent import resolve
    from wanprep.rules.judge_job import end_of_target, judge_job

    job = case.job
    known = {asset.pointer: each for asset, each in facts.items() if each and is_reached(each)}
    resolved = resolve(case.intent, known, target)
    body = job.body if case.native is target else None
    end = end_of_target(target, today, job.targets.get(target.id, case.intent.root))
    found = chain([end] if end else [], judge_job(resolved, case.intent, target, body))
    of_job = list(job_findings(found, job, target))
    yield from of_job
    if checks:  # nearly never: see `_of_plugins`
        from wanprep.check import plugin_checks

        yield from plugin_checks.job_findings(checks, case, target, resolved)
    reported = {(each.rule, each.pointer) for each in of_job}
    for asset, probed in facts.items():
        of_asset = _of_asset(case, target, asset, probed)
        yield from (each for each in of_asset if (each.rule, each.pointer) not in reported)
        if probed and checks and is_reached(probed):
            for each in plugin_checks.file_findings(
                checks, probed, target, asset.role, file=job.file, written=asset.shown
            ):
                yield plugin_checks.at_place(case, asset.pointer, each)
        if asset.kind != "file":
            from wanprep.check.urls import url_violations

            yield from url_findings(url_violations(asset, target, probed), job, job.file, target)


def _of_asset(case: Case, target: Target, asset: Asset, probed: Facts | None) -> Iterable[Finding]:
    """Judge a file by its facts, or where it was not reached and has no role by its URL."""
    was_tried = asset.kind == "file" or (asset.kind == "object" and probed)
    if not was_tried and not (probed and is_reached(probed)) and target.has_role(asset.role):
        return ()
    return asset_findings(
        probed or placeholder_facts(asset, case.intent.roles), target, asset.role,
        file=case.job.file, written=asset.shown, job=case.job, pointer=asset.pointer,
    )  # fmt: skip


def placeholder_facts(asset: Asset, roles: Roles) -> Facts:
    """Return the facts that follow from the URL alone, where it was not probed."""
    return Facts(path=asset.location, kind=roles[asset.role].kind, readable=True)


def _report(results: _Results, inputs: Inputs) -> Report:
    sources = {file.file: file.source for file in inputs.files}
    places = {name: at for at, name in enumerate([*sources, *inputs.media])}
    findings = sorted(results.findings, key=lambda each: (places[each.file], _order(each)))
    lines = {
        (each.file, each.line): sources[each.file].line_text(each.line)
        for each in findings
        if each.line is not None and each.file in sources
    }
    unchecked: Iterable[str] = [
        *inputs.notes,
        *([_URLS] if results.has_unseen_urls else []),
        *(note for target in results.targets.values() for note in target.unchecked),
    ]
    return Report(
        targets=tuple(dict.fromkeys([*results.targets, *inputs.later_targets])),
        findings=tuple(findings),
        verdicts=tuple(results.verdicts),
        unchecked=tuple(dict.fromkeys(unchecked)),
        assets=len(inputs.facts) - len(inputs.reported),
        jobs=sum(max(1, file.documents) for file in inputs.files),
        job_files=len(inputs.files),
        lines=lines,
        inputs=inputs,
    )


def _order(finding: Finding) -> tuple[object, ...]:
    place = (finding.line or 0, finding.column or 0)
    return (place, _ORDER[finding.severity], finding.rule, finding.target)
