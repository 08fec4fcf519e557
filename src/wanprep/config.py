"""What holds for all files below a folder: wanprep.toml, or [tool.wanprep] in pyproject.toml."""

from __future__ import annotations

import fnmatch
import os
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from wanprep.errors import UsageError
from wanprep.schemas import load_schema

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from wanprep.rules.finding import Severity


_OWN_FILE: Final = "wanprep.toml"


_SHARED_FILE: Final = "pyproject.toml"


# Behind these nothing can be judged: whatever they are called, the job does not go.
UNSHAKEABLE: Final = ("job-invalid", "target-unknown")


@dataclass(frozen=True, slots=True)
class Config:
    """A configuration and the folder to which its globs are relative."""

    folder: Path = field(default_factory=Path.cwd)
    file: Path | None = None
    said: Mapping[str, Any] = field(default_factory=dict)  # as it stands in the file
    targets: tuple[str, ...] = ()
    target_folders: tuple[Path, ...] = ()
    roles: Mapping[str, str] = field(default_factory=dict)
    ignore: tuple[str, ...] = ()
    ignore_in: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    severity: Mapping[str, Severity] = field(default_factory=dict)
    offline: bool = False
    baseline: Path | None = None
    fix: Mapping[str, Any] = field(default_factory=dict)
    submit: Mapping[str, Any] = field(default_factory=dict)
    hosts: Mapping[str, str] = field(default_factory=dict)
    providers: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)

    def role_of(self, path: str) -> str | None:
        """Tell what a file is for, by the first glob that fits."""
        return next((role for glob, role in self.roles.items() if self.fits(path, glob)), None)

    def ignored_in(self, path: str) -> set[str]:
        """Tell which rules are not reported in a file."""
        named = (rules for glob, rules in self.ignore_in.items() if self.fits(path, glob))
        return {*self.ignore, *(rule for rules in named for rule in rules)}

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
        raise UsageError(
            f"the configuration {file} cannot be read: {error}. Fix it; `wanprep schema config`"
            " describes what may stand in it."
        ) from error


def read_config(file: Path, table: object) -> Config:
    """Validate a table against the published schema and take it apart."""
    _validate(file, table)
    assert isinstance(table, dict)  # noqa: S101 - or it would not have been valid
    for fault in _wrong_rules(table):
        raise UsageError(f"the configuration {file}: {fault}")
    return Config(
        folder=file.parent,
        file=file,
        said=table,
        targets=tuple(table.get("targets", ())),
        target_folders=tuple(file.parent / name for name in table.get("target-folders", ())),
        roles=table.get("roles", {}),
        ignore=tuple(table.get("ignore", ())),
        ignore_in={glob: tuple(rules) for glob, rules in table.get("ignore-in", {}).items()},
        severity=table.get("severity", {}),
        offline=table.get("offline", False),
        baseline=file.parent / table["baseline"] if "baseline" in table else None,
        fix=table.get("fix", {}),
        submit=table.get("submit", {}),
        hosts=table.get("hosts", {}),
        providers=table.get("providers", {}),
    )


def _wrong_rules(table: Mapping[str, Any]) -> Iterator[str]:
    """Hold all names of rules against the catalogue."""
    from wanprep.rules.catalog import rules, unknown_rule

    named = [("ignore", rule) for rule in table.get("ignore", ())]
    for glob, silent in table.get("ignore-in", {}).items():
        named += [(f"ignore-in.{glob}", rule) for rule in silent]
    named += [("severity", rule) for rule in table.get("severity", {})]
    yield from (f"`{key}`: {unknown_rule(rule)}" for key, rule in named if rule not in rules())
    for rule in UNSHAKEABLE:
        if rule in table.get("severity", {}):
            yield f"`severity`: {rule} is always an error, since nothing can be sent behind it"


def _validate(file: Path, table: object) -> None:
    schema = load_schema("config")
    if _is_valid(table, schema):
        return
    from wanprep.schema_errors import schema_errors

    for error in schema_errors(table, schema):
        raise UsageError(f"the configuration {file}: {error}")


def _is_valid(value: object, schema: Mapping[str, Any]) -> bool:
    """Validate without jsonschema, whose import would take longer than many a command."""
    if "enum" in schema:
        return value in schema["enum"]
    match schema.get("type"), value:
        case ("boolean", bool()) | (None, _):
            return True
        case "number", int() | float():
            return not isinstance(value, bool)
        case "string", str():
            return re.search(schema.get("pattern", ""), value) is not None
        case "array", list():
            return all(_is_valid(item, schema["items"]) for item in value)
        case "object", dict():
            others = schema.get("additionalProperties", {})
            known = schema.get("properties", {})
            return (others is not False or known.keys() >= value.keys()) and all(
                _is_valid(inner, known.get(key, others)) for key, inner in value.items()
            )
    return False


DEFAULT: Final = "default"


# What holds where a configuration is silent; all else is then empty.
_DEFAULTS: Final[Mapping[str, object]] = {
    "targets": ["wan/2.7"],
    "target-folders": [],
    "ignore": [],
    "offline": False,
    "baseline": None,
}


def values(config: Config) -> dict[str, dict[str, Any]]:
    """List every value and who set it: the file, or nobody."""
    said = config.said
    return {
        name: {
            "value": said.get(name, _DEFAULTS.get(name, {})),
            "origin": str(config.file) if name in said else DEFAULT,
        }
        for name in load_schema("config")["properties"]
    }


def applied(config: Config, path: str) -> dict[str, Any]:
    """Tell what holds for one file, and which glob says so."""
    glob = next((glob for glob in config.roles if config.fits(path, glob)), None)
    return {
        "path": path,
        "role": {
            "value": config.roles[glob] if glob is not None else None,
            "origin": f'roles."{glob}"' if glob is not None else DEFAULT,
        },
        "ignored": [
            *({"rule": rule, "origin": "ignore"} for rule in config.ignore),
            *(
                {"rule": rule, "origin": f'ignore-in."{glob}"'}
                for glob, rules in config.ignore_in.items()
                if config.fits(path, glob)
                for rule in rules
            ),
        ],
        "severity": [
            {"rule": rule, "value": value, "origin": "severity"}
            for rule, value in config.severity.items()
        ],
        "nearer": _nearer(config, path),
    }


def _nearer(config: Config, path: str) -> str | None:
    """Find a configuration that would hold if one stood where the file lies."""
    place = Path(os.path.abspath(path))
    there = find_config(place if place.is_dir() else place.parent).file
    return str(there) if there and there != config.file else None
