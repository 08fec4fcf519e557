"""The schemas of results; those of reports, receipts and facts are the published ones."""

from __future__ import annotations

import json
import re
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from wanprep.schemas import load_schema

if TYPE_CHECKING:
    from collections.abc import Callable

Schema = dict[str, Any]
_OTHER: Final = re.compile(r'"\$ref": "(\w+)\.schema\.json')


def published(name: str) -> Callable[[], Schema]:
    """Return what reads a published schema, with those that it refers to inside of it."""
    return partial(_bundle, name)


def _bundle(name: str) -> Schema:
    schema, bundled = load_schema(name), dict[str, Schema]()
    waiting = [schema]
    while waiting:
        for other in _OTHER.findall(json.dumps(waiting.pop())):
            if other != name and other not in bundled:
                bundled[other] = load_schema(other)
                waiting.append(bundled[other])
    return schema | ({"$defs": schema.get("$defs", {}) | bundled} if bundled else {})


def facts_list() -> Schema:
    """Return the schema of the facts of several files."""
    return _object({"files": _list(load_schema("facts"))})


def _object(properties: Schema, optional: Schema | None = None) -> Schema:
    return {
        "type": "object",
        "properties": properties | (optional or {}),
        "required": [*properties],
    }


def _list(items: Schema) -> Schema:
    return {"type": "array", "items": items}


_STRING: Final[Schema] = {"type": "string"}
_STRINGS: Final = _list(_STRING)
_NULLABLE: Final[Schema] = {"type": ["string", "null"]}
_ANY_OBJECT: Final[Schema] = {"type": "object"}
_BOOLEAN: Final[Schema] = {"type": "boolean"}

PLAN: Final = _object({
    "version": {"const": 1},
    "assets": _list(_object(
        {"source": _STRING, "outcome": {"enum": ["kept", "mended", "unmended", "asks"]}},
        {
            "result": _STRING,
            "steps": _list(_object({
                "name": _STRING, "safety": {"enum": ["safe", "lossy", "asks"]}, "words": _STRING,
            })),
            "questions": _STRINGS,
            "reasons": _STRINGS,
            "facts": _object({"before": _ANY_OBJECT, "after": _ANY_OBJECT}),
            "commands": _list(_STRINGS),
            "clears": _STRINGS,
        },
    )),
    "jobs": _list(_object(
        {"source": _STRING, "result": _STRING, "diff": _STRING}, {"reasons": _STRINGS}
    )),
})  # fmt: skip

COMPARISONS: Final = _object({
    "jobs": _list(_object({
        "job": _STRING,
        "targets": _list(_object(
            {
                "target": _STRING,
                "verdict": {"enum": ["fits", "fixable", "unknown", "impossible"]},
                "price": {"anyOf": [
                    {"type": "null"},
                    _object({"low": {"type": "number"}, "high": {"type": "number"},
                             "currency": _STRING, "unseen": _STRINGS}),
                ]},
                "price_note": _NULLABLE,
            },
            {
                "why": _STRINGS,
                "warnings": _STRINGS,
                "safety": {"enum": ["safe", "lossy", "asks"]},
                "costs": _list(_object({"what": _STRING, "words": _STRING, "safety": _STRING})),
            },
        )),
    })),
})  # fmt: skip

EXPLANATION: Final = _object({
    "name": _STRING,
    "title": _STRING,
    "why": _STRING,
    "by_hand": _STRING,
    "fix": _STRING,
    "before": _STRING,
    "after": _STRING,
    "limits": _list(_object({
        "limit": _STRING, "severity": _STRING, "parts": _STRINGS,
        "sources": {"type": "object", "additionalProperties": _STRING},
    })),
})  # fmt: skip

TARGETS: Final = _object({
    "targets": _list(_object(
        {
            "id": _STRING, "provider": _STRING, "model": _STRING, "summary": _STRING,
            "default": _BOOLEAN, "until": _NULLABLE, "replaced_by": _NULLABLE,
        },
        {
            "docs": _STRINGS, "roles": _ANY_OBJECT, "job": _list(_ANY_OBJECT),
            "body": _list(_ANY_OBJECT), "parameters": _ANY_OBJECT, "prompt_names": _STRINGS,
            "price": {"type": ["object", "null"]}, "unchecked": _STRINGS,
        },
    )),
})  # fmt: skip

RUNS: Final = _object({
    "runs": _list(_object({
        "id": _STRING,
        "target": _STRING,
        "state": _STRING,
        "job": _STRING,
        "provider_id": _NULLABLE,
        "created": _STRING,
        "updated": _STRING,
        "deadline": _NULLABLE,
        "outputs": _STRINGS,
        "error": _NULLABLE,
    })),
})  # fmt: skip
