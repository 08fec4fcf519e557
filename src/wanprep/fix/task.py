"""What is asked of a fix, and what was found that it would do."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from wanprep.check.ignores import ignored_rules_at, inline_ignores
from wanprep.fix.plan.plan import Need, Options
from wanprep.fix.receipt import Earlier

if TYPE_CHECKING:
    from collections.abc import Iterator

    from wanprep.check.inputs import Case, CheckRequest, Inputs
    from wanprep.fix.deliver import Places
    from wanprep.fix.plan.plan import NotFixable, Plan, Untouched
    from wanprep.job.model import Asset, Job
    from wanprep.media.facts import Facts


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """What is to be fixed, how, and where the results go."""

    question: CheckRequest
    ignored: frozenset[str] = frozenset()  # rules that are no reason to change anything
    options: Options = field(default_factory=Options)
    out: str | None = None  # None: in place
    earlier: Earlier = field(default_factory=Earlier)  # what may be written over
    workers: int | None = None


@dataclass(frozen=True, slots=True)
class Intended:
    """One file, what is to be done with it, and where that goes."""

    wanted: Wanted
    plan: Plan | Untouched | NotFixable
    result: str
    refused: tuple[str, ...] = ()  # what would have to be asked, in words


@dataclass(frozen=True, slots=True)
class Prepared:
    """Everything that a run would do."""

    seen: Inputs
    places: Places
    files: tuple[Intended, ...]


@dataclass(frozen=True, slots=True)
class Use:
    """One place in a job that names the file."""

    job: Job
    asset: Asset


@dataclass(slots=True, kw_only=True)
class Wanted:
    """One file, what it must be fit for, and who names it."""

    path: str
    facts: Facts
    needs: list[Need] = field(default_factory=list)
    ignored: set[str] = field(default_factory=set)
    uses: list[Use] = field(default_factory=list)


def wanted_files(seen: Inputs) -> list[Wanted]:
    """List every file once, whoever names it and however its path is written."""
    config, found = seen.request.config, dict[str, Wanted]()

    def at(path: str) -> Wanted:
        wanted = Wanted(path=path, facts=seen.facts[path])
        return found.setdefault(os.path.abspath(path), wanted)

    for path in seen.media:
        bare = at(path)
        bare.ignored |= config.ignored_rules(path)
        bare.needs += (Need(target, seen.role(path)) for target in seen.media_targets)
    for case, asset in _assets(seen):
        wanted = at(asset.location)
        wanted.uses.append(Use(case.job, asset))
        wanted.ignored |= config.ignored_rules(case.job.file, asset.written)
        # Where a target takes no such thing, the job is at fault and not the file.
        wanted.needs += (
            Need(target, asset.role) for target in case.targets if target.has_role(asset.role)
        )
    for wanted in found.values():
        if wanted.path not in seen.media:
            wanted.ignored |= _accepted(wanted)
        wanted.needs = list({_key(need): need for need in wanted.needs}.values())
    return list(found.values())


def _accepted(wanted: Wanted) -> set[str]:
    """Tell what the comments of all its jobs accept: what one of them minds is to be fixed."""
    return set.intersection(
        *(
            ignored_rules_at(
                inline_ignores(use.job),
                use.asset.pointer,
                use.job.document.place(use.asset.pointer).line,
            )
            for use in wanted.uses
        )
    )


def _key(need: Need) -> tuple[str, str]:
    return (need.target.id, need.role)


def _assets(seen: Inputs) -> Iterator[tuple[Case, Asset]]:
    for of_file in seen.cases:
        for case in of_file:
            yield from ((case, asset) for asset in case.intent.assets if asset.kind == "file")
