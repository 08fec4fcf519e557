"""Many bare media are judged by all cores, if their facts are cached.

A worker process looks up some names, judges and plans what it finds, and answers with the findings
alone: a file that passes costs this process hardly more than its name. Files that must be read
first are left to it; when they are more than half, it does without these workers.
"""

from __future__ import annotations

import json
from collections import deque
from functools import lru_cache
from itertools import chain, groupby, islice
from operator import itemgetter
from typing import TYPE_CHECKING, Any, Final

from wanprep.check.parts import media_in_parts
from wanprep.media.facts import Facts

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from wanprep.check.inputs import Inputs
    from wanprep.check.request import CheckRequest
    from wanprep.check.result import Report
    from wanprep.engines.worker_process import Call
    from wanprep.rules.target import Target

    Name = str | Facts
    Answer = dict[str, Any] | None  # None: not cached

_TASK: Final = "wanprep.results.on_cores:judge_cached"
_NAMES: Final = 128  # of a call
_SECONDS: Final = 60.0
_MEMORY: Final = 300 * 2**20


def media_on_cores(names: Iterator[Name], request: CheckRequest) -> Iterator[Inputs | Report]:
    """Yield reports of what workers judged, and as inputs what is left to this process."""
    sent: deque[Sequence[Name]] = deque()
    yield from _judged(names, request, sent)
    yield from media_in_parts(chain(chain.from_iterable(sent), names), request)


def _judged(
    names: Iterator[Name], request: CheckRequest, sent: deque[Sequence[Name]]
) -> Iterator[Inputs | Report]:
    """Let workers judge names; what is left in `sent` was not reported when most must be read."""
    import os

    from wanprep.check.request import targets_of
    from wanprep.engines.pool import WorkerPool
    from wanprep.media.cache import cache_file
    from wanprep.results.run import hash_rules
    from wanprep.results.shards import request_as_json

    targets = targets_of(request).of_media
    # With all that a worker keeps: it may be that of an earlier check of this process.
    keeps = {"cache_file": cache_file(), "rules": hash_rules(request, targets)}
    common = json.dumps({**request_as_json(request), **keeps})

    def calls() -> Iterator[tuple[None, Call]]:
        while some := tuple(islice(names, _NAMES)):
            sent.append(some)
            yield None, (_TASK, common, [each if isinstance(each, str) else "" for each in some])

    workers = request.workers or os.cpu_count() or 1
    pool = WorkerPool(
        [_TASK], seconds=_SECONDS, memory=_MEMORY, workers=workers, queued=4 * workers
    )
    with pool:
        for _, outcome in pool.map(calls()):
            answers = outcome if isinstance(outcome, list) else []
            if 2 * sum(each is not None for each in answers) < len(sent[0]):
                return
            yield from _parts_of(sent.popleft(), answers, request, targets)


def _parts_of(
    some: Sequence[Name],
    answers: Iterable[Answer],
    request: CheckRequest,
    targets: tuple[Target, ...],
) -> Iterator[Inputs | Report]:
    """Restore what workers report, and leave the other names to this process, in their order."""
    pairs = zip(some, answers, strict=True)
    for is_judged, group in groupby(pairs, lambda pair: pair[1] is not None):
        if is_judged:
            yield _report([(str(name), answer or {}) for name, answer in group], request, targets)
        else:
            yield from media_in_parts(map(itemgetter(0), group), request)


def _report(
    judged: Sequence[tuple[str, dict[str, Any]]], request: CheckRequest, targets: tuple[Target, ...]
) -> Report:
    from wanprep.check.inputs import Inputs
    from wanprep.check.result import Report
    from wanprep.media.workers import report
    from wanprep.rules.finding import Finding, Verdict

    facts = {name: Facts(path=name) for name, _ in judged}  # the others stay where they were used
    for each in facts.values():
        report(each, cached=True)
    return Report(
        targets=tuple(target.id for target in targets),
        findings=tuple(
            Finding(**found) for _, answer in judged for found in answer.get("findings", ())
        ),
        verdicts=tuple(
            Verdict(name, target.id, answer.get("verdicts", {}).get(target.id, "pass"))
            for name, answer in judged
            for target in targets
        ),
        unchecked=tuple(dict.fromkeys(note for target in targets for note in target.unchecked)),
        assets=len(facts),
        jobs=0,
        inputs=Inputs(request=request, media=tuple(facts), media_targets=targets, facts=facts),
        is_planned=True,
    )


def judge_cached(common: str, names: Sequence[str]) -> list[Answer]:
    """Judge the files whose facts are cached, in a worker; of one that passes there is nothing."""
    from wanprep.check.inputs import Inputs
    from wanprep.check.pipeline import judge_inputs
    from wanprep.fix.fixable import with_fixes

    judge = _judge(common)
    facts = {
        name: found
        for name, (found, _) in zip(names, judge.cache.look_up_many(names), strict=True)
        if found and name
    }
    inputs = Inputs(
        request=judge.request, media=tuple(facts), media_targets=judge.targets, facts=facts
    )
    part = with_fixes(judge_inputs(inputs), judge.plans)
    answers: dict[str, dict[str, Any]] = {name: {} for name in facts}
    for verdict in part.verdicts:
        if verdict.verdict != "pass":
            answers[verdict.subject].setdefault("verdicts", {})[verdict.target] = verdict.verdict
    for finding in part.findings:
        values = {field: getattr(finding, field) for field in judge.fields}
        answers[finding.file].setdefault("findings", []).append(values)
    return [answers.get(name) for name in names]


class _Judge:
    """What a worker keeps from call to call."""

    def __init__(self, common: str) -> None:
        from dataclasses import fields

        from wanprep.check.request import targets_of
        from wanprep.media.cache import Cache
        from wanprep.results.shards import request_of
        from wanprep.rules.finding import Finding

        values = json.loads(common)
        self.request = request_of(values, processes=1)
        self.targets = targets_of(self.request).of_media
        self.cache = Cache(values["cache_file"], deep=self.request.deep)
        self.plans: dict[object, Any] = {}
        self.fields = [field.name for field in fields(Finding)]


_judge: Final = lru_cache(1)(_Judge)  # an idle worker keeps one, whatever changed since
