"""The configuration of a project: wanprep.toml, or [tool.wanprep] in pyproject.toml."""

from __future__ import annotations

import fnmatch
import os
from dataclasses import field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from wanprep.dataclass import dataclass
from wanprep.errors import UsageError
from wanprep.schemas import load_schema
from wanprep.stores.stores import Stores

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from wanprep.rules.finding import Severity

DEFAULT: Final = "default"  # the origin of what the file does not set
# A job with one of these cannot be checked, so it can never be submitted.
NEVER_IGNORED: Final = ("job-invalid", "target-unknown")
_AS_THEY_ARE: Final = ("roles", "severity", "offline", "fix", "submit", "network", "providers")
_OWN_FILE: Final = "wanprep.toml"
_SHARED_FILE: Final = "pyproject.toml"
_DEFAULTS: Final[Mapping[str, object]] = {  # all others are empty
    "targets": ["wan/2.7"],
    "target-folders": [],
    "exclude": [],
    "ignore": [],
    "offline": False,
    "baseline": None,
}


@dataclass(frozen=True, slots=True)
class Config:
    """A configuration and the folder to which its globs are relative."""

    folder: Path = field(default_factory=Path.cwd)
    file: Path | None = None
    table: Mapping[str, Any] = field(default_factory=dict)  # as it is in the file
    targets: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    target_folders: tuple[Path, ...] = ()
    roles: Mapping[str, str] = field(default_factory=dict)
    ignore: tuple[str, ...] = ()
    ignore_in: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    severity: Mapping[str, Severity] = field(default_factory=dict)
    offline: bool = False
    baseline: Path | None = None
    fix: Mapping[str, Any] = field(default_factory=dict)
    submit: Mapping[str, Any] = field(default_factory=dict)
    hosts: Mapping[str, str] = field(default_factory=dict)  # URLs by the names of providers
    stores: Stores = field(default_factory=Stores, compare=False)  # with settings by their URLs
    network: Mapping[str, Any] = field(default_factory=dict)
    providers: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)

    @property
    def allow_hosts(self) -> tuple[str, ...]:
        """The hosts that are exempt from the check of addresses."""
        return tuple(self.network.get("allow-hosts", ()))

    def role_of(self, path: str) -> str | None:
        """Return the role that the first matching glob gives a file."""
        return next((role for glob, role in self.roles.items() if self.matches(path, glob)), None)

    def ignored_rules(self, file: str, asset: str | None = None) -> set[str]:
        """Return the rules that are ignored in a file, or for an asset of a job file."""
        paths = [file] if asset is None else [file, os.path.join(os.path.dirname(file), asset)]
        named = (
            rules
            for glob, rules in self.ignore_in.items()
            if any(self.matches(path, glob) for path in paths)
        )
        return {*self.ignore, *(rule for rules in named for rule in rules)}

    def matches(self, path: str, glob: str) -> bool:
        """Whether a path matches a glob, in which `*` also matches `/`."""
        if "://" in path:
            return fnmatch.fnmatch(path, glob)
        relative = os.path.relpath(os.path.abspath(path), self.folder)
        return fnmatch.fnmatch(relative, glob)


def find_config(start: Path) -> Config:
    """Find the nearest configuration in a folder and those above it; others are not merged."""
    for folder in (start, *start.parents):
        own, shared = folder / _OWN_FILE, folder / _SHARED_FILE
        if own.is_file():
            return read_config(own, _toml(own))
        if shared.is_file():
            tables = _toml(shared).get("tool", {})
            if isinstance(tables, dict) and "wanprep" in tables:
                return read_config(shared, tables["wanprep"])
    return Config(start)


def load_config(path: Path) -> Config:
    """Read the configuration in a file or, in a folder, the one that holds there."""
    if path.is_dir():
        return find_config(path.absolute())
    table = _toml(path)
    if path.name == _SHARED_FILE:
        table = table.get("tool", {}).get("wanprep", {})
    return read_config(path.absolute(), table)


def _toml(file: Path) -> dict[str, Any]:
    import tomllib

    try:
        return tomllib.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:  # TOML's own error is a ValueError, too
        raise UsageError(
            f"the configuration {file} cannot be read: {error}. Fix it; `wanprep schema config`"
            " describes its keys."
        ) from error


def read_config(file: Path, table: object) -> Config:
    """Validate a table against the published schema and read it."""
    _validate(file, table)
    assert isinstance(table, dict)  # noqa: S101 - or it would not have been valid
    for error in _rule_errors(table):
        raise UsageError(f"the configuration {file}: {error}")
    hosts = table.get("hosts", {})
    return Config(
        folder=file.parent,
        file=file,
        table=table,
        targets=tuple(table.get("targets", ())),
        exclude=tuple(table.get("exclude", ())),
        target_folders=tuple(file.parent / name for name in table.get("target-folders", ())),
        ignore=tuple(table.get("ignore", ())),
        ignore_in={glob: tuple(rules) for glob, rules in table.get("ignore-in", {}).items()},
        baseline=file.parent / table["baseline"] if "baseline" in table else None,
        hosts={name: each for name, each in hosts.items() if isinstance(each, str)},
        stores=Stores({url: each for url, each in hosts.items() if not isinstance(each, str)}),
        **{name: table[name] for name in _AS_THEY_ARE if name in table},
    )


def _rule_errors(table: Mapping[str, Any]) -> Iterator[str]:
    from wanprep.rules.finding import rules, unknown_rule_message

    named = [("ignore", rule) for rule in table.get("ignore", ())]
    for glob, ignored in table.get("ignore-in", {}).items():
        named += [(f"ignore-in.{glob}", rule) for rule in ignored]
    named += [("severity", rule) for rule in table.get("severity", {})]
    for key, rule in named:
        if rule not in rules():
            yield f"`{key}`: {unknown_rule_message(rule)}"
        elif key == "severity" and rule in NEVER_IGNORED:
            yield f"`severity`: {rule} is always an error, since such a job cannot be sent"


def _validate(file: Path, table: object) -> None:
    from wanprep.schemas import schema_errors

    for error in schema_errors(table, load_schema("config")):
        raise UsageError(f"the configuration {file}: {error}")


def config_values(config: Config) -> dict[str, dict[str, Any]]:
    """Return every value and its origin: the file, or the default."""
    return {
        name: {
            "value": config.table.get(name, _DEFAULTS.get(name, {})),
            "origin": str(config.file) if name in config.table else DEFAULT,
        }
        for name in load_schema("config")["properties"]
    }


def values_for(config: Config, path: str) -> dict[str, Any]:
    """Return what applies to one file, and the globs that match it."""
    glob = next((glob for glob in config.roles if config.matches(path, glob)), None)
    place = Path(os.path.abspath(path))
    nearest = find_config(place if place.is_dir() else place.parent).file
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
                if config.matches(path, glob)
                for rule in rules
            ),
        ],
        "severity": [
            {"rule": rule, "value": value, "origin": "severity"}
            for rule, value in config.severity.items()
        ],
        # Another configuration, which would apply to a check from the file's folder.
        "nearer": str(nearest) if nearest and nearest != config.file else None,
    }
