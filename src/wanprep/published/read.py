"""Read a model's request schema out of an OpenAPI document, a JSON Schema or a model object.

The schemas of OpenAPI and of providers' own tools become plain JSON Schema.
"""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from wanprep.dataclass import dataclass
from wanprep.errors import UsageError
from wanprep.pointers import steps
from wanprep.text import visible

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

# Where model objects, catalogs and pages keep the schema of a request.
_KEYS: Final = (
    "json_request_schema", "request_schema", "input_schema", "openapi_schema", "schema", "input",
    "parameters", "latest_version", "model", "data",
)  # fmt: skip
_NAMES: Final = ("model_id", "model_name", "slug", "name", "id", "title")
_DEEPEST: Final = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class Published:
    """What a provider publishes about one model."""

    request: Mapping[str, Any]  # JSON Schema of the request body, without references
    model: str = ""  # as the provider calls it
    path: str = ""  # of the request that orders a video
    base: str = ""  # URL
    docs: str = ""  # URL
    key_header: str = ""  # in which keys are sent, if it is not Authorization
    answers: Mapping[str, Any] | None = None  # JSON Schema of the answer to an order
    polls: Mapping[str, Mapping[str, Any]] | None = None  # by path: schemas of the answers to GET


def read_published(file: Path) -> Published:
    """Read a file in any of the known forms."""
    data = _read(file)
    schema = _find_schema(data) or {}
    if "paths" in schema:
        found = _from_openapi(schema)
    else:
        found = Published(request=normalize(schema, schema)) if schema else None
    if found is None or not found.request.get("properties"):
        raise UsageError(
            f"{visible(str(file))} has no request schema: it must be an OpenAPI document, a"
            " JSON Schema with `properties`, or an object that contains one."
        )
    return _with_names(found, data)


def _read(file: Path) -> dict[str, Any]:
    try:
        text = file.read_text(encoding="utf-8-sig")
        data = json.loads(text) if file.suffix == ".json" else _read_yaml(text)
    except (OSError, ValueError, RecursionError) as error:
        why = (isinstance(error, OSError) and error.strerror) or error
        raise UsageError(f"{visible(str(file))} cannot be read: {why}.") from error
    if not isinstance(data, dict):
        raise UsageError(f"{visible(str(file))} must be a JSON object.")
    return data


def _read_yaml(text: str) -> object:
    from ruamel.yaml import YAML
    from ruamel.yaml.error import YAMLError

    try:
        return YAML(typ="safe", pure=True).load(text)
    except YAMLError as error:
        raise ValueError(str(error).splitlines()[0]) from error


def _find_schema(data: Mapping[str, Any], depth: int = 0) -> Mapping[str, Any] | None:
    """Find an object with properties, or an OpenAPI document, below the usual keys."""
    if isinstance(data.get("properties"), dict) or isinstance(data.get("paths"), dict):
        return data
    for key in _KEYS if depth < _DEEPEST else ():
        value = data.get(key)
        if isinstance(value, str) and value.lstrip().startswith("{"):
            value = json.loads(value)
        if isinstance(value, dict) and (found := _find_schema(value, depth + 1)) is not None:
            return found
    return None


def _from_openapi(document: Mapping[str, Any]) -> Published | None:
    posts = list(_requests(document))
    if not posts:
        return None
    # The one that orders a video has a prompt, and more fields than any other.
    path, operation, request = max(posts, key=lambda post: _weight(post[2]))
    servers: list[Mapping[str, Any]] = document.get("servers") or [{}]
    return Published(
        request=request,
        path=path,
        base=str(servers[0].get("url", "")).rstrip("/"),
        docs=str((document.get("externalDocs") or {}).get("url", "")),
        key_header=_key_header(document),
        answers=_answer(operation, document),
        polls={
            path: schema
            for path, methods in document["paths"].items()
            if isinstance(methods, dict)
            and (schema := _answer(methods.get("get") or {}, document)) is not None
        },
    )


def _key_header(document: Mapping[str, Any]) -> str:
    schemes = (document.get("components") or {}).get("securitySchemes") or {}
    headers = [each.get("name", "") for each in schemes.values()
               if isinstance(each, dict) and each.get("in") == "header"]  # fmt: skip
    return next((each for each in headers if each.lower() != "authorization"), "")


def _weight(request: Mapping[str, Any]) -> tuple[bool, int]:
    properties = request.get("properties", {})
    return "prompt" in properties, len(properties)


def _requests(
    document: Mapping[str, Any],
) -> Iterator[tuple[str, Mapping[str, Any], Mapping[str, Any]]]:
    """List the POST requests with a JSON body: their paths, operations and schemas."""
    for path, methods in document["paths"].items():
        operation = methods.get("post") if isinstance(methods, dict) else None
        schema = _json_schema((operation or {}).get("requestBody"), document)
        if operation and schema is not None:
            request = normalize(schema, document)
            inner = request.get("properties", {}).get("input")
            if isinstance(inner, dict) and len(inner.get("properties", ())) > 1:
                request = {**inner, "$comment": "below the key `input` of the request"}
            yield path, operation, request


def _json_schema(content: object, document: Mapping[str, Any]) -> Mapping[str, Any] | None:
    found: Any = normalize(content, document, deep=False) if isinstance(content, dict) else {}
    kinds = found.get("content", {})
    schema = next((each.get("schema") for name, each in kinds.items() if "json" in name), None)
    return schema if isinstance(schema, dict) else None


def _answer(operation: Mapping[str, Any], document: Mapping[str, Any]) -> Mapping[str, Any] | None:
    for status, response in operation.get("responses", {}).items():
        if str(status).startswith("2"):
            schema = _json_schema(response, document)
            return normalize(schema, document) if schema else None
    return None


def _with_names(found: Published, data: Mapping[str, Any]) -> Published:
    field = found.request.get("properties", {}).get("model", {})
    names: list[Any] = [field.get("const"), *field.get("enum", ())[:1], found.request.get("title")]
    names += [data.get(name) for name in _NAMES]
    model = next((name for name in names if isinstance(name, str) and name), "")
    docs = data.get("docs") or data.get("docs_url") or data.get("documentation_url") or found.docs
    return replace(found, model=model, docs=docs if isinstance(docs, str) else "")


_DEEPEST_SCHEMA: Final = 24
# What JSON Schema knows, and what the reader of limits wants to see; all else is for people.
_KEPT: Final = frozenset(
    """
    type enum const properties required additionalProperties items minItems maxItems uniqueItems
    minLength maxLength pattern format minimum maximum exclusiveMinimum exclusiveMaximum multipleOf
    default description title examples allOf anyOf oneOf deprecated validations
    """.split()
)
_TYPES: Final = {str: "string", int: "integer", float: "number", bool: "boolean"}
_OTHER_NAMES: Final[dict[str, str]] = {"max_length": "maxLength", "min_length": "minLength"}


def normalize(
    schema: Any,  # noqa: ANN401 - JSON
    document: Mapping[str, Any],
    depth: int = 0,
    *,
    deep: bool = True,
) -> Any:  # noqa: ANN401 - JSON
    """Resolve references, and write OpenAPI's own keywords as JSON Schema; `deep`: throughout."""
    if not isinstance(schema, dict) or depth > _DEEPEST_SCHEMA:
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
    """Merge an `allOf` by which OpenAPI adds a description or properties to a reference."""
    written = plain.get("allOf")
    parts = [normalize(each, document, depth + 1) for each in written or ()]
    if not parts or not all(isinstance(each, dict) for each in parts):
        return
    if len(parts) > 1 and not all("properties" in each for each in parts):
        return
    del plain["allOf"]
    for part in parts:
        for name, value in part.pop("properties", {}).items():
            own = plain.setdefault("properties", {})
            own[name] = {**value, **own.get(name, {})} if isinstance(value, dict) else value
        required = part.pop("required", [])
        if required:
            plain["required"] = [*dict.fromkeys([*plain.get("required", ()), *required])]
        for key, value in part.items():
            plain.setdefault(key, value)


def _translate(plain: dict[str, Any], schema: Mapping[str, Any]) -> None:
    for bound, strict in (("minimum", "exclusiveMinimum"), ("maximum", "exclusiveMaximum")):
        # In OpenAPI 3.0 it is true or false, and belongs to the bound beside it.
        if isinstance(plain.get(strict), bool) and plain.pop(strict) and bound in plain:
            plain[strict] = plain.pop(bound)
    kinds = {_TYPES.get(type(each), "") for each in plain.get("enum") or ()}
    if "type" not in plain and len(kinds) == 1 and all(kinds):
        plain["type"] = kinds.pop()
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
