"""Whether a target's table of fields names what the service's own request schema has."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from wanprep.pointers import steps

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from wanprep.rules.target import Target
    from wanprep.testing.lint.targets import Told


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


_SENDABLE: Final = ("fields", "request", "model")


def field_faults(target: Target) -> Iterator[Told]:
    """Hold the table against the request schema, where the target has them."""
    lacking = [key for key in _SENDABLE if key not in target.data]
    if lacking:
        if len(lacking) < len(_SENDABLE):
            yield (
                "",
                f"to be sent, a job needs {', '.join(f'`{key}`' for key in lacking)} here too.",
            )
        return
    request = target.request or {}
    broken = list(_malformed(request))
    yield from broken
    if not broken:
        yield from _unknown_fields(target.data["fields"], request)
        yield from _unknown_values(target.data["fields"]["parameters"], request)


def _malformed(request: Mapping[str, Any]) -> Iterator[Told]:
    from jsonschema import Draft202012Validator
    from jsonschema.exceptions import SchemaError

    try:
        Draft202012Validator.check_schema(request)
    except SchemaError as error:
        yield "request", f"it is no JSON Schema: {error.message}, at {error.json_path}."
    for name in sorted({*references(request)}):
        if referred(request, name) is None:
            yield "request", f"it refers to '{name}', which is not in it."


def _unknown_fields(fields: Mapping[str, Any], request: Mapping[str, Any]) -> Iterator[Told]:
    for place, path in _paths(fields):
        if field(request, path) is None:
            written = ".".join(path).replace(".*", "[]")
            yield f"fields.{place}", f"the request schema has no field `{written}`."
    for role in ("reference_image", "reference_video"):
        if role in fields and (schema := field(request, [fields[role]["name"]])) is not None:
            yield from _list_or_one(role, fields[role]["many"], schema, request)


def _paths(fields: Mapping[str, Any]) -> Iterator[tuple[str, list[str]]]:
    for name in ("prompt", "negative_prompt", "first_frame"):
        if name in fields:
            yield name, [fields[name]]
    for role in ("reference_image", "reference_video"):
        if role in fields:
            yield role, [fields[role]["name"]]
            entry = [fields[role]["name"], *["*"] * fields[role]["many"]]
            yield from ((role, [*entry, key]) for key in (fields[role]["item"] or {}).values())
    voice = fields.get("voice", {})
    if "bindings" in voice:
        yield "voice.bindings", voice["bindings"].split(".")
    if "positional" in voice:
        yield "voice.positional", [voice["positional"]]
    for name, table in fields["parameters"].items():
        if table.get("in") != "query":
            yield f"parameters.{name}", [table["name"]]
    yield from (("constants", [name]) for name in fields.get("constants", {}))


def _list_or_one(
    role: str, many: bool, schema: object, request: Mapping[str, Any]
) -> Iterator[Told]:
    kinds = {kind for part in parts(request, schema) for kind in _types(part)}
    if kinds and many != ("array" in kinds):
        is_list = "a list" if "array" in kinds else "no list"
        yield f"fields.{role}", f"the request schema says that it is {is_list}: set `many` so."


def _types(part: Mapping[str, Any]) -> list[str]:
    told = part.get("type", [])
    return [told] if isinstance(told, str) else list(told)


def _unknown_values(parameters: Mapping[str, Any], request: Mapping[str, Any]) -> Iterator[Told]:
    for name, table in parameters.items():
        for common, native in table.get("values", {}).items():
            place = f"fields.parameters.{name}.values"
            if common != common.lower():
                yield place, f"`{common}` never fits, since jobs are read in small letters."
            if table.get("in") != "query" and not allowed(request, table["name"], native):
                yield place, f"the request schema does not allow `{native}`."
