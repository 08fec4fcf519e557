"""The limit behind a finding, and the values that limits allow."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from wanprep.judge.bounds import bounds
from wanprep.pointers import steps

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from wanprep.fix.job.look import Found, Look


def limit_of(found: Found) -> Mapping[str, Any]:
    """Return the schema that a value breaks; where it is the provider's own, look it up."""
    if found.broken.broken.keyword:
        return found.broken.broken.schema
    request = found.target.request or {}
    schema: Mapping[str, Any] = request
    for name in steps(found.pointer)[1:]:
        inner = schema.get("items", {}) if name.isdecimal() else schema.get("properties", {})
        schema = inner if name.isdecimal() else inner.get(name, {})
        if "$ref" in schema:
            schema = request.get("$defs", {}).get(schema["$ref"].rpartition("/")[2], {})
    return schema


def common_name(look: Look, found: Found) -> str | None:
    """Name the parameter that a finding is about, in our own words."""
    case = look.case
    places = case.meant.places if case else {}
    return next((name for name, pointer in places.items() if pointer == found.pointer), None)


def natively(look: Look, name: str | None, value: Any) -> Any:  # noqa: ANN401 - JSON
    """Spell a parameter's value as the job does: as a native body has it, or in our own words."""
    if look.native is None or name is None or not isinstance(value, str):
        return value
    values = look.native.data["fields"]["parameters"].get(name, {}).get("values", {})
    return values.get(value, value)


def allowed_values(look: Look, found: Found) -> list[Any]:
    """List the values at the edges of what all targets allow where a value is refused."""
    name = common_name(look, found)
    listed = [*_edges(limit_of(found))]
    for target in look.targets if name else ():
        for bound in bounds(target.job):
            if bound.path == ("parameters", name):
                listed += _edges(bound.schema)
    unique: list[Any] = []
    unique += (each for each in listed if each not in unique)
    return unique


def _edges(schema: Mapping[str, Any]) -> Iterator[Any]:
    yield from schema.get("enum", ())
    for keyword, step in (("const", 0), ("minimum", 0), ("maximum", 0),
                          ("exclusiveMinimum", 1), ("exclusiveMaximum", -1)):  # fmt: skip
        if keyword in schema:
            yield schema[keyword] + step if step else schema[keyword]
