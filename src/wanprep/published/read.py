"""Read a model's request schema out of an OpenAPI document, a JSON Schema or a model object."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from wanprep.dataclass import dataclass
from wanprep.errors import UsageError
from wanprep.published.normalize import normalize
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
        raise UsageError(f"{visible(str(file))} cannot be read: {error}.") from error
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
