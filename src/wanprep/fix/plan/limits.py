"""What targets allow for each fact: single limits, and all limits on a file together."""

from __future__ import annotations

import math
import operator
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final, cast

from wanprep.pointers import is_number
from wanprep.rules.bounds import of_keyword
from wanprep.rules.judge_asset import facts_for_rules
from wanprep.rules.message import describe_limit
from wanprep.schemas import load_schema
from wanprep.validity import is_valid

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping

    from wanprep.fix.plan.plan import TargetRole
    from wanprep.media.facts import Facts
    from wanprep.rules.bounds import Schema
    from wanprep.rules.finding import Severity

_LOW: Final = ("minimum", "exclusiveMinimum")
_HIGH: Final = ("maximum", "exclusiveMaximum")
_CHOICES: Final = ("enum", "const")


@dataclass(frozen=True, slots=True)
class Limit:
    """One limit on one fact, and who sets it."""

    fact: str
    keyword: str
    value: Any
    rule: str
    severity: Severity
    provider: str  # empty: what every service expects

    @property
    def words(self) -> str:
        """The limit as a clause: "EvoLink requires at least 240 px"."""
        return f"{self.provider or 'any service'} requires {self.allowed}"

    @property
    def allowed(self) -> str:
        """What is allowed: "at least 240 px"."""
        value = list(self.value) if isinstance(self.value, tuple) else self.value
        return describe_limit({self.keyword: value}, self.keyword, (self.fact,))

    @property
    def choices(self) -> tuple[Any, ...] | None:
        """The values to choose from, if there is such a list."""
        if self.keyword not in _CHOICES:
            return None
        return cast("tuple[Any, ...]", self.value) if self.keyword == "enum" else (self.value,)


@dataclass(frozen=True, slots=True)
class Range:
    """The numbers that all limits on a fact allow; `low` and `high` are the tightest limits."""

    low: Limit | None = None
    high: Limit | None = None

    def is_above_low(self, value: float) -> bool:
        """Whether a value meets the lower limit."""
        if self.low is None:
            return True
        compare = operator.gt if self.low.keyword == "exclusiveMinimum" else operator.ge
        return bool(compare(value, self.low.value))

    def is_below_high(self, value: float) -> bool:
        """Whether a value meets the upper limit."""
        if self.high is None:
            return True
        compare = operator.lt if self.high.keyword == "exclusiveMaximum" else operator.le
        return bool(compare(value, self.high.value))

    def contains(self, value: float) -> bool:
        """Whether a value is inside."""
        return self.is_above_low(value) and self.is_below_high(value)

    @property
    def least(self) -> int | None:
        """The smallest whole number inside, if there is a lower end."""
        if self.low is None:
            return None
        up: int = math.ceil(self.low.value)
        return up if self.is_above_low(up) else up + 1

    @property
    def most(self) -> int | None:
        """The largest whole number inside, if there is an upper end."""
        if self.high is None:
            return None
        down: int = math.floor(self.high.value)
        return down if self.is_below_high(down) else down - 1

    @property
    def is_empty(self) -> bool:
        """Whether the ends contradict each other."""
        if self.low is None or self.high is None:
            return False
        low, high = self.low.value, self.high.value
        return bool(low > high or (low == high and not self.contains(low)))


@dataclass(frozen=True)
class Limits:
    """All limits on a file together."""

    all: tuple[Limit, ...]

    @cached_property
    def errors(self) -> Limits:
        """Only those whose violation is an error."""
        return Limits(tuple(limit for limit in self.all if limit.severity == "error"))

    def of(self, fact: str) -> tuple[Limit, ...]:
        """List the limits on one fact."""
        return tuple(limit for limit in self.all if limit.fact == fact)

    def range(self, fact: str) -> Range:
        """Intersect the limits on a number."""
        limits = self.of(fact)
        lows = [each for each in limits if each.keyword in _LOW or _is_one_number(each)]
        highs = [each for each in limits if each.keyword in _HIGH or _is_one_number(each)]
        return Range(
            max(lows, key=lambda low: (low.value, low.keyword == _LOW[1]), default=None),
            min(highs, key=lambda high: (high.value, high.keyword != _HIGH[1]), default=None),
        )

    def choices(self, fact: str) -> tuple[Any, ...] | None:
        """Intersect the lists of allowed values, in the order of the first; None: anything."""
        lists = [limit.choices for limit in self.of(fact) if limit.choices is not None]
        if not lists:
            return None
        return tuple(each for each in lists[0] if all(each in other for other in lists[1:]))

    def allows(self, fact: str, value: object) -> bool:
        """Whether a fact may have a value; an unknown one violates nothing."""
        if value is None:
            return True
        choices = self.choices(fact)
        if choices is not None and value not in choices:
            return False
        return not is_number(value) or self.range(fact).contains(value)

    def broken_by(self, facts: Facts, names: Iterable[str]) -> tuple[str, ...]:
        """List the rules that some of a file's facts break."""
        values = facts_for_rules(facts)
        rules = {
            limit.rule
            for name in names
            for limit in self.of(name)
            if not Limits((limit,)).allows(name, values.get(name))
        }
        return tuple(sorted(rules))


def _is_one_number(limit: Limit) -> bool:
    return limit.keyword == "const" and is_number(limit.value)


def limits_on(facts: Facts, roles: Iterable[TargetRole], ignored: Collection[str] = ()) -> Limits:
    """Collect the limits that all targets set for a file with such facts.

    A role that a target lacks sets none: no file is accepted there.
    """
    judged_facts = facts_for_rules(facts)
    limits: dict[Limit, None] = {}
    for each in roles:
        if each.target.has_role(each.role):
            schema, provider = each.target.roles[each.role], each.target.provider_title
            limits |= dict.fromkeys(limits_in(schema, judged_facts, provider))
    limits |= dict.fromkeys(limits_in(load_schema("asset")["$defs"]["careful"], judged_facts, ""))
    return Limits(tuple(limit for limit in limits if limit.rule not in ignored))


def limits_in(
    schema: Schema, facts: Mapping[str, Any], provider: str, fact: str = ""
) -> Iterator[Limit]:
    """List the limits in an expanded schema that apply to such facts."""
    if fact:
        yield from _own_limits(schema, provider, fact)
    else:
        for name, inner in schema.get("properties", {}).items():
            yield from limits_in(inner, facts, provider, name)
    for inner in schema.get("allOf", ()):
        yield from limits_in(inner, facts, provider, fact)
    if "if" in schema:
        yield from _conditional_limits(schema, facts, provider, fact)


def _own_limits(schema: Schema, provider: str, fact: str) -> Iterator[Limit]:
    for keyword in (*_LOW, *_HIGH, *_CHOICES):
        if keyword in schema and "x-rule" in schema:
            value = schema[keyword]
            yield Limit(
                fact=fact,
                keyword=keyword,
                value=tuple(value) if isinstance(value, list) else value,
                rule=of_keyword(schema["x-rule"], keyword),
                severity=cast("Severity", of_keyword(schema["x-severity"], keyword)),
                provider=provider,
            )


def _conditional_limits(
    schema: Schema, facts: Mapping[str, Any], provider: str, fact: str
) -> Iterator[Limit]:
    """List the limits of the branch that applies.

    For the facts of the condition itself, list those of both branches: a fix may change these,
    and a result that meets both is accepted in any case.
    """
    condition = {fact} if fact else set(_facts_in(schema["if"]))
    holds = not fact and is_valid(facts, schema["if"])
    for name, applies in (("then", holds), ("else", not holds)):
        for limit in limits_in(schema.get(name, {}), facts, provider, fact):
            if applies or limit.fact in condition:
                yield limit


def _facts_in(condition: Any) -> Iterator[str]:  # noqa: ANN401 - JSON
    if isinstance(condition, list):
        for each in condition:
            yield from _facts_in(each)
    elif isinstance(condition, dict):
        yield from condition.get("properties", ())
        for keyword in ("allOf", "anyOf", "oneOf", "not"):
            yield from _facts_in(condition.get(keyword))
