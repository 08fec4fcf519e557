"""Read the limits on a file out of the same schemas that judge it.

A condition (`if`) is asked of the facts that a repair would produce. Where it concerns the
very fact that is bounded, both of its branches hold: whoever says "under 20 MB, and better
under 19" gets under 19.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from wanprep.fix.limits import CHOICES, HIGHS, LOWS, Limit, Limits
from wanprep.judge.bounds import of_keyword
from wanprep.judge.broken import validator_of
from wanprep.judge.judge_asset import judged, lacks
from wanprep.judge.message import provider_name
from wanprep.schemas import load_schema

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping

    from wanprep.fix.plan import Need
    from wanprep.judge.expand import Schema
    from wanprep.judge.finding import Severity
    from wanprep.probe.facts import Facts


def limits_on(facts: Facts, needs: Iterable[Need], ignored: Collection[str] = ()) -> Limits:
    """Put together what all needs ask of a file with such facts.

    Roles that a target lacks ask nothing: no file would do.
    """
    known = judged(facts)
    found: dict[Limit, None] = {}
    for need in needs:
        if not lacks(need.target, need.role):
            schema, who = need.target.roles[need.role], provider_name(need.target)
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
