"""A service's own request schema: what fields it has, whichever way it is written."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from wanprep.pointers import steps

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

Schema = Any  # a mapping, or true or false


def field(request: Mapping[str, Any], path: Sequence[str]) -> Schema | None:
    """Find the schema of a field; "*" goes into a list. None where there is no such field."""
    found: list[Schema] = [request]
    for name in path:
        found = [inner for each in found for inner in _inside(request, each, name)]
    return found[0] if found else None


def _inside(request: Mapping[str, Any], schema: Schema, name: str) -> Iterator[Schema]:
    for part in parts(request, schema):
        if name == "*":
            if "items" in part:
                yield part["items"]
        elif name in part.get("properties", {}):
            yield part["properties"][name]
        elif isinstance(each := part.get("additionalProperties"), dict) and each:
            yield each


def parts(
    request: Mapping[str, Any], schema: Schema, depth: int = 0
) -> Iterator[Mapping[str, Any]]:
    """List the schemas that make up one: itself, what it refers to, and its alternatives."""
    if not isinstance(schema, dict) or depth > 16:
        return
    yield schema
    if "$ref" in schema:
        yield from parts(request, referred(request, schema["$ref"]), depth + 1)
    for key in ("allOf", "anyOf", "oneOf"):
        for each in schema.get(key, ()):
            yield from parts(request, each, depth + 1)


def referred(request: Mapping[str, Any], reference: object) -> Schema | None:
    """Follow a reference inside of the schema; None where it leads nowhere."""
    home, _, pointer = str(reference).partition("#")
    found: Any = request if home in {"", request.get("$id")} else None
    for name in steps(pointer):
        found = found.get(name) if isinstance(found, dict) else None
    return found


def references(schema: Schema) -> Iterator[str]:
    """List all references in a schema."""
    if isinstance(schema, list):
        for each in schema:
            yield from references(each)
    elif isinstance(schema, dict):
        if isinstance(schema.get("$ref"), str):
            yield schema["$ref"]
        for each in schema.values():
            yield from references(each)


def allowed(request: Mapping[str, Any], name: str, value: object) -> bool:
    """Tell whether a field may have a value, whatever the rest of the request is."""
    from jsonschema import Draft202012Validator

    errors = Draft202012Validator(request).iter_errors({name: value})
    return not any(list(error.absolute_path)[:1] == [name] for error in errors)
