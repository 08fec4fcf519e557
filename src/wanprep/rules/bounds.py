"""The bounds in a rule schema, and which of them a value violates."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from functools import reduce
from typing import TYPE_CHECKING, Any, Final, cast

from wanprep.rules.load_target import SEVERITIES

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from jsonschema.protocols import Validator

    from wanprep.rules.finding import Severity

Schema = dict[str, Any]
# The keys of an object that a schema depends on, with what it reads there; None: all of it.
Reads = dict[str, Any] | None

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
_MOST_SCHEMAS: Final = 256
_MOST_RESULTS: Final = 100
_DIVISIBLE: Final = frozenset({"allOf", "properties", "title", "type"})
_parts: Final[dict[int, tuple[Schema, list[_Part]]]] = {}


@dataclass(frozen=True, slots=True)
class _Part:
    """A part of a schema, and its results by the values that it depends on.

    The drafts of a job or of a file differ in a few values, so most results are there.
    """

    validator: Validator
    reads: Reads
    results: dict[str, tuple[Violation, ...]] = field(default_factory=dict)


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


def bounds(schema: Schema | bool, path: tuple[str, ...] = ()) -> Iterator[Bound]:
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
            )
    for key, value in schema.items():
        if key in _CONDITIONS or key.startswith("x-"):
            continue
        if key in _MAPS:
            for name, inner in value.items():
                yield from bounds(inner, (*path, name))
        elif isinstance(value, dict):
            yield from bounds(value, (*path, "*") if key == "items" else path)
        elif key == "allOf":
            for inner in value:
                yield from bounds(inner, path)


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
    for part in _parts_of(schema):
        key = repr(_read(value, part.reads))
        if key not in part.results:
            if len(part.results) >= _MOST_RESULTS:
                part.results.clear()
            part.results[key] = tuple(_violations(value, part.validator))
        yield from part.results[key]


def is_met(value: Mapping[str, Any], schema: Schema) -> bool:
    """Whether an object meets a schema that is only a condition."""
    return all(part.validator.is_valid(value) for part in _parts_of(schema))


def _violations(value: Mapping[str, Any], validator: Validator) -> Iterator[Violation]:
    for error in validator.iter_errors(value):
        bound = cast("Mapping[str, Any]", error.schema)
        keyword = str(error.validator)
        violation = Violation(
            rule=of_keyword(bound["x-rule"], keyword),
            severity=cast("Severity", of_keyword(bound["x-severity"], keyword)),
            path=tuple(error.absolute_path),
            keyword=keyword,
            found=_found(keyword, error.instance),
            limit=error.validator_value,
            source=_source(bound, keyword),
            schema=bound,
        )
        if keyword == "additionalProperties":
            yield from _by_key(violation, cast("Mapping[str, Any]", error.instance))
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


def _parts_of(schema: Schema) -> list[_Part]:
    """Return the parts of a schema, cached for each schema object: schemas are never changed."""
    if id(schema) not in _parts:
        from jsonschema import Draft202012Validator

        if len(_parts) >= _MOST_SCHEMAS:
            _parts.clear()
        split = _split(schema)
        parts = [_Part(Draft202012Validator(each), _read_by(each)) for each in split]
        # With the schema, so that no other object gets its id.
        _parts[id(schema)] = (schema, parts)
    return _parts[id(schema)][1]


def _split(schema: Schema | bool) -> Iterator[Schema | bool]:
    """Split a schema of objects into ones that must all be met, as small as possible."""
    if isinstance(schema, bool) or not _is_divisible(schema):
        yield schema
        return
    for keyword, inner in schema.items():
        if keyword == "properties":
            yield from ({keyword: {name: each}} for name, each in inner.items())
        elif keyword == "allOf":
            for each in inner:
                yield from _split(each)


def _is_divisible(schema: Schema) -> bool:
    is_of_objects = schema.get("type", "object") == "object"
    return is_of_objects and all(key in _DIVISIBLE or key.startswith("x-") for key in schema)


def _read_by(schema: Schema | bool) -> Reads:
    reads: Reads = {}
    for keyword, value in schema.items() if isinstance(schema, dict) else ():
        match keyword:
            case "properties":
                reads = _both(reads, {name: _read_by(inner) for name, inner in value.items()})
            case "required":
                reads = _both(reads, {name: {} for name in value})
            case "if" | "then" | "else":
                reads = _both(reads, _read_by(value))
            case "allOf":
                reads = reduce(_both, map(_read_by, value), reads)
            case "type" if value == "object":
                pass
            case _ if keyword != "title" and not keyword.startswith("x-"):
                return None
    return reads


def _both(one: Reads, other: Reads) -> Reads:
    if one is None or other is None:
        return None
    shared = {name: _both(one[name], other[name]) for name in one.keys() & other.keys()}
    return one | other | shared


def _read(value: Any, reads: Reads) -> Any:  # noqa: ANN401 - JSON
    if reads is None or not isinstance(value, dict):
        return value
    return {name: _read(value[name], inner) for name, inner in reads.items() if name in value}
