"""Validate values by JSON Schema: the errors of jsonschema, in its order, in microseconds.

Limits need few keywords of JSON Schema. A schema that has no others becomes one function; all other
schemas are left to jsonschema, whose import takes longer than a whole check.
"""

from __future__ import annotations

import re
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final, NamedTuple, cast

from wanprep.validity.keywords import (
    Unsupported,
    additional_keys,
    check_of_keyword,
    compile_whole,
    is_restriction,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from wanprep.validity.keywords import Check, Schema

__all__ = ["Invalid", "errors", "is_valid"]

_MOST_SCHEMAS: Final = 1 << 14
_checks: Final[dict[int, tuple[Schema, tuple[Check | None, bool]]]] = {}
_keywords: Final[dict[int, tuple[Schema, list[tuple[str, Check | None]]]]] = {}


class Invalid(NamedTuple):
    """One keyword of a schema that a value, or a part of it, does not meet."""

    path: tuple[str | int, ...]  # to that part
    keyword: str
    value: Any  # that part
    schema: Schema  # the innermost, which has that keyword


def is_valid(value: object, schema: Schema) -> bool:
    """Whether a value meets a schema."""
    check, _ = _check_of(schema)
    return check(value) if check else next(_by_jsonschema(value, schema), None) is None


def errors(value: object, schema: Schema) -> Iterator[Invalid]:
    """List what a value does not meet, in the order of the schema."""
    check, has_references = _check_of(schema)
    if check is None:
        yield from _by_jsonschema(value, schema)
    elif not check(value):
        yield from (_by_jsonschema if has_references else _explain)(value, schema)


def _by_jsonschema(value: object, schema: Schema) -> Iterator[Invalid]:
    from jsonschema import Draft202012Validator

    for error in Draft202012Validator(schema).iter_errors(value):
        path, of = tuple(error.absolute_path), cast("Schema", error.schema)
        yield Invalid(path, str(error.validator), error.instance, of)


def _check_of(schema: Schema) -> tuple[Check | None, bool]:
    """Return the function of a schema, kept for each schema object: they are never changed."""
    kept = _checks.get(id(schema))
    if kept is None:
        if len(_checks) >= _MOST_SCHEMAS:
            _checks.clear()
        found: tuple[Check | None, bool] = (None, False)
        with suppress(Unsupported, re.error):
            found = compile_whole(schema)
        kept = _checks[id(schema)] = (schema, found)  # with the schema: no other gets its id
    return kept[1]


def _keywords_of(schema: Schema) -> list[tuple[str, Check | None]]:
    """List what restricts values: with a function, or None where their parts decide."""
    kept = _keywords.get(id(schema))
    if kept is None:
        if len(_keywords) >= _MOST_SCHEMAS:
            _keywords.clear()
        found = [
            (keyword, None if _is_divided(keyword, limit) else check_of_keyword(keyword, schema))
            for keyword, limit in schema.items()
            if is_restriction(keyword)
        ]
        kept = _keywords[id(schema)] = (schema, found)
    return kept[1]


def _is_divided(keyword: str, limit: object) -> bool:
    return keyword in _DIVIDED and not (keyword == "additionalProperties" and limit is False)


def _explain(
    value: Any,  # noqa: ANN401 - JSON
    schema: Schema | bool,
    path: tuple[str | int, ...] = (),
) -> Iterator[Invalid]:
    """List the keywords that a value does not meet, those inside of it too."""
    if isinstance(schema, bool):
        return
    for keyword, check in _keywords_of(schema):
        if check is None:
            for step, part, inner in _parts(value, keyword, schema):
                yield from _explain(part, inner, (*path, *step))
        elif check(value):
            continue
        elif keyword == "contains":
            yield Invalid(path, _limit_of_contains(value, schema), value, schema)
        elif keyword in {"dependentRequired", "required"}:
            for _ in _missing_keys(value, schema[keyword]):
                yield Invalid(path, keyword, value, schema)
        else:
            yield Invalid(path, keyword, value, schema)


def _missing_keys(value: Any, limit: Any) -> Iterator[str]:  # noqa: ANN401 - JSON
    lists = [limit] if isinstance(limit, list) else [limit[key] for key in limit if key in value]
    yield from (name for names in lists for name in names if name not in value)


def _limit_of_contains(value: list[Any], schema: Schema) -> str:
    """Return which keyword a list does not meet: it contains none, too few, or too many."""
    matches = sum(is_valid(each, schema["contains"]) for each in value)
    if matches > schema.get("maxContains", len(value)):
        return "maxContains"
    return "minContains" if matches else "contains"


# A value does not meet these where one of its parts does not meet a schema below them. For
# others, such as `not`, that is no error by itself.
_DIVIDED: Final = frozenset(
    "additionalProperties allOf if items patternProperties properties propertyNames".split()
)


def _parts(
    value: Any,  # noqa: ANN401 - JSON
    keyword: str,
    schema: Schema,
) -> Iterator[tuple[tuple[str | int, ...], Any, Schema | bool]]:
    """List the parts of a value with the schemas below a keyword that they must meet."""
    limit = schema[keyword]
    match keyword, value:
        case "allOf", _:
            yield from (((), value, inner) for inner in limit)
        case "if", _:
            yield (), value, schema.get("then" if is_valid(value, limit) else "else", {})
        case "items", list():
            yield from (((at,), item, limit) for at, item in enumerate(value))
        case "properties", dict():
            yield from (
                ((name,), value[name], inner) for name, inner in limit.items() if name in value
            )
        case "propertyNames", dict():
            yield from (((), name, limit) for name in value)
        case "patternProperties", dict():
            for pattern, inner in limit.items():
                yield from (
                    ((name,), value[name], inner) for name in value if re.search(pattern, name)
                )
        case "additionalProperties", dict():
            yield from (((name,), value[name], limit) for name in additional_keys(value, schema))
