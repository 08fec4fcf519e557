"""Targets: one model endpoint each, described by one JSON file and no code.

The file is in a folder `targets` inside a plugin's package. Packages are found by their
name, `wanprep_*`, on the import path and none is imported, so that fifty installed plugins
cost one directory listing.

A `$ref` names shared limits ("wan27-media#/$defs/image"); annotations beside it apply to all
the limits behind it: `x-severity`, which may be given by rule, lowers theirs to at most that,
and `x-source` replaces the parts of the citation that it names. A loaded target has no `$ref`
left, so that checks, explanations and fixes all read the same plain bounds.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from wanprep.errors import UsageError
from wanprep.pointers import steps
from wanprep.rules.finding import shorten, suggestion
from wanprep.schemas import load_schema

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from wanprep.rules.bounds import Schema

BUILT_IN: Final = Path(__file__).parent / "targets"
DEFAULT_TARGET: Final = "wan/2.7"
SEVERITIES: Final = ("note", "warning", "error")
_UNSUPPORTED: Final = {
    "reference_image": "reference-kind-unsupported",
    "reference_video": "reference-kind-unsupported",
    "first_frame": "first-frame-unsupported",
    "voice": "voice-unsupported",
}
_DEEPEST: Final = 64


@dataclass(frozen=True, slots=True)
class Target:
    """One model endpoint at one provider, and everything that it allows."""

    id: str
    title: str
    summary: str
    docs: tuple[str, ...]
    roles: Mapping[str, Schema]  # what a file in each role must be; see has_role
    job: Schema  # what a whole job must be
    body: Schema  # what a native request body must be, beyond the provider's own schema
    request: Schema | None  # the provider's own schema of that body
    unchecked: tuple[str, ...]  # what cannot be checked on this machine
    data: Mapping[str, Any]  # the file as it is
    file: Path

    @property
    def provider(self) -> str:
        """The part of the id before the slash."""
        return self.id.partition("/")[0]

    @property
    def provider_title(self) -> str:
        """The provider's own spelling of its name: the part of the title before the colon."""
        return self.title.partition(":")[0]

    def has_role(self, role: str) -> bool:
        """Whether the target takes any file in a role."""
        return self.roles[role].get("not") != {}


def load_target(file: Path) -> Target:
    """Read a target's file and expand its schemas."""
    try:
        data: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise _unusable(file, str(error)) from error

    def load(name: str) -> Mapping[str, Any]:
        beside = file.with_name(f"{name}.schema.json")
        if not name:
            return data
        if beside.is_file():
            shared: dict[str, Any] = json.loads(beside.read_text(encoding="utf-8"))
            return shared
        return load_schema(name)

    described = {role: expand(schema, load) for role, schema in data["roles"].items()}
    return Target(
        id=data["id"],
        title=data["title"],
        summary=data["summary"],
        docs=tuple(data["docs"]),
        roles=_unsupported_roles(data) | described,
        job=expand(data.get("job", {}), load),
        body=expand(data.get("body", {}), load),
        request=dict(load(data["request"])) if "request" in data else None,
        unchecked=tuple(data.get("unchecked", ())),
        data=data,
        file=file,
    )


def _unsupported_roles(data: Mapping[str, Any]) -> dict[str, Schema]:
    """Return rules that reject every file, for the roles that a target does not describe."""
    source = {
        "doc": data["docs"][0],
        "checked": data.get("checked", ""),
        "says": "no field for it is described",
        "confidence": "inferred",
    }
    return {
        role: {"not": {}, "x-rule": rule, "x-severity": "warning", "x-source": source}
        for role, rule in _UNSUPPORTED.items()
    }


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
        bound["x-severity"] = min(bound["x-severity"], ceiling, key=SEVERITIES.index)
    if "x-source" in notes:
        bound["x-source"] = {**bound["x-source"], **notes["x-source"]}


def target_files(folders: Sequence[Path] = ()) -> Iterator[Path]:
    """List the files of all targets that can be found without importing anything."""
    for folder in (BUILT_IN, *_plugin_folders(), *folders):
        yield from sorted(
            file for file in folder.glob("*.json") if not file.name.endswith(".schema.json")
        )


def is_disabled(plugin: str) -> bool:
    """Whether WANPREP_DISABLE_PLUGINS names a plugin, or all of them."""
    names = os.environ.get("WANPREP_DISABLE_PLUGINS", "").split(",")
    return not {plugin, "all"}.isdisjoint(name.strip() for name in names)


@cache
def _plugin_folders() -> tuple[Path, ...]:
    found: dict[str, Path] = {}
    for place in sys.path:
        try:
            names = sorted(name for name in os.listdir(place or ".") if name.startswith("wanprep_"))
        except OSError:
            continue
        for name in names:
            folder = Path(place, name, "targets")
            if folder.is_dir() and not is_disabled(name.removeprefix("wanprep_")):
                found.setdefault(name, folder)  # the first on the path is what import would take
    return tuple(found.values())


def all_targets(folders: Sequence[Path] = ()) -> Mapping[str, Target]:
    """Return all targets by id; each file is loaded only when its target is used."""
    return _LazyTargets({_id_of(file): file for file in target_files(folders)})


class _LazyTargets(Mapping[str, Target]):
    def __init__(self, files: Mapping[str, Path]) -> None:
        self._files = files
        self._loaded: dict[str, Target] = {}

    def __getitem__(self, name: str) -> Target:
        if name not in self._loaded:
            self._loaded[name] = load_target(self._files[name])
        return self._loaded[name]

    def __contains__(self, name: object) -> bool:
        return name in self._files

    def __iter__(self) -> Iterator[str]:
        return iter(sorted(self._files))

    def __len__(self) -> int:
        return len(self._files)


def _id_of(file: Path) -> str:
    try:
        data = json.loads(file.read_bytes())
    except (OSError, ValueError) as error:
        raise _unusable(file, str(error)) from error
    if isinstance(data, dict) and "id" in data:
        return str(data["id"])
    from wanprep.schema_errors import schema_errors

    raise _unusable(file, str(next(schema_errors(data, load_schema("target")))))


def _unusable(file: Path, why: str) -> UsageError:
    return UsageError(
        f"the target file {file} cannot be read: {why}. Fix it (`wanprep schema target`"
        " describes it), or remove it."
    )


def choose_targets(
    ids: Sequence[str], targets: Mapping[str, Target], named_in: str = ""
) -> list[Target]:
    """Load targets by id, each once; an unknown id is a usage error."""
    for name in ids:
        if name not in targets:
            raise UsageError(named_in + unknown_target_message(name, targets))
    return [targets[name] for name in dict.fromkeys(ids)]


def unknown_target_message(name: str, ids: Iterable[str]) -> str:
    """Suggest the target that a misspelled id is closest to."""
    return f"there is no target '{shorten(name)}'. {suggestion(name, ids, 'targets', 0.5)}"
