"""The published JSON Schemas, read from the package or the checkout."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any, Final

from wanprep.errors import UsageError

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
