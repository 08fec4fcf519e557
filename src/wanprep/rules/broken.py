"""Which bounds a value breaks: jsonschema's errors in our own words."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TYPE_CHECKING, Any, cast

from wanprep.rules.bounds import of_keyword, source_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from jsonschema.protocols import Validator

    from wanprep.rules.expand import Schema
    from wanprep.rules.finding import Severity


@dataclass(frozen=True, slots=True)
class Broken:
    """One bound that does not hold."""

    rule: str
    severity: Severity
    path: tuple[str | int, ...]  # in the value: ("width",), ("prompt", "tokens", 2, "bound")
    keyword: str
    found: Any
    limit: Any
    source: Mapping[str, str]
    schema: Mapping[str, Any]  # the bound with its neighbours


@dataclass(frozen=True, slots=True)
class JobBroken:
    """A bound that a job breaks, and the place that people should look at."""

    broken: Broken
    pointer: str
    name: str  # what it is about: a parameter, a token, a field
    span: tuple[int, int] | None = None  # of characters in the text there
    detail: str = ""


def broken_bounds(value: Mapping[str, Any], schema: Schema) -> Iterator[Broken]:
    """Hold a value against an expanded schema."""
    for error in validator_of(schema).iter_errors(value):
        bound = cast("Mapping[str, Any]", error.schema)
        keyword = str(error.validator)
        broken = Broken(
            rule=of_keyword(bound["x-rule"], keyword),
            severity=cast("Severity", of_keyword(bound["x-severity"], keyword)),
            path=tuple(error.absolute_path),
            keyword=keyword,
            found=_found(keyword, error.instance),
            limit=error.validator_value,
            source=source_of(bound, keyword),
            schema=bound,
        )
        if keyword == "additionalProperties":
            yield from _surplus(broken, cast("Mapping[str, Any]", error.instance))
        else:
            yield broken


def _found(keyword: str, value: Any) -> Any:  # noqa: ANN401 - JSON
    """Name what breaks a bound: of a list that is too long its length, not the list."""
    if keyword in {"minItems", "maxItems"}:
        return len(value)
    return None if isinstance(value, dict) and keyword != "type" else value


def _surplus(broken: Broken, value: Mapping[str, Any]) -> Iterator[Broken]:
    """Take the keys that should not be there one by one, each at its own place."""
    known = [*broken.schema.get("properties", ())]
    patterns = [*broken.schema.get("patternProperties", ())]
    for name in value:
        if name not in known and not any(re.search(pattern, name) for pattern in patterns):
            yield replace(broken, path=(*broken.path, name), found=name, limit=known)


@dataclass(frozen=True, slots=True, eq=False)
class _Same:
    """A schema as a key: the very same object, which is never changed."""

    schema: Schema

    def __hash__(self) -> int:
        return id(self.schema)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Same) and other.schema is self.schema


def validator_of(schema: Schema) -> Validator:
    """Make a validator of a schema once, however often it is asked."""
    return _validator(_Same(schema))


@lru_cache(maxsize=256)
def _validator(key: _Same) -> Validator:
    from jsonschema import Draft202012Validator

    return Draft202012Validator(key.schema)
