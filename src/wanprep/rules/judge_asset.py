"""Check one media file's facts against what a target allows in one role."""

from __future__ import annotations

import math
from itertools import chain
from typing import TYPE_CHECKING, Any, Final

from wanprep.media.facts import LFS_POINTER, MISSING, NOT_DECODED, NOT_READ, is_url
from wanprep.schemas import load_schema
from wanprep.validity import errors, is_valid

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from wanprep.media.facts import Facts
    from wanprep.rules.bounds import Schema, Violation
    from wanprep.rules.target import Target
    from wanprep.validity import Invalid

# Extensions that are used for each other: the same container under a related name.
_RELATED: Final = (
    frozenset({"mp4", "m4a", "mov", "3gp"}),
    frozenset({"mkv", "webm"}),
    frozenset({"heic", "avif"}),
)


def judge_asset(facts: Facts, target: Target, role: str) -> Iterator[Violation]:
    """List the bounds that a file violates; each rule once, however many bounds name it."""
    known = facts.as_json()
    value = known | _derived(facts)
    is_met = is_valid(value, target.roles[role]) and is_valid(value, _limits("careful"))
    if not (is_met and facts.readable and invalid_fact(known) is None):
        yield from _violations(facts, value, target, role)


def _violations(
    facts: Facts, value: dict[str, Any], target: Target, role: str
) -> Iterator[Violation]:
    from wanprep.rules.bounds import narrowest, violations

    in_role = list(violations(value, target.roles[role]))
    if not target.has_role(role) and not _is_unknown(facts):
        yield next(each for each in in_role if each.keyword == "not")
        return  # what the file is does not matter where none is taken
    if name := invalid_fact(facts.as_json()):
        value |= {"readable": False, "problem": f"{name} is unknown"}
        yield from violations(value, _limits("usable"))
        return
    unusable: list[Violation] = []
    if not facts.readable:
        unusable += chain(*(violations(value, _limits(name)) for name in ("there", "usable")))
    if unusable and (unusable[0].rule != "asset-unreadable" or _is_unread(facts)):
        yield unusable[0]  # there are no other facts of a file that is missing or was not opened
        return
    is_no_media = facts.format == "unknown" and not facts.readable
    if is_no_media or any(each.path == ("kind",) for each in in_role):
        in_role = [each for each in in_role if each.path != ("format",)]  # that follows from it
    by_rule: dict[str, list[Violation]] = {}
    for each in chain(unusable, in_role, violations(value, _limits("careful"))):
        if not (each.keyword == "required" and not facts.readable):
            by_rule.setdefault(each.rule, []).append(each)
    yield from map(narrowest, by_rule.values())


def _limits(name: str) -> Schema:
    """Return limits that all targets share."""
    limits: Schema = load_schema("asset")["$defs"][name]
    return limits


def _is_unread(facts: Facts) -> bool:
    return facts.bytes is None or (facts.problem or "").startswith(NOT_READ)


def _is_unknown(facts: Facts) -> bool:
    """Whether not even the name shows what it is, such as a folder that cannot be listed."""
    return facts.extension_format is None and (facts.problem or "").startswith(NOT_READ)


def facts_for_rules(facts: Facts) -> dict[str, Any]:
    """Return facts as rules see them: with what follows from several of them."""
    return facts.as_json() | _derived(facts)


def _derived(facts: Facts) -> dict[str, Any]:
    problem = facts.problem or ""
    claimed, actual = facts.extension_format, facts.format
    pixels = {"pixels": facts.width * facts.height} if facts.width and facts.height else {}
    return (
        pixels
        | _transport(facts)
        | {
            "exists": not problem.startswith(MISSING),
            "empty": facts.bytes == 0,
            "lfs_pointer": problem == LFS_POINTER,
            "named_truly": claimed is None
            or actual in {"unknown", claimed}
            or any({claimed, actual} <= formats for formats in _RELATED),
            "header_true": not (facts.readable and problem) or problem.startswith(NOT_DECODED),
            "decoded": not problem.startswith(NOT_DECODED),
        }
    )


def _transport(facts: Facts) -> dict[str, Any]:
    """Say how the service gets a file, and how long it is inside of a request."""
    if not facts.path.startswith("data:"):
        return {"transport": "url" if is_url(facts.path) else "file"}
    return {"transport": "data", "encoded_bytes": 4 * (((facts.bytes or 0) + 2) // 3)}


def invalid_fact(facts: Mapping[str, Any]) -> str | None:
    """Name the first fact that is impossible or missing."""
    for name, value in facts.items():
        if isinstance(value, float) and not math.isfinite(value):  # is a number in JSON Schema
            return name
    return next(map(_culprit, errors(facts, load_schema("facts"))), None)


def _culprit(error: Invalid) -> str:
    limit, names = error.schema, [*error.value] if isinstance(error.value, dict) else []
    match error.keyword:
        case "additionalProperties":
            return next(str(name) for name in names if name not in limit["properties"])
        case "required":
            return next(str(name) for name in limit["required"] if name not in names)
    return str(error.path[0])
