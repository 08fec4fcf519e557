"""What holds for all files below a folder: wanprep.toml, or [tool.wanprep] in pyproject.toml."""

from __future__ import annotations

import fnmatch
import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from wanprep.errors import WrongUse
from wanprep.schemas import load_schema

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_OWN_FILE: Final = "wanprep.toml"
_SHARED_FILE: Final = "pyproject.toml"
_TYPES: Final[dict[str, tuple[type, str]]] = {
    "array": (list, "a list of texts"),
    "object": (dict, "a table"),
}


@dataclass(frozen=True, slots=True)
class Config:
    """A configuration and the folder to which its globs are relative."""

    folder: Path = field(default_factory=Path.cwd)
    file: Path | None = None
    targets: tuple[str, ...] = ()
    target_folders: tuple[Path, ...] = ()
    roles: Mapping[str, str] = field(default_factory=dict)
    ignore: tuple[str, ...] = ()
    ignore_in: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def role_of(self, path: str) -> str | None:
        """Tell what a file is for, by the first glob that fits."""
        return next((role for glob, role in self.roles.items() if self.fits(path, glob)), None)

    def ignored_in(self, path: str) -> set[str]:
        """Tell which rules are not reported in a file."""
        named = (rules for glob, rules in self.ignore_in.items() if self.fits(path, glob))
        return {*self.ignore, *(rule for rules in named for rule in rules)}

    def rules(self) -> Iterator[str]:
        """Name all rules of which it speaks."""
        yield from self.ignore
        for rules in self.ignore_in.values():
            yield from rules

    def fits(self, path: str, glob: str) -> bool:
        """Hold a path against a glob; `*` also reaches into folders."""
        relative = os.path.relpath(os.path.abspath(path), self.folder)
        return fnmatch.fnmatch(relative, glob)


def find_config(start: Path) -> Config:
    """Look for a configuration in a folder and those above it; the nearest one holds alone."""
    for folder in (start, *start.parents):
        own, shared = folder / _OWN_FILE, folder / _SHARED_FILE
        if own.is_file():
            return read_config(own, _toml(own))
        if shared.is_file():
            tables = _toml(shared).get("tool", {})
            if isinstance(tables, dict) and "wanprep" in tables:
                return read_config(shared, tables["wanprep"])
    return Config(start)


def _toml(file: Path) -> dict[str, Any]:
    import tomllib

    try:
        return tomllib.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:  # TOML's own error is a ValueError, too
        raise WrongUse(f"the configuration {file} cannot be read: {error}") from error


def read_config(file: Path, table: object) -> Config:
    """Hold a table against the published schema, and say what is wrong in plain words."""
    for fault in _faults(table, load_schema("config")):
        raise WrongUse(f"the configuration {file}: {fault}")
    assert isinstance(table, dict)  # noqa: S101 - or there would have been a fault
    return Config(
        folder=file.parent,
        file=file,
        targets=tuple(table.get("targets", ())),
        target_folders=tuple(file.parent / name for name in table.get("target-folders", ())),
        roles=table.get("roles", {}),
        ignore=tuple(table.get("ignore", ())),
        ignore_in={glob: tuple(rules) for glob, rules in table.get("ignore-in", {}).items()},
    )


def _faults(table: object, schema: Mapping[str, Any]) -> Iterator[str]:
    if not isinstance(table, dict):
        yield "[tool.wanprep] must be a table"
        return
    known = schema["properties"]
    for name, value in table.items():
        if name not in known:
            from difflib import get_close_matches

            near = get_close_matches(name, known, 1)
            hint = f"did you mean `{near[0]}`?" if near else f"there are: {', '.join(known)}."
            yield f"`{name}` is not known: {hint}"
        else:
            yield from _wrong_value(name, value, known[name])


def _wrong_value(name: str, value: object, schema: Mapping[str, Any]) -> Iterator[str]:
    wanted, words = _TYPES[schema["type"]]
    if not isinstance(value, wanted):
        yield f"`{name}` must be {words}"
    elif isinstance(value, list):
        yield from (f"`{name}` must be {words}" for each in value if not isinstance(each, str))
    elif isinstance(value, dict):
        inner = schema["additionalProperties"]
        for glob, each in value.items():
            if "enum" in inner and each not in inner["enum"]:
                yield f"`{name}`: {glob} must be one of {', '.join(inner['enum'])}"
            elif "enum" not in inner:
                yield from _wrong_value(f"{name}.{glob}", each, inner)
