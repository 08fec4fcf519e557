"""What a configuration says, and about which files, for those who wonder where it comes from."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from wanprep.config import find_config
from wanprep.schemas import load_schema

if TYPE_CHECKING:
    from collections.abc import Mapping

    from wanprep.config import Config

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
