"""A JSON Schema as one function: what each keyword requires."""

from __future__ import annotations

import re
from contextvars import ContextVar
from itertools import combinations, starmap
from typing import TYPE_CHECKING, Any, Final

from wanprep.pointers import steps

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    Check = Callable[[Any], bool]
    Schema = Mapping[str, Any]

_ANNOTATIONS: Final = frozenset(
    "$schema $id $comment $defs title description default examples format".split()
)
_PARTS_OF_OTHERS: Final = frozenset({"then", "else", "minContains", "maxContains"})
# The schema that is compiled, and the functions of those of its parts that a `$ref` has named.
_whole: Final[ContextVar[tuple[Schema, dict[str, Check]]]] = ContextVar("whole")


class Unsupported(Exception):
    """Only jsonschema can validate by this schema."""


def compile_whole(schema: Schema) -> tuple[Check, bool]:
    """Return the function of a schema, and whether its parts refer to each other."""
    known: dict[str, Check] = {}
    token = _whole.set((schema, known))
    try:
        return compile_schema(schema), bool(known)
    finally:
        _whole.reset(token)


def compile_schema(schema: Any) -> Check:  # noqa: ANN401 - JSON
    """Return a function of a value: whether it meets the schema."""
    if schema is True:
        return _anything
    if schema is False:  # jsonschema's error for it has no keyword
        raise Unsupported
    return _all_of(
        [check_of_keyword(keyword, schema) for keyword in schema if is_restriction(keyword)]
    )


def is_restriction(keyword: str) -> bool:
    """Whether a keyword restricts values by itself."""
    return not (keyword in _ANNOTATIONS or keyword in _PARTS_OF_OTHERS or keyword.startswith("x-"))


def check_of_keyword(keyword: str, schema: Schema) -> Check:
    """Return a function of a value: whether it meets one keyword of a schema."""
    limit = schema[keyword]
    if keyword in _OF_VALUES:
        return _OF_VALUES[keyword](limit)
    if keyword in _OF_PARTS:
        return _OF_PARTS[keyword](limit, schema)
    raise Unsupported


def _anything(_: object) -> bool:
    return True


def _all_of(checks: list[Check]) -> Check:
    checks = [check for check in checks if check is not _anything]
    if len(checks) < 2:
        return checks[0] if checks else _anything
    if len(checks) == 2:
        first, second = checks
        return lambda value: first(value) and second(value)

    def is_met(value: Any) -> bool:  # noqa: ANN401 - JSON
        for check in checks:  # noqa: SIM110 - all() would take twice as long
            if not check(value):
                return False
        return True

    return is_met


# What a keyword that has schemas in it requires of the parts of a value, or of the whole.


def _properties(limit: dict[str, Any], _: Schema) -> Check:
    compiled = ((name, compile_schema(inner)) for name, inner in limit.items())
    checks = {name: check for name, check in compiled if check is not _anything}
    if len(checks) == 1:  # most conditions
        [(only, is_fine)] = checks.items()
        return lambda value: not (isinstance(value, dict) and only in value) or is_fine(value[only])

    def is_met(value: Any) -> bool:  # noqa: ANN401 - JSON
        if not isinstance(value, dict):
            return True
        if len(value) < len(checks):  # the shorter is gone through
            for name in value:
                if name in checks and not checks[name](value[name]):
                    return False
        else:
            for name, check in checks.items():
                if name in value and not check(value[name]):
                    return False
        return True

    return is_met


def _pattern_properties(limit: dict[str, Any], _: Schema) -> Check:
    checks = [(re.compile(pattern), compile_schema(inner)) for pattern, inner in limit.items()]
    return lambda value: (
        not isinstance(value, dict)
        or all(
            check(value[name])
            for pattern, check in checks
            for name in value
            if pattern.search(name)
        )
    )


def _property_names(limit: Any, _: Schema) -> Check:  # noqa: ANN401 - JSON
    check = compile_schema(limit)
    return lambda value: not isinstance(value, dict) or all(map(check, value))


def _additional_properties(limit: Any, schema: Schema) -> Check:  # noqa: ANN401 - JSON
    names = frozenset(schema.get("properties", ()))
    if limit is False and "patternProperties" not in schema:
        return lambda value: not isinstance(value, dict) or value.keys() <= names
    check = compile_schema(limit) if limit is not False else _nothing
    return lambda value: all(check(value[name]) for name in additional_keys(value, schema))


def _nothing(_: object) -> bool:
    return False


def additional_keys(value: Any, schema: Schema) -> Iterator[str]:  # noqa: ANN401 - JSON
    """List the keys of an object that its schema does not name."""
    patterns = schema.get("patternProperties", ())
    for name in value if isinstance(value, dict) else ():
        is_named = name in schema.get("properties", ())
        if not (is_named or any(re.search(pattern, name) for pattern in patterns)):
            yield name


def _reference(limit: str, _: Schema) -> Check:
    part, known = _whole.get(({}, {}))
    if limit not in known:
        if limit[:2] != "#/":
            raise Unsupported
        for name in steps(limit[1:]):
            if name not in part:
                raise Unsupported
            part = part[name]

        def is_met(value: Any) -> bool:  # noqa: ANN401 - JSON
            return known[limit](value)

        known[limit] = is_met  # for its own parts that refer to it
        known[limit] = compile_schema(part)
    return known[limit]


def _items(limit: Any, schema: Schema) -> Check:  # noqa: ANN401 - JSON
    if "prefixItems" in schema:
        raise Unsupported
    check = compile_schema(limit)
    return lambda value: not isinstance(value, list) or all(map(check, value))


def _contains(limit: Any, schema: Schema) -> Check:  # noqa: ANN401 - JSON
    check = compile_schema(limit)
    least, most = schema.get("minContains", 1), schema.get("maxContains")
    return lambda value: (
        not isinstance(value, list)
        or least <= (matches := sum(map(check, value))) <= (matches if most is None else most)
    )


def _any_of(limit: list[Any], _: Schema) -> Check:
    checks = [compile_schema(inner) for inner in limit]
    return lambda value: any(check(value) for check in checks)


def _one_of(limit: list[Any], _: Schema) -> Check:
    checks = [compile_schema(inner) for inner in limit]
    return lambda value: sum(check(value) for check in checks) == 1


def _not(limit: Any, _: Schema) -> Check:  # noqa: ANN401 - JSON
    check = compile_schema(limit)
    return lambda value: not check(value)


def _if(limit: Any, schema: Schema) -> Check:  # noqa: ANN401 - JSON
    condition = compile_schema(limit)
    then, other = compile_schema(schema.get("then", True)), compile_schema(schema.get("else", True))
    return lambda value: then(value) if condition(value) else other(value)


_OF_PARTS: Final[dict[str, Callable[[Any, Schema], Check]]] = {
    "$ref": _reference,
    "additionalProperties": _additional_properties,
    "allOf": lambda limit, _: _all_of([compile_schema(inner) for inner in limit]),
    "anyOf": _any_of,
    "contains": _contains,
    "if": _if,
    "items": _items,
    "not": _not,
    "oneOf": _one_of,
    "patternProperties": _pattern_properties,
    "properties": _properties,
    "propertyNames": _property_names,
}


# What the other keywords require of a value; each leaves values of other types alone.

_NUMBERS: Final = frozenset({int, float})  # and not bool, which JSON Schema takes for no number
_TYPES: Final[dict[str, Check]] = {
    "array": lambda value: isinstance(value, list),
    "boolean": lambda value: isinstance(value, bool),
    "integer": lambda value: type(value) is int or (type(value) is float and value.is_integer()),
    "null": lambda value: value is None,
    "number": lambda value: type(value) in _NUMBERS,
    "object": lambda value: isinstance(value, dict),
    "string": lambda value: isinstance(value, str),
}


def _type(limit: str | list[str]) -> Check:
    if isinstance(limit, str):
        return _TYPES[limit]
    checks = [_TYPES[name] for name in limit]
    return lambda value: any(check(value) for check in checks)


def _enum(limit: list[Any]) -> Check:
    if all(isinstance(each, str) for each in limit):
        names = frozenset(limit)
        return lambda value: isinstance(value, str) and value in names
    return lambda value: any(_is_equal(value, each) for each in limit)


def _const(limit: Any) -> Check:  # noqa: ANN401 - JSON
    if isinstance(limit, str):
        return lambda value: bool(value == limit)
    if isinstance(limit, bool):
        return lambda value: value is limit
    return lambda value: _is_equal(value, limit)


def _is_equal(one: Any, other: Any) -> bool:  # noqa: ANN401 - JSON
    """Whether two values are equal in JSON, where 1 is 1.0 and not true."""
    if isinstance(one, bool) or isinstance(other, bool):
        return one is other
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(_is_equal, one, other))
    if isinstance(one, dict) and isinstance(other, dict):
        same_keys = one.keys() == other.keys()
        return same_keys and all(_is_equal(value, other[key]) for key, value in one.items())
    return bool(one == other)


def _pattern(limit: str) -> Check:
    search = re.compile(limit).search
    return lambda value: not isinstance(value, str) or search(value) is not None


def _unique_items(limit: bool) -> Check:
    if not limit:
        return _anything
    return lambda value: (
        not isinstance(value, list) or not any(starmap(_is_equal, combinations(value, 2)))
    )


def _required(limit: list[str]) -> Check:
    names = frozenset(limit)
    return lambda value: not isinstance(value, dict) or value.keys() >= names


def _dependent_required(limit: dict[str, list[str]]) -> Check:
    return lambda value: (
        not isinstance(value, dict)
        or all(value.keys() >= {*names} for key, names in limit.items() if key in value)
    )


_OF_VALUES: Final[dict[str, Callable[[Any], Check]]] = {
    "const": _const,
    "dependentRequired": _dependent_required,
    "enum": _enum,
    "exclusiveMaximum": lambda limit: (
        lambda value: type(value) not in _NUMBERS or not value >= limit
    ),
    "exclusiveMinimum": lambda limit: (
        lambda value: type(value) not in _NUMBERS or not value <= limit
    ),
    "maxItems": lambda limit: lambda value: not isinstance(value, list) or len(value) <= limit,
    "maxLength": lambda limit: lambda value: not isinstance(value, str) or len(value) <= limit,
    "maxProperties": lambda limit: lambda value: not isinstance(value, dict) or len(value) <= limit,
    "maximum": lambda limit: lambda value: type(value) not in _NUMBERS or not value > limit,
    "minItems": lambda limit: lambda value: not isinstance(value, list) or len(value) >= limit,
    "minLength": lambda limit: lambda value: not isinstance(value, str) or len(value) >= limit,
    "minProperties": lambda limit: lambda value: not isinstance(value, dict) or len(value) >= limit,
    "minimum": lambda limit: lambda value: type(value) not in _NUMBERS or not value < limit,
    "pattern": _pattern,
    "required": _required,
    "type": _type,
    "uniqueItems": _unique_items,
}
