"""The bounds in a schema as a flat list: for reports, for repairs, for tests of the data."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from wanprep.rules.expand import Schema

# The keywords that refuse something by themselves. `type` is one where it has a rule: facts
# and the shape of jobs are held against their own schemas first.
LIMITS: Final = (
    "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "enum", "const", "pattern",
    "minLength", "maxLength", "minItems", "maxItems", "required", "not", "anyOf",
    "additionalProperties", "minProperties", "maxProperties", "type",
)  # fmt: skip
# Below these, a schema only asks a question: failing it refuses nothing.
_QUESTIONS: Final = frozenset({"if", "not", "anyOf", "contains"})
_MAPS: Final = frozenset({"properties", "patternProperties", "$defs"})


@dataclass(frozen=True, slots=True)
class Bound:
    """One limit: where it stands, what it allows, its name, and who says so."""

    path: tuple[str, ...]  # of properties: ("width",), ("parameters", "duration")
    keyword: str
    value: Any
    rule: str
    severity: str
    source: Mapping[str, str]
    schema: Mapping[str, Any]  # with the bound's neighbours


def bounds(schema: Schema, path: tuple[str, ...] = ()) -> Iterator[Bound]:
    """List all limits of an expanded schema, those under `if`/`then` too."""
    for keyword in LIMITS:
        if keyword in schema and _refuses(schema, keyword):
            yield _bound(schema, keyword, path)
    for key, value in schema.items():
        if key in _QUESTIONS or key.startswith("x-"):
            continue
        if key in _MAPS:
            for name, inner in value.items():
                yield from bounds(inner, (*path, name))
        elif key == "items":
            yield from bounds(value, (*path, "*"))
        elif isinstance(value, dict):
            yield from bounds(value, path)
        elif key in {"allOf", "oneOf"}:
            for inner in value:
                yield from bounds(inner, path)


def _refuses(schema: Schema, keyword: str) -> bool:
    if keyword == "additionalProperties":
        return schema[keyword] is False
    return keyword != "type" or "x-rule" in schema


def _bound(schema: Schema, keyword: str, path: tuple[str, ...]) -> Bound:
    return Bound(
        path=path,
        keyword=keyword,
        value=schema[keyword],
        rule=of_keyword(schema.get("x-rule", ""), keyword),
        severity=of_keyword(schema.get("x-severity", ""), keyword),
        source=source_of(schema, keyword),
        schema=schema,
    )


def of_keyword(annotation: str | Mapping[str, str], keyword: str) -> str:
    """Read an annotation that is one name, or a map where a schema holds several bounds."""
    return annotation if isinstance(annotation, str) else annotation.get(keyword, "")


def source_of(schema: Mapping[str, Any], keyword: str) -> Mapping[str, str]:
    """Read a citation, which may likewise differ by keyword."""
    source: Mapping[str, Any] = schema.get("x-source", {})
    found: Mapping[str, str] = source if "doc" in source else source.get(keyword, {})
    return found
