"""Check a target's table of fields against the request schema."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from wanprep.rules.check_target import resolve_reference
from wanprep.rules.slots import leaves, slot_of, split_path, write_path

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from wanprep.rules.slots import Path, Slot
    from wanprep.rules.target import Target
    from wanprep.testing.lint.targets import Message

Schema = Any  # a mapping, or true or false
_SENDABLE: Final = ("fields", "request", "model")


def field(request: Mapping[str, Any], path: Path) -> Schema | None:
    """Find the schema of a field, or None; "*" in the path stands for the items of a list."""
    found: list[Schema] = [request]
    for name in path:
        found = [inner for each in found for inner in _inside(request, each, name)]
    return found[0] if found else None


def _inside(request: Mapping[str, Any], schema: Schema, name: str | int) -> Iterator[Schema]:
    for part in parts(request, schema):
        if name == "*" or isinstance(name, int):
            if "items" in part:
                yield part["items"]
        elif name in part.get("properties", {}):
            yield part["properties"][name]
        elif isinstance(each := part.get("additionalProperties"), dict) and each:
            yield each


def parts(
    request: Mapping[str, Any], schema: Schema, depth: int = 0
) -> Iterator[Mapping[str, Any]]:
    """List a schema, the one that it refers to, and its alternatives."""
    if not isinstance(schema, dict) or depth > 16:
        return
    yield schema
    if "$ref" in schema:
        yield from parts(request, resolve_reference(request, schema["$ref"]), depth + 1)
    for key in ("allOf", "anyOf", "oneOf"):
        for each in schema.get(key, ()):
            yield from parts(request, each, depth + 1)


def is_allowed(request: Mapping[str, Any], path: Path, value: object) -> bool:
    """Whether a field may have a value, whatever the rest of the request is."""
    from jsonschema import Draft202012Validator

    body: Any = value
    for name in reversed(path):
        body = [body] * (name + 1) if isinstance(name, int) else {name: body}
    errors = Draft202012Validator(request).iter_errors(body)
    return not any([*error.absolute_path][: len(path)] == [*path] for error in errors)


def check_fields(target: Target) -> Iterator[Message]:
    """Check the table of fields against the request schema, if the target has them."""
    missing = [key for key in _SENDABLE if key not in target.data]
    if missing:
        if len(missing) < len(_SENDABLE):
            keys = ", ".join(f"`{key}`" for key in missing)
            yield "", f"to be submitted, a job needs {keys} here too."
        return
    request = target.request or {}
    yield from _unknown_fields(target.data["fields"], request)
    yield from _unknown_values(target.data["fields"]["parameters"], request)


def _unknown_fields(fields: Mapping[str, Any], request: Mapping[str, Any]) -> Iterator[Message]:
    for place, path in _paths(fields):
        if field(request, path) is None:
            yield f"fields.{place}", f"the request schema has no field `{write_path(path)}`."
    for name, slot in _slots(fields):
        if (schema := field(request, slot.path)) is not None:
            yield from _list_or_one(name, slot, schema, request)


def _slots(fields: Mapping[str, Any]) -> Iterator[tuple[str, Slot]]:
    for name in ("prompt", "negative_prompt"):
        if name in fields:
            yield name, slot_of(fields[name], f"${name}")
    for role, written in fields.get("roles", {}).items():
        yield f"roles.{role}", slot_of(written)


def _paths(fields: Mapping[str, Any]) -> Iterator[tuple[str, Path]]:
    for name, slot in _slots(fields):
        yield name, slot.path
        yield from ((name, path) for path in leaves(slot))
    voices = fields.get("voices", {})
    if "bindings" in voices:
        yield "voices.bindings", split_path(voices["bindings"])[0]
    if "positional" in voices:
        yield "voices.positional", (voices["positional"],)
    for name, table in fields["parameters"].items():
        if table.get("in") != "query":
            yield f"parameters.{name}", split_path(table["name"])[0]
    yield from (("constants", split_path(name)[0]) for name in fields.get("constants", {}))


def _list_or_one(
    name: str, slot: Slot, schema: object, request: Mapping[str, Any]
) -> Iterator[Message]:
    kinds = {kind for part in parts(request, schema) for kind in _types(part)}
    if kinds and slot.many != ("array" in kinds):
        kind, path = ("not a list", "without") if slot.many else ("a list", "with")
        what = f"is {kind} in the request schema: write its path {path} [] at the end."
        yield f"fields.{name}", what


def _types(part: Mapping[str, Any]) -> list[str]:
    types = part.get("type", [])
    return [types] if isinstance(types, str) else list(types)


def _unknown_values(parameters: Mapping[str, Any], request: Mapping[str, Any]) -> Iterator[Message]:
    for name, table in parameters.items():
        for common, native in table.get("values", {}).items():
            place = f"fields.parameters.{name}.values"
            if common != common.lower():
                yield place, f"`{common}` never matches: values of jobs are compared in lower case."
            if table.get("in") != "query" and not is_allowed(
                request, split_path(table["name"])[0], native
            ):
                yield place, f"the request schema does not allow `{native}`."
