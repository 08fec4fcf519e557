"""Load a target's file, and keep an index of what is needed of all others.

A target is loaded with each `$ref` in its schemas replaced by the limits that it names.

Annotations beside a `$ref` apply to all the limits behind it: `x-severity`, which may be given by
rule, lowers theirs to at most that, and `x-source` replaces the parts of the citation that it
names. Checks, explanations and fixes then all read the same plain bounds.

To parse the files of all targets takes as long as to check an image. So what was read of them is
listed in one file beside the cache of facts, and a target's own file is read again when its size
or its times change.
"""

from __future__ import annotations

import json
import os
from contextlib import suppress
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from wanprep import __version__
from wanprep.errors import UsageError
from wanprep.job.roles import UNSUPPORTED, common_roles
from wanprep.media.cache import Stamp, cache_folder, is_settled, stamp_of
from wanprep.pointers import steps
from wanprep.rules.target import Target
from wanprep.schemas import load_schema

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

    from wanprep.rules.bounds import Schema


class Listed(NamedTuple):
    """What is needed of a target before it is used."""

    id: str  # empty where there is none
    title: str = ""
    places: Mapping[str, Any] = {}
    is_default: bool = False
    summary: str = ""
    until: str | None = None  # the last day on which it takes jobs
    replaced_by: str | None = None


_NAME: Final = f"index-{__version__}-{len(Listed._fields)}.json"


class TargetIndex:
    """The targets in files, by path and stamp."""

    def __init__(self) -> None:
        self._file = os.path.join(cache_folder(), "targets", _NAME)
        self._entries = _read_index(self._file)
        self._has_new = False

    def entry_of(self, file: Path) -> Listed:
        """Return what a target's file says, which is read if it has changed."""
        path, stamp = os.path.abspath(file), stamp_of(str(file))
        kept = self._entries.get(path)
        with suppress(TypeError, ValueError):
            if kept and stamp and tuple(kept[0]) == stamp:
                return Listed(*kept[1])
        listed = _read_entry(file)
        if listed.id and stamp and is_settled(stamp):
            self._entries[path], self._has_new = (stamp, listed), True
        return listed

    def save(self) -> None:
        """Write what is new; that it cannot be written costs time, never a result."""
        if not self._has_new:
            return
        entries = {path: each for path, each in self._entries.items() if os.path.exists(path)}
        part = f"{self._file}.{os.getpid()}"
        with suppress(OSError):
            os.makedirs(os.path.dirname(self._file), mode=0o700, exist_ok=True)
            with open(part, "w", encoding="ascii") as index:
                json.dump(entries, index)
            os.replace(part, self._file)


def _read_index(file: str) -> dict[str, tuple[Stamp, Listed]]:
    try:
        with open(file, "rb") as index:
            entries = json.loads(index.read())
    except (OSError, ValueError):
        return {}
    return entries if isinstance(entries, dict) else {}


def _read_entry(file: Path) -> Listed:
    try:
        return _entry_in(file.read_text(encoding="utf-8-sig"))
    except (OSError, ValueError):
        return Listed("")


@lru_cache(256)
def _entry_in(text: str) -> Listed:
    try:
        data = json.loads(text)
        name, places = data["id"], data.get("places", {})
        usable = all({"key", "in", "kind", "title", "description"} <= {*each}
                     for each in places.values())  # fmt: skip
    except (ValueError, TypeError, AttributeError, LookupError, RecursionError):
        return Listed("")
    known = isinstance(name, str) and "/" in name
    return listed_of({**data, "id": name if known else "", "places": places if usable else {}})


def listed_of(data: Mapping[str, Any]) -> Listed:
    """Return what lists of targets show of a target's file."""
    return Listed(
        id=data["id"],
        title=str(data.get("title")),
        places=data.get("places", {}),
        is_default=data.get("default") is True,
        summary=str(data.get("summary", "")),
        until=data.get("until"),
        replaced_by=data.get("replaced-by"),
    )


SEVERITIES: Final = ("note", "warning", "error")
_DEEPEST: Final = 64
_MOST_PARTS: Final = 1000
# By the id of a part, with the part itself: no other gets its id.
_expanded: dict[int, tuple[Any, Any]] = {}


def load_target(file: Path) -> Target:
    """Read a valid target's file and expand its schemas."""
    data = read_json(file)

    def load(name: str) -> Mapping[str, Any]:
        return load_limits(name, data, file)

    described = {role: expand(schema, load) for role, schema in data["roles"].items()}
    return Target(
        id=data["id"],
        title=data["title"],
        summary=data["summary"],
        docs=tuple(data["docs"]),
        roles=_RoleLimits(data, described),
        job=expand(data.get("job", {}), load),
        body=expand(data.get("body", {}), load),
        request=dict(load(data["request"])) if "request" in data else None,
        unchecked=tuple(data.get("unchecked", ())),
        data=data,
        file=file,
    )


def read_json(file: Path) -> Any:  # noqa: ANN401 - JSON
    """Read a JSON file, with a byte order mark or without."""
    return json.loads(file.read_text(encoding="utf-8-sig"))


def load_limits(name: str, data: Mapping[str, Any], file: Path) -> Mapping[str, Any]:
    """Find what the first part of a `$ref` names: this file, one beside it, or a published one."""
    beside = file.with_name(f"{name}.schema.json")
    if not name:
        return data
    shared: Mapping[str, Any] = read_json(beside) if beside.is_file() else load_schema(name)
    return shared


class _RoleLimits(dict[str, "Schema"]):
    """The limits of a file in each role; one that the target does not describe rejects all."""

    def __init__(self, data: Mapping[str, Any], described: Mapping[str, Schema]) -> None:
        roles = common_roles().beside([data.get("places", {})])
        self._rules = {name: role.unsupported for name, role in roles.items()}
        self._data = data
        self._rejecting: dict[str, Schema] = {}  # apart: only what is described is listed
        super().__init__(described)

    def __missing__(self, role: str) -> Schema:
        if role not in self._rejecting:
            rule = self._rules.get(role, UNSUPPORTED)
            notes = {"x-rule": rule, "x-severity": _severity(rule), "x-source": self._source}
            self._rejecting[role] = {"not": {}, **notes}
        return self._rejecting[role]

    @cached_property
    def _source(self) -> dict[str, str]:
        return {
            "doc": self._data["docs"][0],
            "checked": max(_checked(self._data), default=""),
            "says": "no field for it is described",
            "confidence": "inferred",
        }


def _checked(data: Any) -> Iterator[str]:  # noqa: ANN401 - JSON
    """List the days on which the documentation of a target was read."""
    nodes = [data]
    for node in nodes:  # which grows
        if isinstance(node, dict):
            if isinstance(node.get("checked"), str):
                yield node["checked"]
            nodes += node.values()
        elif isinstance(node, list):
            nodes += node


def _severity(rule: str) -> str:
    """Return error for a reference, which is refused; other media without a field are ignored."""
    return "error" if rule == "reference-kind-unsupported" else "warning"


def expand(schema: Any, load: Callable[[str], Mapping[str, Any]], depth: int = 0) -> Any:  # noqa: ANN401 - JSON
    """Return a schema with every `$ref` replaced by what it names; `load` finds files by name."""
    if depth > _DEEPEST:
        raise UsageError("a target's schemas refer to each other in a circle")
    if isinstance(schema, list):
        return [expand(item, load, depth + 1) for item in schema]
    if not isinstance(schema, dict):
        return schema
    here = {
        key: expand(value, load, depth + 1)
        if isinstance(value, dict | list) and key != "x-source"
        else value
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
    shared = _expand_once(shared, (lambda other: load(other or name)) if name else load, depth + 1)
    notes = {key: here.pop(key) for key in ("x-severity", "x-source") if key in here}
    if notes:
        shared = _annotated(shared, notes)
    return {"allOf": [shared, here]} if here else shared


def _expand_once(part: Any, load: Callable[[str], Mapping[str, Any]], depth: int) -> Any:  # noqa: ANN401 - JSON
    """Expand a part of a schema; those of the published ones are what most targets refer to."""
    kept = _expanded.get(id(part))
    if kept is None:
        if len(_expanded) >= _MOST_PARTS:
            _expanded.clear()
        kept = _expanded[id(part)] = (part, expand(part, load, depth))
    return kept[1]


def _annotated(node: Any, notes: Mapping[str, Any]) -> Any:  # noqa: ANN401 - JSON
    """Apply annotations to every bound in a schema."""
    if isinstance(node, list):
        return [_annotated(item, notes) for item in node]
    if not isinstance(node, dict):
        return node
    changed = {
        key: _annotated(value, notes)
        if isinstance(value, dict | list) and not key.startswith("x-")
        else value
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
