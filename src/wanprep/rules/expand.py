"""Put a target's schemas together: what it shares with others, and what it says differently.

A `$ref` names shared limits ("wan27-media#/$defs/image"); annotations beside it hold for all
the limits behind it: `x-severity`, which may be given by rule, lowers theirs to at most that,
and `x-source` replaces the parts of the citation that it names. The result has no `$ref` left,
so that judging, explaining and fixing all read the same plain bounds.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from wanprep.errors import UsageError
from wanprep.pointers import steps

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

Schema = dict[str, Any]

SEVERITIES: Final = ("note", "warning", "error")
_ANNOTATIONS: Final = ("x-severity", "x-source")


def expand(schema: Schema, load: Callable[[str], Mapping[str, Any]]) -> Schema:
    """Return a schema with every `$ref` replaced by what it names; `load` finds files by name."""
    expanded: Any = _expand(schema, load, depth=0)
    return dict(expanded)


def _expand(node: Any, load: Callable[[str], Mapping[str, Any]], depth: int) -> Any:  # noqa: ANN401 - JSON
    if depth > 64:
        raise UsageError("a target's schemas refer to each other in a circle")
    if isinstance(node, list):
        return [_expand(item, load, depth + 1) for item in node]
    if not isinstance(node, dict):
        return node
    here = {
        key: value if key == "x-source" else _expand(value, load, depth + 1)
        for key, value in node.items()
        if key != "$ref"
    }
    if "$ref" not in node:
        return here
    shared = _expand(_named(node["$ref"], load), _from(node["$ref"], load), depth + 1)
    notes = {key: here.pop(key) for key in _ANNOTATIONS if key in here}
    shared = annotated(shared, notes)
    return {"allOf": [shared, here]} if here else shared


def _from(reference: str, load: Callable[[str], Mapping[str, Any]]) -> Callable[[str], Any]:
    """Read references without a file's name as of the file in which they stand."""
    home = reference.partition("#")[0]
    return (lambda name: load(name or home)) if home else load


def _named(reference: str, load: Callable[[str], Mapping[str, Any]]) -> Any:  # noqa: ANN401 - JSON
    name, _, pointer = reference.partition("#")
    found: Any = load(name)
    for part in steps(pointer):
        if not isinstance(found, dict) or part not in found:
            raise UsageError(f"a target refers to '{reference}', which does not exist")
        found = found[part]
    return found


def annotated(node: Any, notes: Mapping[str, Any]) -> Any:  # noqa: ANN401 - JSON
    """Lay annotations over every bound in a schema."""
    if isinstance(node, list):
        return [annotated(item, notes) for item in node]
    if not isinstance(node, dict):
        return node
    changed = {
        key: value if key.startswith("x-") else annotated(value, notes)
        for key, value in node.items()
    }
    if "x-rule" in node:
        _annotate(changed, notes)
    return changed


def _annotate(bound: Schema, notes: Mapping[str, Any]) -> None:
    ceiling = notes.get("x-severity")
    if isinstance(ceiling, dict):
        ceiling = next((ceiling[name] for name in _rules(bound) if name in ceiling), None)
    if ceiling:
        bound["x-severity"] = min(bound["x-severity"], ceiling, key=SEVERITIES.index)
    if "x-source" in notes:
        bound["x-source"] = {**bound["x-source"], **notes["x-source"]}


def _rules(bound: Schema) -> list[str]:
    """Name the rules of a bound: one, or one for each of its keywords."""
    rule = bound["x-rule"]
    return [rule] if isinstance(rule, str) else list(rule.values())
