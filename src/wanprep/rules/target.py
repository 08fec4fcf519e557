"""Targets: one model endpoint each, described by one JSON file and no code.

The file lies in a folder `targets` inside a plugin's package. Packages are found by their
name, `wanprep_*`, on the import path and none is imported, so that fifty installed plugins
cost a look at a folder's listing. A package that is found only through its metadata (some
editable installs) is looked for when a target is asked for that no folder has.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from wanprep.errors import UsageError
from wanprep.rules.expand import Schema, expand
from wanprep.schemas import load_schema

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

_UNSUPPORTED = {
    "reference_image": "reference-kind-unsupported",
    "reference_video": "reference-kind-unsupported",
    "first_frame": "first-frame-unsupported",
    "voice": "voice-unsupported",
}
BUILT_IN = Path(__file__).parent / "targets"


@dataclass(frozen=True, slots=True)
class Target:
    """One model endpoint at one provider, and everything that it allows."""

    id: str
    title: str
    summary: str
    docs: tuple[str, ...]
    roles: Mapping[str, Schema]  # what a file must be to be used so; a role it lacks is absent
    job: Schema  # what a whole job must be
    body: Schema  # what a native request body must be, beyond the provider's own schema
    request: Schema | None  # the provider's own schema of that body
    unchecked: tuple[str, ...]  # what no look from here can tell
    data: Mapping[str, Any]  # the file as it is
    file: Path

    @property
    def provider(self) -> str:
        """Name the provider: the part before the slash."""
        return self.id.partition("/")[0]


def load_target(file: Path) -> Target:
    """Read a target's file and put its schemas together."""
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

    return Target(
        id=data["id"],
        title=data["title"],
        summary=data["summary"],
        docs=tuple(data["docs"]),
        roles=_lacking(data)
        | {role: expand(schema, load) for role, schema in data["roles"].items()},
        job=expand(data.get("job", {}), load),
        body=expand(data.get("body", {}), load),
        request=dict(load(data["request"])) if "request" in data else None,
        unchecked=tuple(data.get("unchecked", ())),
        data=data,
        file=file,
    )


def _lacking(data: Mapping[str, Any]) -> dict[str, Schema]:
    """Write the rules for roles of which a target says nothing: it takes no such thing."""
    says = {"says": "no field for it is described", "confidence": "inferred"}
    source = {"doc": data["docs"][0], "checked": data.get("checked", "")} | says
    return {
        role: {"not": {}, "x-rule": rule, "x-severity": "warning", "x-source": source}
        for role, rule in _UNSUPPORTED.items()
    }


def target_files(folders: Sequence[Path] = ()) -> Iterator[Path]:
    """List the files of all targets that can be found without importing anything."""
    for folder in (BUILT_IN, *_plugin_folders(), *folders):
        yield from sorted(
            file for file in folder.glob("*.json") if not file.name.endswith(".schema.json")
        )


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
            if folder.is_dir():
                found.setdefault(name, folder)  # the first on the path is what import would take
    return tuple(found.values())


def all_targets(folders: Sequence[Path] = ()) -> Mapping[str, Target]:
    """Know all targets by their ids; each file is read only when its target is asked for."""
    return _ReadLate({_id_of(file): file for file in target_files(folders)})


class _ReadLate(Mapping[str, Target]):
    def __init__(self, files: Mapping[str, Path]) -> None:
        self._files = files
        self._read: dict[str, Target] = {}

    def __getitem__(self, name: str) -> Target:
        if name not in self._read:
            self._read[name] = load_target(self._files[name])
        return self._read[name]

    def __contains__(self, name: object) -> bool:
        return name in self._files

    def __iter__(self) -> Iterator[str]:
        return iter(sorted(self._files))

    def __len__(self) -> int:
        return len(self._files)


def choose(ids: Sequence[str], known: Mapping[str, Target], named_in: str = "") -> list[Target]:
    """Load some targets by their ids; one that does not exist is wrong use."""
    for name in ids:
        if name not in known:
            raise UsageError(named_in + unknown_target(name, known))
    return [known[name] for name in dict.fromkeys(ids)]


def unknown_target(name: str, known: Iterable[str]) -> str:
    """Say that there is no such target, and which one may be meant."""
    from difflib import get_close_matches

    name = name if len(name) <= 80 else f"{name[:60]}…"
    near = get_close_matches(name, list(known), 1, cutoff=0.5)
    hint = f"Did you mean '{near[0]}'?" if near else "`wanprep targets` lists them."
    return f"there is no target '{name}'. {hint}"


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
