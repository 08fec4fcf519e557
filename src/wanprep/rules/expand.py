"""Replace each `$ref` in a target's schemas by the limits that it names.

Annotations beside a `$ref` apply to all the limits behind it: `x-severity`, which may be given by
rule, lowers theirs to at most that, and `x-source` replaces the parts of the citation that it
names. Checks, explanations and fixes then all read the same plain bounds.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from wanprep.errors import UsageError
from wanprep.pointers import steps

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from wanprep.rules.bounds import Schema

SEVERITIES: Final = ("note", "warning", "error")
_DEEPEST: Final = 64


def expand(schema: Any, load: Callable[[str], Mapping[str, Any]], depth: int = 0) -> Any:  # noqa: ANN401 - JSON
    """Return a schema with every `$ref` replaced by what it names; `load` finds files by name."""
    if depth > _DEEPEST:
        raise UsageError("a target's schemas refer to each other in a circle")
    if isinstance(schema, list):
        return [expand(item, load, depth + 1) for item in schema]
    if not isinstance(schema, dict):
        return schema
    here = {
        key: value if key == "x-source" else expand(value, load, depth + 1)
        for key, value in schema.items()
        if key != "$ref"
    }
    if "$ref" not in schema:
        return here
    name, _, pointer = schema["$ref"].partition("#")
    shared: Any = load(name)
    for part in steps(pointer):
        if not isinstance(shared, dict) or part not in shared:
            raise UsageError(f"a target refers to '{schema['$ref']}', which does not exist")
        shared = shared[part]
    # A reference without a file's name is to the file that contains it.
    shared = expand(shared, (lambda other: load(other or name)) if name else load, depth + 1)
    notes = {key: here.pop(key) for key in ("x-severity", "x-source") if key in here}
    shared = _annotated(shared, notes)
    return {"allOf": [shared, here]} if here else shared


def _annotated(node: Any, notes: Mapping[str, Any]) -> Any:  # noqa: ANN401 - JSON
    """Apply annotations to every bound in a schema."""
    if isinstance(node, list):
        return [_annotated(item, notes) for item in node]
    if not isinstance(node, dict):
        return node
    changed = {
        key: value if key.startswith("x-") else _annotated(value, notes)
        for key, value in node.items()
    }
    if "x-rule" in node:
        _annotate(changed, notes)
    return changed


def _annotate(bound: Schema, notes: Mapping[str, Any]) -> None:
    ceiling = notes.get("x-severity")
    if isinstance(ceiling, dict):
        rule = bound["x-rule"]
        names = [rule] if isinstance(rule, str) else rule.values()
        ceiling = next((ceiling[name] for name in names if name in ceiling), None)
    if ceiling:
        bound["x-severity"] = _at_most(bound["x-severity"], ceiling)
    if "x-source" in notes:
        bound["x-source"] = {**bound["x-source"], **notes["x-source"]}


def _at_most(severity: str | Mapping[str, str], ceiling: str) -> str | dict[str, str]:
    if isinstance(severity, str):
        return min(severity, ceiling, key=SEVERITIES.index)
    return {name: min(each, ceiling, key=SEVERITIES.index) for name, each in severity.items()}
