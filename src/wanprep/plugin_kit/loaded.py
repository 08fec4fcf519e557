"""Import a plugin's code as wanprep does, from the folder that was meant."""

from __future__ import annotations

import importlib
import sys
from contextlib import contextmanager
from dataclasses import replace
from importlib.metadata import EntryPoint
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import ModuleType

    from wanprep.plugin_kit.find_plugin import Found
    from wanprep.submit.services.plugins import Plugins


@contextmanager
def loaded(found: Found) -> Iterator[Plugins]:
    """Load a plugin alone. Another copy of it that is imported already comes back afterwards."""
    place = str(found.folder.parent)
    others = _taken_out(found.package)
    sys.path.insert(0, place)
    importlib.invalidate_caches()
    try:
        points = [EntryPoint(name, name, "wanprep") for name in found.modules or (found.package,)]
        yield _loaded(points, found.package)
    finally:
        sys.path.remove(place)
        _taken_out(found.package)
        sys.modules.update(others)


def _loaded(points: list[EntryPoint], package: str) -> Plugins:
    from wanprep.submit.services.plugins import load

    try:
        return load(points)
    except SystemExit:
        return replace(load([]), broken={package: "ends the program when it is imported"})


def _taken_out(package: str) -> dict[str, ModuleType]:
    names = [name for name in sys.modules if name.partition(".")[0] == package]
    return {name: sys.modules.pop(name) for name in names}
