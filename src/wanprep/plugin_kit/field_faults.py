"""Whether a target's table of fields names what the service's own request schema has."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from wanprep.plugin_kit.request_fields import allowed, field, parts, references, referred

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from wanprep.judge.target import Target
    from wanprep.plugin_kit.target_faults import Told

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
