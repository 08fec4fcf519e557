"""Check one media file's facts against what a target allows in one role."""

from __future__ import annotations

import math
from functools import cache
from itertools import chain
from typing import TYPE_CHECKING, Any, Final

from wanprep.media.facts import LFS_POINTER, MISSING, NOT_DECODED, NOT_READ
from wanprep.rules.bounds import Violation, narrowest, violations
from wanprep.schemas import load_schema

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from wanprep.media.facts import Facts
    from wanprep.rules.target import Target

_TYPES: Final[dict[str, tuple[type, ...]]] = {
    "string": (str,),
    "integer": (int,),
    "number": (int, float),
    "boolean": (bool,),
}
# Extensions that are used for each other: the same container under a related name.
_RELATED: Final = (
    frozenset({"mp4", "m4a", "mov", "3gp"}),
    frozenset({"mkv", "webm"}),
    frozenset({"heic", "avif"}),
)


def judge_asset(facts: Facts, target: Target, role: str) -> Iterator[Violation]:
    """List the bounds that a file violates; each rule once, however many bounds name it."""
    schemas = load_schema("asset")["$defs"]
    value = facts_for_rules(facts)
    in_role = list(violations(value, target.roles[role]))
    if not target.has_role(role) and not _is_unknown(facts):
        yield next(each for each in in_role if each.keyword == "not")
        return  # what the file is does not matter where none is taken
    if name := invalid_fact(facts.as_json()):
        value |= {"readable": False, "problem": f"{name} is unknown"}
        yield from violations(value, schemas["usable"])
        return
    unusable: list[Violation] = []
    if not facts.readable:
        unusable += chain(*(violations(value, schemas[name]) for name in ("there", "usable")))
    if unusable and (unusable[0].rule != "asset-unreadable" or _is_unread(facts)):
        yield unusable[0]  # there are no other facts of a file that is missing or was not opened
        return
    is_no_media = facts.format == "unknown" and not facts.readable
    if is_no_media or any(each.path == ("kind",) for each in in_role):
        in_role = [each for each in in_role if each.path != ("format",)]  # that follows from it
    by_rule: dict[str, list[Violation]] = {}
    for each in chain(unusable, in_role, violations(value, schemas["careful"])):
        if not (each.keyword == "required" and not facts.readable):
            by_rule.setdefault(each.rule, []).append(each)
    yield from map(narrowest, by_rule.values())


def _is_unread(facts: Facts) -> bool:
    return facts.bytes is None or (facts.problem or "").startswith(NOT_READ)


def _is_unknown(facts: Facts) -> bool:
    """Whether not even the name shows what it is, such as a folder that cannot be listed."""
    return facts.extension_format is None and (facts.problem or "").startswith(NOT_READ)


def facts_for_rules(facts: Facts) -> dict[str, Any]:
    """Return facts as rules see them: with what follows from several of them."""
    problem = facts.problem or ""
    claimed, actual = facts.extension_format, facts.format
    return facts.as_json() | {
        "exists": not problem.startswith(MISSING),
        "empty": facts.bytes == 0,
        "lfs_pointer": problem == LFS_POINTER,
        "named_truly": claimed is None
        or actual in {"unknown", claimed}
        or any({claimed, actual} <= formats for formats in _RELATED),
        "header_true": not (facts.readable and problem) or problem.startswith(NOT_DECODED),
        "decoded": not problem.startswith(NOT_DECODED),
    }


def invalid_fact(facts: Mapping[str, Any]) -> str | None:
    """Name the first fact that is impossible or missing.

    By the schema of facts, and much faster than by a full validation.
    """
    schemas = load_schema("facts")["properties"]
    for name, value in facts.items():
        if name not in schemas or not _is_valid(value, schemas[name]):
            return name
    return next((name for name in _required(facts) if name not in facts), None)


def _is_valid(value: object, schema: Mapping[str, Any]) -> bool:
    if "enum" in schema:
        return type(value) in {int, str} and value in schema["enum"]
    expected: str = schema["type"]
    if not isinstance(value, _TYPES[expected]):
        return False
    if isinstance(value, bool):
        return expected == "boolean"
    if isinstance(value, int | float):
        low, high = schema.get("minimum", value), schema.get("maximum", value)
        above = schema.get("exclusiveMinimum", -math.inf)
        return bool(math.isfinite(value) and low <= value <= high and value > above)
    shortest: int = schema.get("minLength", 0)
    return len(str(value)) >= shortest


def _required(facts: Mapping[str, Any]) -> list[str]:
    always: list[str] = load_schema("facts")["required"]
    if not facts.get("readable"):
        return [*always, "problem"]
    return [*always, "bytes", *_required_by_kind().get(facts.get("kind", ""), ())]


@cache
def _required_by_kind() -> dict[str, list[str]]:
    return {
        rule["if"]["properties"]["kind"]["const"]: rule["then"]["required"]
        for rule in load_schema("facts")["allOf"]
        if "kind" in rule["if"]["properties"]
    }
