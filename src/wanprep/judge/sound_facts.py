"""Whether facts are what their schema says: rules over facts that are not would pass anything.

JSON Schema lets pass what is absent, of another type or no number. So before any rule, facts
are held against the published schema; by hand, since a validator would take as long for this
as for all rules together. A test holds that the two agree.
"""

from __future__ import annotations

import math
from functools import cache
from typing import TYPE_CHECKING, Any, Final

from wanprep.schemas import load_schema

if TYPE_CHECKING:
    from collections.abc import Mapping

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
