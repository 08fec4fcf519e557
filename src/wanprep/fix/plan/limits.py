"""What targets allow of each fact: single limits, and all of them together."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final, cast

from wanprep.rules.bounds import of_keyword, validator_of
from wanprep.rules.judge_asset import facts_for_rules
from wanprep.rules.message import describe_limit
from wanprep.schemas import load_schema

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping

    from wanprep.fix.plan.plan import Need
    from wanprep.media.facts import Facts
    from wanprep.rules.bounds import Schema
    from wanprep.rules.finding import Severity


LOWS: Final = ("minimum", "exclusiveMinimum")


HIGHS: Final = ("maximum", "exclusiveMaximum")


CHOICES: Final = ("enum", "const")


@dataclass(frozen=True, slots=True)
class Limit:
    """One bound on one fact, and who says so."""

    fact: str
    keyword: str
    value: Any
    rule: str
    severity: Severity
    who: str  # empty: what every service expects

    @property
    def words(self) -> str:
        """Say it: "EvoLink wants at least 240 px"."""
        return f"{self.who or 'any service'} wants {self.bound}"

    @property
    def bound(self) -> str:
        """Say what is wanted: "at least 240 px"."""
        value = list(self.value) if isinstance(self.value, tuple) else self.value
        return describe_limit({self.keyword: value}, self.keyword, (self.fact,))


@dataclass(frozen=True, slots=True)
class Range:
    """The values of a number that all limits on it allow."""

    low: Limit | None = None  # the tightest ones
    high: Limit | None = None

    def reaches(self, value: float) -> bool:
        """Tell whether a value is large enough."""
        if self.low is None:
            return True
        strict = self.low.keyword == "exclusiveMinimum"
        return bool(value > self.low.value if strict else value >= self.low.value)

    def spares(self, value: float) -> bool:
        """Tell whether a value is small enough."""
        if self.high is None:
            return True
        strict = self.high.keyword == "exclusiveMaximum"
        return bool(value < self.high.value if strict else value <= self.high.value)

    def holds(self, value: float) -> bool:
        """Tell whether a value lies inside."""
        return self.reaches(value) and self.spares(value)

    @property
    def least(self) -> int | None:
        """The smallest whole number inside, if there is a lower end."""
        if self.low is None:
            return None
        up: int = math.ceil(self.low.value)
        return up if self.reaches(up) else up + 1

    @property
    def most(self) -> int | None:
        """The largest whole number inside, if there is an upper end."""
        if self.high is None:
            return None
        down: int = math.floor(self.high.value)
        return down if self.spares(down) else down - 1

    @property
    def void(self) -> bool:
        """Tell whether the ends contradict each other."""
        if self.low is None or self.high is None:
            return False
        ends = (self.low.value, self.high.value)
        return ends[0] > ends[1] or (ends[0] == ends[1] and not self.holds(ends[0]))


@dataclass(frozen=True)
class Limits:
    """All limits on a file together."""

    all: tuple[Limit, ...]

    @cached_property
    def firm(self) -> Limits:
        """Only those whose breach is an error."""
        return Limits(tuple(limit for limit in self.all if limit.severity == "error"))

    def of(self, fact: str) -> tuple[Limit, ...]:
        """List the limits on one fact."""
        return tuple(limit for limit in self.all if limit.fact == fact)

    def range(self, fact: str) -> Range:
        """Intersect the ends that are set to a number."""
        lows = [limit for limit in self.of(fact) if limit.keyword in LOWS or _fixed(limit)]
        highs = [limit for limit in self.of(fact) if limit.keyword in HIGHS or _fixed(limit)]
        return Range(
            max(lows, key=lambda low: (low.value, low.keyword == LOWS[1]), default=None),
            min(highs, key=lambda high: (high.value, high.keyword != HIGHS[1]), default=None),
        )

    def choices(self, fact: str) -> tuple[Any, ...] | None:
        """Intersect the lists of what a fact may be, in the first one's order; None: anything."""
        lists = [_listed(limit) for limit in self.of(fact) if limit.keyword in CHOICES]
        if not lists:
            return None
        return tuple(each for each in lists[0] if all(each in other for other in lists[1:]))

    def allows(self, fact: str, value: object) -> bool:
        """Tell whether a fact may have a value. What is not known breaks nothing."""
        if value is None:
            return True
        choices = self.choices(fact)
        if choices is not None and value not in choices:
            return False
        number = isinstance(value, int | float) and not isinstance(value, bool)
        return not number or self.range(fact).holds(cast("float", value))

    def broken_by(self, facts: Facts, names: Iterable[str]) -> tuple[str, ...]:
        """Name the rules that some of a file's facts break."""
        rules = {
            limit.rule
            for name in names
            for limit in self.of(name)
            if not Limits((limit,)).allows(name, getattr(facts, name))
        }
        return tuple(sorted(rules))


def _fixed(limit: Limit) -> bool:
    value = limit.value
    return (
        limit.keyword == "const" and isinstance(value, int | float) and not isinstance(value, bool)
    )


def _listed(limit: Limit) -> list[Any]:
    return list(limit.value) if limit.keyword == "enum" else [limit.value]


def limits_on(facts: Facts, needs: Iterable[Need], ignored: Collection[str] = ()) -> Limits:
    """Put together what all needs ask of a file with such facts.

    Roles that a target lacks ask nothing: no file would do.
    """
    known = facts_for_rules(facts)
    found: dict[Limit, None] = {}
    for need in needs:
        if need.target.has_role(need.role):
            schema, who = need.target.roles[need.role], need.target.provider_title
            found |= dict.fromkeys(limits_in(schema, known, who))
    found |= dict.fromkeys(limits_in(load_schema("asset")["$defs"]["careful"], known, ""))
    return Limits(tuple(limit for limit in found if limit.rule not in ignored))


def limits_in(schema: Schema, known: Mapping[str, Any], who: str) -> Iterator[Limit]:
    """List the limits of an expanded schema that hold for such facts."""
    yield from _walk(schema, known, who, "")


def _walk(schema: Schema, known: Mapping[str, Any], who: str, fact: str) -> Iterator[Limit]:
    if fact:
        yield from _own(schema, who, fact)
    else:
        for name, inner in schema.get("properties", {}).items():
            yield from _walk(inner, known, who, name)
    for inner in schema.get("allOf", ()):
        yield from _walk(inner, known, who, fact)
    if "if" in schema:
        yield from _branches(schema, known, who, fact)


def _own(schema: Schema, who: str, fact: str) -> Iterator[Limit]:
    for keyword in (*LOWS, *HIGHS, *CHOICES):
        if keyword in schema and "x-rule" in schema:
            yield Limit(
                fact=fact,
                keyword=keyword,
                value=_hashable(schema[keyword]),
                rule=of_keyword(schema["x-rule"], keyword),
                severity=cast("Severity", of_keyword(schema["x-severity"], keyword)),
                who=who,
            )


def _hashable(value: Any) -> Any:  # noqa: ANN401 - JSON
    return tuple(value) if isinstance(value, list) else value


def _branches(schema: Schema, known: Mapping[str, Any], who: str, fact: str) -> Iterator[Limit]:
    asked = {fact} if fact else set(_asked_about(schema["if"]))
    holds = not fact and validator_of(schema["if"]).is_valid(known)
    for name, taken in (("then", holds), ("else", not holds)):
        for limit in _walk(schema.get(name, {}), known, who, fact):
            if taken or limit.fact in asked:
                yield limit


def _asked_about(condition: Any) -> Iterator[str]:  # noqa: ANN401 - JSON
    """Name the facts that a condition looks at."""
    if isinstance(condition, list):
        for each in condition:
            yield from _asked_about(each)
    elif isinstance(condition, dict):
        yield from condition.get("properties", ())
        for keyword in ("allOf", "anyOf", "oneOf", "not"):
            yield from _asked_about(condition.get(keyword))
