"""Hold one media file's facts against what a target allows in one role."""

from __future__ import annotations

import math
from functools import cache
from itertools import chain
from typing import TYPE_CHECKING, Any, Final

from wanprep.media.facts import LFS_POINTER, MISSING, NOT_DECODED, NOT_READ
from wanprep.rules.broken import Broken, broken_bounds
from wanprep.schemas import load_schema

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from wanprep.media.facts import Facts
    from wanprep.rules.expand import Schema
    from wanprep.rules.target import Target


_TYPES: Final[dict[str, tuple[type, ...]]] = {
    "string": (str,),
    "integer": (int,),
    "number": (int, float),
    "boolean": (bool,),
}


def unsound(facts: Mapping[str, Any]) -> str | None:
    """Name the first fact that cannot be true, or that is missing; None when all is well."""
    known = load_schema("facts")["properties"]
    for name, value in facts.items():
        if name not in known or not _fits(value, known[name]):
            return name
    return next((name for name in _needed(facts) if name not in facts), None)


def _fits(value: object, schema: Mapping[str, Any]) -> bool:
    if "enum" in schema:
        return type(value) in {int, str} and value in schema["enum"]
    wanted = schema["type"]
    if not isinstance(value, _TYPES[wanted]) or (isinstance(value, bool) != (wanted == "boolean")):
        return False
    if isinstance(value, int | float) and not isinstance(value, bool):
        return (
            math.isfinite(value)
            and schema.get("minimum", value) <= value <= schema.get("maximum", value)
            and ("exclusiveMinimum" not in schema or value > schema["exclusiveMinimum"])
        )
    return not isinstance(value, str) or len(value) >= schema.get("minLength", 0)


def _needed(facts: Mapping[str, Any]) -> list[str]:
    always, by_kind = _required()
    if facts.get("readable"):
        return [*always, "bytes", *by_kind.get(facts.get("kind", ""), ())]
    return [*always, "problem"]


@cache
def _required() -> tuple[list[str], dict[str, list[str]]]:
    schema = load_schema("facts")
    by_kind = {
        rule["if"]["properties"]["kind"]["const"]: rule["then"]["required"]
        for rule in schema["allOf"]
        if "kind" in rule["if"]["properties"]
    }
    return schema["required"], by_kind


# A name may claim these for each other: the same container under a neighbour's name.
_KIN: Final = (
    frozenset({"mp4", "m4a", "mov", "3gp"}),
    frozenset({"mkv", "webm"}),
    frozenset({"heic", "avif"}),
)


def judge_asset(facts: Facts, target: Target, role: str) -> Iterator[Broken]:
    """Tell each bound that a file breaks; each rule once, however many bounds name it."""
    schemas = load_schema("asset")["$defs"]
    told = judged(facts)
    if lacks(target, role):
        refused = broken_bounds(told, target.roles[role])
        yield next(broken for broken in refused if broken.keyword == "not")
        return  # what the file is does not matter where none is taken
    if culprit := unsound(facts.as_json()):
        told |= {"readable": False, "problem": f"{culprit} cannot be told"}
        yield from broken_bounds(told, schemas["usable"])
        return
    unusable = [] if facts.readable else list(_unusable(told, schemas))
    if unusable and (unusable[0].rule != "asset-unreadable" or _not_looked_at(facts)):
        yield unusable[0]  # nothing else can be said of what is not there, or was not opened
        return
    by_rule: dict[str, list[Broken]] = {}
    for broken in chain(
        unusable,
        broken_bounds(told, target.roles[role]),
        broken_bounds(told, schemas["careful"]),
    ):
        if not (broken.keyword == "required" and not facts.readable):
            by_rule.setdefault(broken.rule, []).append(broken)
    yield from map(_narrowest, by_rule.values())


def _narrowest(of_rule: list[Broken]) -> Broken:
    """Of a bound that is set twice, as by a target that narrows a shared one, take what holds."""
    first = of_rule[0]
    same = [each for each in of_rule if (each.path, each.keyword) == (first.path, first.keyword)]
    match first.keyword:
        case "maximum" | "exclusiveMaximum":
            return min(same, key=lambda each: float(each.limit))
        case "minimum" | "exclusiveMinimum":
            return max(same, key=lambda each: float(each.limit))
        case _:
            return first


def _unusable(told: Mapping[str, Any], schemas: Mapping[str, Schema]) -> Iterator[Broken]:
    yield from broken_bounds(told, schemas["there"])
    yield from broken_bounds(told, schemas["usable"])


def _not_looked_at(facts: Facts) -> bool:
    return facts.bytes is None or (facts.problem or "").startswith(NOT_READ)


def lacks(target: Target, role: str) -> bool:
    """Tell whether a target has no such role: its rule for it allows nothing."""
    return target.roles[role].get("not") == {}


def judged(facts: Facts) -> dict[str, Any]:
    """Return facts as rules see them: with the few things that follow from several of them."""
    problem = facts.problem or ""
    return facts.as_json() | {
        "exists": not problem.startswith(MISSING),
        "empty": facts.bytes == 0,
        "lfs_pointer": problem == LFS_POINTER,
        "named_truly": _named_truly(facts),
        "header_true": not (facts.readable and problem) or problem.startswith(NOT_DECODED),
    }


def _named_truly(facts: Facts) -> bool:
    claimed, is_format = facts.extension_format, facts.format
    if claimed is None or is_format in {"unknown", claimed}:
        return True
    return any({claimed, is_format} <= kin for kin in _KIN)
