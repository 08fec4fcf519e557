"""The bounds in a rule schema, and which of them a value violates."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final, cast

from wanprep.dataclass import dataclass
from wanprep.rules.load_target import SEVERITIES
from wanprep.validity import errors

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from wanprep.rules.finding import Severity

Schema = dict[str, Any]

# The keywords that reject something by themselves. `type` is one where it has a rule: facts
# and the shape of jobs are validated against their own schemas first.
LIMITS: Final = (
    "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "enum", "const", "pattern",
    "minLength", "maxLength", "minItems", "maxItems", "required", "not", "anyOf", "oneOf",
    "additionalProperties", "minProperties", "maxProperties", "multipleOf", "uniqueItems",
    "contains", "minContains", "maxContains", "type",
)  # fmt: skip
# Below these, a schema is only a condition: failing it rejects nothing.
_CONDITIONS: Final = frozenset({"if", "not", "anyOf", "oneOf", "contains"})
_MAPS: Final = frozenset({"properties", "patternProperties", "$defs"})
RANGE: Final = ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum")


@dataclass(frozen=True, slots=True)
class Bound:
    """One limit: where it is, what it allows, its rule and its citation."""

    path: tuple[str, ...]  # of properties: ("width",), ("parameters", "duration")
    keyword: str
    value: Any
    rule: str
    severity: str
    source: Mapping[str, str]
    schema: Mapping[str, Any]  # with the bound's neighbours
    is_conditional: bool = False  # it holds in some cases only, those of an `if`


@dataclass(frozen=True, slots=True)
class Violation:
    """One bound that a value violates."""

    rule: str
    severity: Severity
    path: tuple[str | int, ...]  # in the value: ("width",), ("prompt", "tokens", 2, "bound")
    keyword: str  # empty for what is checked in code
    found: Any
    limit: Any
    source: Mapping[str, str]
    schema: Mapping[str, Any]  # the bound with its neighbours


@dataclass(frozen=True, slots=True)
class JobViolation:
    """A bound that a job violates, and its place in the document."""

    violation: Violation
    pointer: str
    name: str  # of the parameter, token or field
    span: tuple[int, int] | None = None  # of characters in the string there
    detail: str = ""
    advice: str = ""  # in place of the rule's


def bounds(
    schema: Schema | bool, path: tuple[str, ...] = (), *, is_conditional: bool = False
) -> Iterator[Bound]:
    """List all limits of an expanded schema, those under `if`/`then` too."""
    if isinstance(schema, bool):
        return
    for keyword in LIMITS:
        if keyword in schema and is_limit(schema, keyword):
            yield Bound(
                path=path,
                keyword=keyword,
                value=schema[keyword],
                rule=of_keyword(schema.get("x-rule", ""), keyword),
                severity=of_keyword(schema.get("x-severity", ""), keyword),
                source=_source(schema, keyword),
                schema=schema,
                is_conditional=is_conditional,
            )
    for key, value in schema.items():
        if key in _CONDITIONS or key.startswith("x-"):
            continue
        case = is_conditional or key in {"then", "else"}
        if key in _MAPS:
            for name, inner in value.items():
                yield from bounds(inner, (*path, name), is_conditional=case)
        elif isinstance(value, dict):
            inside = (*path, "*") if key == "items" else path
            yield from bounds(value, inside, is_conditional=case)
        elif key == "allOf":
            for inner in value:
                yield from bounds(inner, path, is_conditional=case)


def is_limit(schema: Schema, keyword: str) -> bool:
    """Whether a keyword, with what it is set to, rejects anything by itself."""
    if keyword == "additionalProperties":
        return schema[keyword] is False
    return keyword != "type" or "x-rule" in schema


def of_keyword(annotation: str | Mapping[str, str], keyword: str) -> str:
    """Read an annotation: one name, or a map where a schema holds several bounds."""
    return annotation if isinstance(annotation, str) else annotation.get(keyword, "")


def _source(schema: Mapping[str, Any], keyword: str) -> Mapping[str, str]:
    source: Mapping[str, Any] = schema.get("x-source", {})
    return source if "doc" in source else source.get(keyword, {})


def violations(value: Mapping[str, Any], schema: Schema) -> Iterator[Violation]:
    """Check an object against an expanded schema."""
    for error in errors(value, schema):
        bound, keyword = error.schema, error.keyword
        violation = Violation(
            rule=of_keyword(bound["x-rule"], keyword),
            severity=cast("Severity", of_keyword(bound["x-severity"], keyword)),
            path=error.path,
            keyword=keyword,
            found=_found(keyword, error.value),
            limit=bound[keyword],
            source=_source(bound, keyword),
            schema=bound,
        )
        if keyword == "additionalProperties":
            yield from _by_key(violation, error.value)
        else:
            yield violation


def _found(keyword: str, value: Any) -> Any:  # noqa: ANN401 - JSON
    """Return the value to report: of a list that is too long its length, not the list."""
    if keyword in {"minItems", "maxItems"}:
        return len(value)
    return None if isinstance(value, dict) and keyword != "type" else value


def _by_key(violation: Violation, value: Mapping[str, Any]) -> Iterator[Violation]:
    """Report each additional key by itself, at its own place."""
    names = [*violation.schema.get("properties", ())]
    patterns = [*violation.schema.get("patternProperties", ())]
    for name in value:
        if name not in names and not any(re.search(pattern, name) for pattern in patterns):
            yield replace(violation, path=(*violation.path, name), found=name, limit=names)


def narrowest(of_rule: list[Violation]) -> Violation:
    """Of a bound that is set twice, as where a target narrows a shared one, take the narrower.

    A narrower one of a lower severity does not hide that a value is past a wider one.
    """
    first = of_rule[0]
    same = [each for each in of_rule if (each.path, each.keyword) == (first.path, first.keyword)]
    worst = max(SEVERITIES.index(each.severity) for each in same)
    same = [each for each in same if SEVERITIES.index(each.severity) == worst]
    match first.keyword:
        case "maximum" | "exclusiveMaximum":
            return min(same, key=lambda each: float(each.limit))
        case "minimum" | "exclusiveMinimum":
            return max(same, key=lambda each: float(each.limit))
        case _:
            return first


def violation_of(note: Mapping[str, Any], *, found: object, limit: object) -> Violation:
    """Make a violation of an annotation in a target that is checked in code."""
    return Violation(
        rule=note["x-rule"],
        severity=note["x-severity"],
        path=(),
        keyword="",
        found=found,
        limit=limit,
        source=note["x-source"],
        schema={},
    )
