"""Check the limits in a target's file: that each can be applied, explained and cited.

The published schema has already been applied: all keywords exist and have values of their type.
"""

from __future__ import annotations

import re
from dataclasses import field, replace
from string import Formatter
from typing import TYPE_CHECKING, Any, Final

from wanprep.dataclass import dataclass
from wanprep.errors import UsageError
from wanprep.media.facts import FORMAT_BY_EXTENSION
from wanprep.pointers import steps
from wanprep.rules.bounds import LIMITS, RANGE, is_limit, of_keyword
from wanprep.rules.finding import rules, unknown_rule_message
from wanprep.schemas import SchemaError, closest
from wanprep.text import join_words

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from wanprep.rules.bounds import Schema

    Path = tuple[str | int, ...]
    Example = Any  # JSON

_SOURCE_KEYS: Final = ("doc", "says", "checked", "confidence")
_NUMERIC: Final = (*RANGE, "multipleOf")
_OF_TEXT: Final = ("pattern", "minLength", "maxLength")
_BRANCHES: Final = ("if", "then", "else", "not", "items", "contains", "propertyNames")
_LISTS: Final = ("allOf", "anyOf", "oneOf")
# Failing a schema below these rejects nothing by itself.
_CONDITIONS: Final = frozenset({"if", "not", "contains", "anyOf", "oneOf"})
# The fields of a rule's message that only a job has, and those that both have.
_OF_JOBS: Final = frozenset({"found", "says", "detail"})
_OF_BOTH: Final = frozenset({"name", "provider", "allowed"})


@dataclass(frozen=True, slots=True)
class LimitChecker:
    """Checks limits over values like `example`: None stands for anything, a tuple for a choice.

    `load` finds the file that a `$ref` names; `is_own` is whether its limits must be checked, too.
    """

    load: Callable[[str], Mapping[str, Any]]
    is_own: Callable[[str], bool]
    of_job: bool
    _home: str = ""  # the name of the file, as in a `$ref`; empty for the target's own
    _cited: frozenset[str] = frozenset()  # the parts of a source that are beside a `$ref` to it
    _followed: tuple[str, ...] = ()
    _done: set[tuple[str, bool, frozenset[str]]] = field(default_factory=set)

    def check(
        self, schema: Schema | bool, path: Path, example: Example, *, decides: bool = True
    ) -> Iterator[SchemaError]:
        """List the errors; where it decides nothing, a schema is only a condition."""
        if isinstance(schema, bool):
            if decides and not schema:
                yield SchemaError(path, 'false has no rule: write {"not": {}} with an x-rule')
            return
        if decides:
            yield from self._annotations(schema, path)
        yield from _patterns(schema, path)
        yield from _misapplied(schema, path, example)
        if "$ref" in schema:
            yield from self._reference(schema, path, example, decides=decides)
        for keys, inner, of in _children(schema, example):
            is_closed = keys == ("additionalProperties",) and inner is False
            below = decides and keys[0] not in _CONDITIONS
            if not is_closed:
                yield from self.check(inner, (*path, *keys), of, decides=below)

    def _reference(
        self, schema: Schema, path: Path, example: Example, *, decides: bool
    ) -> Iterator[SchemaError]:
        reference: str = schema["$ref"]
        name, _, pointer = reference.partition("#")
        name = name or self._home
        place, where = f"{name}#{pointer}", (*path, "$ref")
        cited = frozenset({*self._cited, *schema.get("x-source", ())})
        if place in self._followed:
            yield SchemaError(where, f"`{reference}` leads back to itself")
            return
        try:
            found = follow(self.load(name), pointer)
        except (UsageError, OSError, ValueError) as error:
            yield SchemaError(where, f"`{reference}` cannot be read: {str(error).rstrip('.')}")
            return
        if found is None:
            yield SchemaError(where, f"there is no `{reference}`")
        elif self.is_own(name) and (place, decides, cited) not in self._done:
            self._done.add((place, decides, cited))
            followed = (*self._followed, place)
            inner = replace(self, _home=name, _cited=cited, _followed=followed)
            for each in inner.check(found, tuple(steps(pointer)), example, decides=decides):
                yield SchemaError(where, f"in {name}.schema.json {each}") if name else each

    def _annotations(self, schema: Schema, path: Path) -> Iterator[SchemaError]:
        limits: list[str] = [
            keyword for keyword in LIMITS if keyword in schema and is_limit(schema, keyword)
        ]
        if limits and "$ref" in schema:
            message = f"a limit (`{limits[0]}`) beside `$ref`: put both into the list of an `allOf`"
            yield SchemaError(path, message)
            return
        for keyword in limits:
            yield from (SchemaError(path, each) for each in self._limit(schema, keyword))
        if not limits and "x-rule" in schema:
            yield SchemaError((*path, "x-rule"), "there is no limit beside it")
        for note in ("x-rule", "x-severity"):
            if isinstance(named := schema.get(note), dict):
                allowed = list(rules()) if "$ref" in schema else limits
                for key in named.keys() - set(allowed):
                    yield SchemaError((*path, note, key), _unknown("limit here", key, allowed))

    def _limit(self, schema: Schema, keyword: str) -> Iterator[str]:
        limit = f"the limit `{keyword}`"
        rule = of_keyword(schema.get("x-rule", ""), keyword)
        if not rule:
            yield f"{limit} has no rule: name it with x-rule. `wanprep explain` lists the rules"
        elif rule not in rules():
            yield f"{limit}: {unknown_rule_message(rule)}"
        elif not self._fits(rule):
            yield f"{limit}: {rule} is a rule for {'files' if self.of_job else 'jobs'}"
        if not of_keyword(schema.get("x-severity", ""), keyword):
            yield f"{limit} has no severity: set x-severity to error, warning or note"
        source = schema.get("x-source", {})
        if missing := [each for each in _SOURCE_KEYS if not {each} & {*source, *self._cited}]:
            yield f"{limit} has an incomplete source: x-source lacks {', '.join(missing)}"

    def _fits(self, rule: str) -> bool:
        """Whether the message of a rule has fields that can be filled in."""
        fields = {name for _, name, _, _ in Formatter().parse(rules()[rule].message) if name}
        return fields <= _OF_JOBS | _OF_BOTH if self.of_job else not fields & _OF_JOBS


def follow(schema: Any, pointer: str) -> Any:  # noqa: ANN401 - JSON
    """Return what a JSON pointer points to, or None."""
    for part in steps(pointer):
        schema = schema.get(part) if isinstance(schema, dict) else None
    return schema


def _children(schema: Schema, example: Example) -> Iterator[tuple[Path, Any, Example]]:
    """List the schemas inside a schema, with their paths and examples of their values."""
    for name, inner in schema.get("properties", {}).items():
        yield ("properties", name), inner, example.get(name) if isinstance(example, dict) else None
    for pattern, inner in schema.get("patternProperties", {}).items():
        yield ("patternProperties", pattern), inner, None
    if "additionalProperties" in schema:
        yield ("additionalProperties",), schema["additionalProperties"], None
    for key in _BRANCHES:
        if key in schema:
            of = example if key in {"if", "then", "else", "not"} else _item(example, key)
            yield (key,), schema[key], of
    for key in _LISTS:
        yield from (((key, at), inner, example) for at, inner in enumerate(schema.get(key, ())))


def _item(example: Example, key: str) -> Example:
    is_list = key in {"items", "contains"} and isinstance(example, list)
    return example[0] if is_list else None


def _patterns(schema: Schema, path: Path) -> Iterator[SchemaError]:
    named = [("patternProperties", pattern) for pattern in schema.get("patternProperties", ())]
    for key, pattern in [("pattern", schema.get("pattern", "")), *named]:
        try:
            re.compile(pattern)
        except (re.error, OverflowError, RecursionError) as error:
            message = f"`{pattern}` is not a valid regular expression: {error}"
            yield SchemaError((*path, key), message)


def _misapplied(schema: Schema, path: Path, example: Example) -> Iterator[SchemaError]:
    """List what never applies to a value of this kind, so that nothing would be checked."""
    low, high = schema.get("minimum"), schema.get("maximum")
    if low is not None and high is not None and low > high:
        yield SchemaError((*path, "minimum"), f"{low} is more than the maximum, {high}")
    if isinstance(example, dict):
        for key in ("properties", "required"):
            for name in schema.get(key, ()):
                if name not in example:
                    at = (name,) if key == "properties" else ()
                    yield SchemaError((*path, key, *at), _unknown("fact", name, example))
    if isinstance(example, str | bool):
        for key in _NUMERIC:
            if key in schema:
                yield SchemaError((*path, key), f"never applies to {_kind(example)}")
    elif isinstance(example, int | float):
        for key in _OF_TEXT:
            if key in schema:
                yield SchemaError((*path, key), "never applies to a number")
    yield from _values(schema, path, example)


def _values(schema: Schema, path: Path, example: Example) -> Iterator[SchemaError]:
    """List values that the facts never have."""
    values: list[tuple[Path, Any]] = []
    if "const" in schema:
        values.append((("const",), schema["const"]))
    values += [(("enum", at), value) for at, value in enumerate(schema.get("enum", ()))]
    for at, value in values:
        where = (*path, *at)
        if isinstance(example, tuple):
            if value not in example:
                yield SchemaError(where, _unknown("value", str(value), [*map(str, example)]))
        elif isinstance(example, str | bool | int | float) and _kind(value) != _kind(example):
            yield SchemaError(where, f"found {_kind(value)}; expected {_kind(example)}")
        elif "format" in path[-1:] and FORMAT_BY_EXTENSION.get(str(value), value) != value:
            name = FORMAT_BY_EXTENSION[str(value)]
            yield SchemaError(where, f"`{value}` is an extension; the format is `{name}`")


def _kind(value: object) -> str:
    match value:
        case bool():
            return "true or false"
        case int() | float():
            return "a number"
        case str():
            return "text"
    return "another type"


def _unknown(kind: str, name: str, names: Mapping[str, Any] | list[str]) -> str:
    if guess := closest(name, names):
        return f"there is no {kind} `{name}`; did you mean `{guess}`?"
    return f"there is no {kind} `{name}`; there are {join_words([*names], 'and')}"
