"""Say in plain words what a published schema has against a document."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, cast

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from jsonschema import ValidationError

_LONGEST = 60


def schema_faults(document: object, schema: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """List what is wrong with a document: each place, and a sentence."""
    from jsonschema import Draft202012Validator

    for error in Draft202012Validator(schema).iter_errors(document):
        inner = _telling(error)
        yield in_dots(inner.absolute_path), _sentence(inner)


def _telling(error: ValidationError) -> ValidationError:
    """Of alternatives that all fail, take the one that was most probably meant."""
    branches: dict[Any, list[ValidationError]] = {}
    for each in error.context or ():
        branches.setdefault(each.schema_path[0], []).append(each)
    meant = [some for some in branches.values() if not _another_type(some, error)]
    return _telling(min(meant, key=len)[0]) if meant else error


def _another_type(branch: list[ValidationError], error: ValidationError) -> bool:
    place = error.absolute_path
    return any(each.validator == "type" and each.absolute_path == place for each in branch)


def in_dots(path: Any) -> str:  # noqa: ANN401 - a deque of names and numbers
    """Write a place as people do: fields.parameters.seed."""
    return ".".join(str(part) for part in path)


def _sentence(error: ValidationError) -> str:
    given, wanted = cast("Any", error.instance), cast("Any", error.validator_value)
    schema = cast("Mapping[str, Any]", error.schema)
    match error.validator:
        case "required":
            return f"{_names(name for name in wanted if name not in given)} is missing."
        case "dependentRequired":
            return _dependent(given, wanted)
        case "additionalProperties":
            surplus = [name for name in given if name not in schema.get("properties", {})]
            known = f" There are: {', '.join(schema['properties'])}." if surplus else ""
            return f"{_names(surplus)} is not known here.{known}"
        case "type":
            kinds = wanted if isinstance(wanted, str) else " or ".join(wanted)
            return f"{_short(given)} is not of the type {kinds}."
        case "enum":
            return f"{_short(given)} is none of {', '.join(map(_short, wanted))}."
        case "const":
            return f"{_short(given)} must be {_short(wanted)}."
    about = " ".join(str(schema[key]) for key in ("title", "description") if key in schema)
    return f"{_short(given)} does not fit {error.validator} {_short(wanted)}. {about}".rstrip()


def _dependent(given: Mapping[str, Any], wanted: Mapping[str, list[str]]) -> str:
    for name, others in wanted.items():
        lacking = [other for other in others if other not in given]
        if name in given and lacking:
            return f"{_names(lacking)} must stand beside `{name}`, and does not."
    return "something is missing."  # pragma: no cover - then there would be no error


def _names(names: Any) -> str:  # noqa: ANN401 - any iterable
    return ", ".join(f"`{name}`" for name in names)


def _short(value: object) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"
