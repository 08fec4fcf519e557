"""Values that a schema allows, so that a job can be made which says everything."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from wanprep.plugin_kit.request_fields import allowed, field, parts

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_ADDRESS: Final = "https://example.com/back"
_PLAIN: Final[tuple[Any, ...]] = (1, 5, True, 0.5, "x", _ADDRESS, "a/b", [], {})


def sample_values(request: Mapping[str, Any], table: Mapping[str, Any]) -> list[Any]:
    """Name the values that a job may give for a parameter: all that are listed, else one.

    Empty where none can be thought of: then nothing can be said of it.
    """
    if "values" in table:
        return list(table["values"])
    if table.get("in") == "query":
        return [_ADDRESS]
    schema = field(request, [table["name"]])
    listed = [each for part in parts(request, schema) for each in part.get("enum", ())]
    return listed or _one(request, schema, table["name"])


def _one(request: Mapping[str, Any], schema: object, name: str) -> list[Any]:
    # A job in which a key has nothing behind it says nothing.
    values = (each for each in likely(request, schema) if each is not None)
    return next(([each] for each in values if allowed(request, name, each)), [])


def likely(request: Mapping[str, Any], schema: object) -> Iterator[Any]:
    """Name values that a schema itself shows, then some plain ones."""
    for part in parts(request, schema):
        yield from (part[key] for key in ("const", "default", "minimum", "maximum") if key in part)
        yield from part.get("examples", ())
    yield from _PLAIN
