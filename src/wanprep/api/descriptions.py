"""Targets and rules as values."""

from __future__ import annotations

from dataclasses import asdict, field
from typing import TYPE_CHECKING, Any

from wanprep.dataclass import dataclass
from wanprep.rules.examples import example_of
from wanprep.rules.limits import RuleLimit, describe_target, limits_of_rule

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from wanprep.rules.finding import Rule
    from wanprep.rules.target import Target


@dataclass(frozen=True, slots=True, kw_only=True)
class Limit:
    """One limit of a target, with its rules and its source."""

    path: str  # the fact, or the part of the job; empty for the whole
    allowed: str  # in words
    bounds: Mapping[str, Any]  # by the keywords of JSON Schema
    rules: list[str]
    severity: str
    conditional: bool  # whether it holds in some cases only
    source: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class TargetInfo:
    """One target: what it accepts, with sources."""

    id: str
    provider: str
    model: str
    summary: str
    until: str | None  # the date after which it is gone
    replaced_by: str | None
    roles: Mapping[str, tuple[Limit, ...]]  # of files, by each role that it accepts
    job: tuple[Limit, ...]
    parameters: Mapping[str, Any]  # their defaults, where the provider documents one
    prompt_names: tuple[str, ...]  # how a prompt names references
    price: Mapping[str, Any] | None
    unchecked: tuple[str, ...]  # what no local check can see
    docs: tuple[str, ...]
    data: Mapping[str, Any] = field(repr=False)

    def as_json(self) -> dict[str, Any]:
        """Return what `wanprep targets ID --format json` prints, but for notes on submitting."""
        return dict(self.data)


def describe(target: Target) -> TargetInfo:
    """Describe a target."""
    data = describe_target(target)
    same = ("id", "provider", "model", "summary", "until", "replaced_by", "price")
    return TargetInfo(
        **{name: data[name] for name in same},
        roles={
            name: _limits(role["limits"])
            for name, role in data["roles"].items()
            if role["accepted"]
        },
        job=_limits(data["job"]),
        parameters={name: each["default"] for name, each in data["parameters"].items()},
        prompt_names=tuple(data["prompt_names"]),
        unchecked=tuple(data["unchecked"]),
        docs=tuple(data["docs"]),
        data=data,
    )


def _limits(entries: Iterable[Mapping[str, Any]]) -> tuple[Limit, ...]:
    return tuple(Limit(**entry) for entry in entries)


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """What a rule means, and where it has limits."""

    name: str
    title: str
    why: str
    by_hand: str  # how a person can fix it
    fix: str  # what `wanprep fix` does about it; empty if it never can
    before: str  # an example that breaks the rule, and one that does not; empty without one
    after: str
    limits: tuple[RuleLimit, ...]  # equal limits of several targets once

    def as_json(self) -> dict[str, Any]:
        """Return it with the names of its attributes."""
        return asdict(self)


def explanation(rule: Rule, targets: Iterable[Target]) -> Explanation:
    """Explain a rule, with its limits at some targets."""
    example = example_of(rule.name)
    before, after = example.texts if example else ("", "")
    return Explanation(
        name=rule.name, title=rule.title, why=rule.why, by_hand=rule.by_hand, fix=rule.fix,
        before=before, after=after, limits=tuple(limits_of_rule(rule.name, targets)),
    )  # fmt: skip
