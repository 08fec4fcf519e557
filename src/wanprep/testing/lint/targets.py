"""Check the files of targets and provider.json, and find what is left of the scaffold in them."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any, Final

from wanprep.rules.check_target import target_errors
from wanprep.schemas import SchemaError, load_schema, schema_errors
from wanprep.testing.lint.problem import Problem

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from wanprep.plugins.provider import Provider
    from wanprep.rules.target import Target

Message = tuple[str, str]  # a place in the file, and a sentence


def check_target_file(file: Path) -> list[Message]:
    """List what is wrong with a target's file by itself: all other checks need a valid one."""
    return [_message(each.error) for each in target_errors(file)]


def check_conventions(target: Target) -> Iterator[Message]:
    """Check what a plugin must do that a user's own target need not."""
    model = target.id.partition("/")[2]
    if target.file.stem != model:
        yield "id", f"the model is {model}, so the file must be {model}.json."


def schema_problems(data: object, schema: str) -> list[Message]:
    """Validate a file's data against a published schema."""
    return [_message(error) for error in schema_errors(data, load_schema(schema))]


def _message(error: SchemaError) -> Message:
    end = "" if error.message.endswith((".", "?")) else "."
    return ".".join(map(str, error.path)), error.message + end


def read_provider_file(file: Path) -> tuple[dict[str, Any] | None, list[Message]]:
    """Read a provider file, or return its problems."""
    try:
        data = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        return None, [("", f"cannot be read as JSON: {error}.")]
    found = schema_problems(data, "provider")
    if not found:
        found += _check_settings(data["settings"])
    return (None if found else data), found


def _check_settings(settings: Mapping[str, Any]) -> Iterator[Message]:
    from jsonschema import Draft202012Validator
    from jsonschema.exceptions import SchemaError

    try:
        Draft202012Validator.check_schema({"properties": settings})
    except SchemaError as error:
        yield "settings", f"is not valid JSON Schema: {error.message}."


def check_provider_data(data: Mapping[str, Any], package: str) -> Iterator[Message]:
    """Check what the published schema cannot express."""
    name = str(data["name"])
    if package != f"wanprep_{name.replace('-', '_')}":
        yield "name", f"the provider is '{name}', so the package must be wanprep_{name}."
    for needed in (data["uploads"] or {}).get("needs", ()):
        if needed not in data["settings"]:
            yield "uploads.needs", f"there is no setting `{needed}` under `settings`."
    try:
        re.compile((data["idempotency"] or {}).get("pattern", ""))
    except re.error as error:
        yield "idempotency.pattern", f"is not a valid pattern: {error}."


def check_agreement(data: Mapping[str, Any], provider: Provider) -> Iterator[Message]:
    """Check that provider.json describes exactly the flows that the code has."""
    flows = {"cancel": provider.cancel, "find": provider.find, "uploads": provider.upload}
    for key, flow in flows.items():
        name = "upload" if key == "uploads" else key
        if data[key] is None and flow is not None:
            yield key, f"is null, but the code has a flow `{name}`: describe it here."
        if data[key] is not None and flow is None:
            yield key, f"is described, but the code has no flow `{name}`: set it to null."


_EXAMPLE: Final = re.compile(r"https://([a-z]+\.)?example\.com(/docs)?")
_MODEL: Final = re.compile(r"[a-z0-9_-]+/example")
_PROPOSED: Final = "proposed"


def find_leftovers(folder: Path) -> Iterator[Problem]:
    """List the example's URLs and model, and proposals that nobody has confirmed."""
    files = [folder / "provider.json", *sorted((folder / "targets").glob("*.json"))]
    for file in files:
        try:
            data = json.loads(file.read_text(encoding="utf-8"))
        except (OSError, ValueError, RecursionError):
            continue  # which is reported for itself
        name = file.relative_to(folder).as_posix()
        found = list(_leftovers(data, ()))
        yield from (Problem(name, place, message) for place, message in found[:1])
        if len(found) > 1:
            yield Problem(name, "", f"{len(found) - 1} more places are still as in the example.")


def _leftovers(data: Any, path: tuple[str | int, ...]) -> Iterator[tuple[str, str]]:  # noqa: ANN401 - JSON
    pairs = data.items() if isinstance(data, dict) else enumerate(data)
    for key, value in pairs:
        where = (*path, key)
        if isinstance(value, dict | list):
            yield from _leftovers(value, where)
        elif isinstance(value, str) and _EXAMPLE.fullmatch(value):
            yield _dotted(where), f"`{value}` is from the example: name the service's own page."
        elif key == "id" and isinstance(value, str) and _MODEL.fullmatch(value):
            yield _dotted(where), "is the example: rename the file and the id to your model."
        elif key == "confidence" and value == _PROPOSED:
            yield _dotted(path), "is proposed from prose: compare it with the documentation."


def _dotted(path: tuple[str | int, ...]) -> str:
    return ".".join(map(str, path))
