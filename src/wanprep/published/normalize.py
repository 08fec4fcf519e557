"""Turn the schemas of OpenAPI and of providers' own tools into plain JSON Schema."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from wanprep.pointers import steps

if TYPE_CHECKING:
    from collections.abc import Mapping

_DEEPEST: Final = 24
# What JSON Schema knows, and what the reader of limits wants to see; all else is for people.
_KEPT: Final = frozenset(
    """
    type enum const properties required additionalProperties items minItems maxItems uniqueItems
    minLength maxLength pattern format minimum maximum exclusiveMinimum exclusiveMaximum multipleOf
    default description title examples allOf anyOf oneOf deprecated validations
    """.split()
)
_OTHER_NAMES: Final[dict[str, str]] = {"max_length": "maxLength", "min_length": "minLength"}


def normalize(
    schema: Any,  # noqa: ANN401 - JSON
    document: Mapping[str, Any],
    depth: int = 0,
    *,
    deep: bool = True,
) -> Any:  # noqa: ANN401 - JSON
    """Resolve references, and write OpenAPI's own keywords as JSON Schema; `deep`: throughout."""
    if not isinstance(schema, dict) or depth > _DEEPEST:
        return schema
    if "$ref" in schema:
        target = _resolve(document, str(schema["$ref"]))
        rest = {key: value for key, value in schema.items() if key != "$ref"}
        return normalize({**target, **rest}, document, depth + 1, deep=deep)
    if not deep:
        return schema
    named = {_OTHER_NAMES.get(key, key): value for key, value in schema.items()}
    plain: dict[str, Any] = {key: value for key, value in named.items() if key in _KEPT}
    _join_parts(plain, document, depth)
    for key in ("items", "additionalProperties"):
        if isinstance(plain.get(key), dict):
            plain[key] = normalize(plain[key], document, depth + 1)
    for key in ("allOf", "anyOf", "oneOf"):
        if key in plain:
            plain[key] = [normalize(each, document, depth + 1) for each in plain[key]]
    if isinstance(plain.get("properties"), dict):
        plain["properties"] = {
            name: normalize(each, document, depth + 1) for name, each in plain["properties"].items()
        }
    _translate(plain, schema)
    return plain


def _resolve(document: Mapping[str, Any], reference: str) -> Mapping[str, Any]:
    found: Any = document
    for step in steps(reference.partition("#")[2]):
        found = found.get(step) if isinstance(found, dict) else None
    return found if isinstance(found, dict) else {}


def _join_parts(plain: dict[str, Any], document: Mapping[str, Any], depth: int) -> None:
    """Merge an `allOf` with one part, by which OpenAPI adds a description to a reference."""
    parts = plain.get("allOf")
    if isinstance(parts, list) and len(parts) == 1:
        del plain["allOf"]
        for key, value in normalize(parts[0], document, depth + 1).items():
            plain.setdefault(key, value)


def _translate(plain: dict[str, Any], schema: Mapping[str, Any]) -> None:
    for bound, strict in (("minimum", "exclusiveMinimum"), ("maximum", "exclusiveMaximum")):
        # In OpenAPI 3.0 it is true or false, and belongs to the bound beside it.
        if isinstance(plain.get(strict), bool) and plain.pop(strict) and bound in plain:
            plain[strict] = plain.pop(bound)
    if "example" in schema:
        plain.setdefault("examples", [schema["example"]])
    if schema.get("nullable") and isinstance(plain.get("type"), str):
        plain["type"] = [plain["type"], "null"]
        if "enum" in plain:
            plain["enum"] = [*plain["enum"], None]
    if "default" in plain:
        _fix_default(plain)


def _fix_default(plain: dict[str, Any]) -> None:
    """Correct a default of another type, such as "5" for an integer."""
    default = plain["default"]
    if plain.get("type") in {"integer", "number"} and isinstance(default, str):
        try:
            plain["default"] = int(default)
        except ValueError:
            del plain["default"]
