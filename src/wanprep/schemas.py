"""The published JSON Schemas, and what is wrong with a document by one.

An error reads `at /fix/crop: found "top"; expected ...`. `jsonschema` is imported only where a
document is not valid.
"""

from __future__ import annotations

import json
import re
from functools import cache, lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, cast

from wanprep.dataclass import dataclass
from wanprep.errors import UsageError
from wanprep.pointers import pointer_to
from wanprep.text import join_words, plain_number, plural, visible
from wanprep.validity import is_valid

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from jsonschema import FormatChecker, ValidationError

_SUFFIX: Final = ".schema.json"


def schema_folder() -> Path:
    """Find the schemas: inside the package in a wheel, beside `src` in a checkout."""
    package = Path(__file__).parent
    in_wheel = package / "schemas"
    return in_wheel if in_wheel.is_dir() else package.parent.parent / "schemas"


def schema_names() -> list[str]:
    """Name all schemas, as `wanprep schema NAME` and `load_schema` take them."""
    return sorted(path.name.removesuffix(_SUFFIX) for path in schema_folder().glob("*" + _SUFFIX))


def schema_text(name: str) -> str:
    """Return a schema as it is published."""
    try:
        return (schema_folder() / f"{name}{_SUFFIX}").read_text(encoding="utf-8")
    except (OSError, ValueError) as error:
        names = ", ".join(schema_names())
        raise UsageError(f"there is no schema '{name}'. Choose from: {names}.") from error


@cache
def load_schema(name: str) -> dict[str, Any]:
    """Return a schema as data. It is shared: do not change it."""
    loaded: dict[str, Any] = json.loads(schema_text(name))
    return loaded


_LONGEST: Final = 60
_MOST_KEYS: Final = 30  # that are worth listing
_NOT_A_LETTER: Final = re.compile(r"[\W_]+")
_TYPES: Final = {
    "array": "a list",
    "boolean": "true or false",
    "integer": "a whole number",
    "null": "null",
    "number": "a number",
    "object": "a mapping",
    "string": "a string",
}

_COUNTED: Final = frozenset({"minLength", "maxLength", "minItems", "maxItems"})
_SELF_EXPLAINING: Final = frozenset({"type", "enum", "const", *_COUNTED})


@dataclass(frozen=True, slots=True)
class SchemaError:
    """One thing that is wrong, and the path to it; the path of an unknown key ends with it."""

    path: tuple[str | int, ...]
    message: str

    def __str__(self) -> str:
        where = visible(pointer_to(self.path))
        return f"at {where}: {self.message}" if self.path else self.message


def schema_errors(
    document: object, schema: Mapping[str, Any], formats: FormatChecker | None = None
) -> Iterator[SchemaError]:
    """Validate a document; each unknown or missing key is an error of its own."""
    if formats is None and is_valid(document, schema):
        return
    from jsonschema import Draft202012Validator

    errors = Draft202012Validator(schema, format_checker=formats).iter_errors(document)
    # jsonschema reports each missing key by itself, and with it the whole list of required ones.
    yield from dict.fromkeys(found for error in errors for found in _details(_most_relevant(error)))


def _details(error: ValidationError) -> Iterator[SchemaError]:
    path = tuple(error.absolute_path)
    found, limit = cast("Any", error.instance), cast("Any", error.validator_value)
    schema = cast("Mapping[str, Any]", error.schema)
    match error.validator:
        case "additionalProperties":
            keys = schema.get("properties", {})
            for key in sorted(set(found) - set(keys)):
                yield SchemaError((*path, key), unknown_key(keys, closest(key, keys)))
        case "required":
            yield from (SchemaError(path, f"missing `{key}`") for key in limit if key not in found)
        case "dependentRequired":
            for key, others in limit.items():
                for other in others if key in found else ():
                    if other not in found:
                        yield SchemaError(path, f"missing `{other}`, which `{key}` needs")
        case "anyOf" | "oneOf" if all(each.validator == "required" for each in error.context or ()):
            keys = [f"`{key}`" for each in limit for key in each.get("required", ())]
            yield SchemaError(path, f"missing {join_words(list(dict.fromkeys(keys)), 'or')}")
        case keyword:
            message = mismatch(_found(found, str(keyword)), _expected(schema, str(keyword)))
            about = "" if keyword in _SELF_EXPLAINING else schema.get("description", "")
            yield SchemaError(path, f"{message}. {about}" if about else message)


def _most_relevant(error: ValidationError) -> ValidationError:
    """Of alternatives that all fail, take the one of the right type with the fewest errors."""
    branches: dict[Any, list[ValidationError]] = {}
    for each in error.context or ():
        branches.setdefault(each.schema_path[0], []).append(each)
    place = error.absolute_path
    alike = [
        branch
        for branch in branches.values()
        if not any(each.validator == "type" and each.absolute_path == place for each in branch)
    ]
    if not alike or all(branch[0].validator == "required" for branch in branches.values()):
        return error
    return _most_relevant(min(alike, key=len)[0])


def mismatch(found: str, expected: str) -> str:
    """Describe a value that does not fit its schema."""
    return f"found {found}; expected {expected}"


def unknown_key(keys: Iterable[str], guess: str | None) -> str:
    """Describe a key that does not exist here."""
    if guess:
        return f"unknown key; did you mean `{guess}`?"
    names = [f"`{name}`" for name in keys if name != "$schema"]
    if len(names) > _MOST_KEYS:
        return "unknown key"
    return f"unknown key; allowed keys: {', '.join(names) or 'none'}"


def type_in_words(names: str | Iterable[str]) -> str:
    """Name one or several types of JSON Schema."""
    several = [names] if isinstance(names, str) else names
    return join_words([_TYPES[name] for name in several], "or")


def closest(key: str, keys: Iterable[str]) -> str | None:
    """Find the key that this one is most likely a misspelling of."""
    from difflib import get_close_matches

    spelt = {letters(name): name for name in keys}
    near = get_close_matches(letters(key), spelt, 1, cutoff=0.75)
    return spelt[near[0]] if near else None


@lru_cache(maxsize=1024)
def letters(key: str) -> str:
    """Reduce a key to what its likeness to another depends on."""
    return _NOT_A_LETTER.sub("", key).lower()


def _found(value: Any, keyword: str) -> str:  # noqa: ANN401 - JSON
    if keyword in _COUNTED:
        return _count(len(value), keyword)
    if isinstance(value, list | dict):
        return type_in_words("array" if isinstance(value, list) else "object")
    return _short(value)


def _expected(schema: Mapping[str, Any], keyword: str) -> str:
    limit = schema[keyword]
    match keyword:
        case "type":
            return type_in_words(limit)
        case "enum":
            return join_words([_short(each) for each in limit], "or")
        case "const":
            return _short(limit)
        case keyword if keyword in _COUNTED:
            bound = "least" if keyword.startswith("min") else "most"
            return f"at {bound} {_count(limit, keyword)}"
        case "minimum" | "maximum" | "exclusiveMinimum" | "exclusiveMaximum":
            return _range(schema)
        case "pattern":
            return f"text that matches {limit}"
        case "format" if limit == "uri":
            return "a URL"
    return f"{keyword} {_short(limit)}"


def _range(schema: Mapping[str, Any]) -> str:
    words = {
        "minimum": "at least", "exclusiveMinimum": "more than",
        "maximum": "at most", "exclusiveMaximum": "less than",
    }  # fmt: skip
    if {"minimum", "maximum"} <= set(schema):
        return f"{plain_number(schema['minimum'])} to {plain_number(schema['maximum'])}"
    bounds = [f"{word} {plain_number(schema[key])}" for key, word in words.items() if key in schema]
    return " and ".join(bounds)


def _count(number: int, keyword: str) -> str:
    return plural(number, "character" if keyword.endswith("Length") else "item")


def _short(value: object) -> str:
    text = json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"
