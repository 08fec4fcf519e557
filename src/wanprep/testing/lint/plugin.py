"""Find a plugin's package: in a folder, or among what is installed. Nothing is imported."""

from __future__ import annotations

import importlib
import sys
import tomllib
from contextlib import contextmanager
from dataclasses import dataclass, replace
from importlib.metadata import EntryPoint
from pathlib import Path
from typing import TYPE_CHECKING, Final

from wanprep.errors import UsageError
from wanprep.text import visible

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import ModuleType

    from wanprep.plugins.loading import Plugins


_MARKS: Final = ("__init__.py", "provider.json", "targets")


_PREFIX: Final = "wanprep_"


@dataclass(frozen=True, slots=True)
class Found:
    """A plugin's package, and how it is announced."""

    package: str
    folder: Path
    modules: tuple[str, ...]  # those that entry points name

    @property
    def has_code(self) -> bool:
        """Tell whether there is anything to import; targets alone need no code."""
        return (self.folder / "__init__.py").is_file()


def find_plugin(told: str) -> Found:
    """Find the plugin that lies in a folder, or that has a name."""
    folders = list(_inside(Path(told).absolute())) or list(_installed(told))
    if len(folders) == 1:
        package = folders[0].name
        return Found(package, folders[0], tuple(_announced(folders[0])))
    if not folders:
        raise UsageError(
            f"there is no plugin in '{visible(told)}', and none of that name is installed. A plugin"
            " is a package whose name begins with wanprep_: `wanprep plugin new NAME` writes one."
        )
    names = ", ".join(folder.name for folder in folders)
    raise UsageError(f"there are several plugins in '{visible(told)}': name one of {names}.")


def _inside(folder: Path) -> list[Path]:
    if _is_package(folder):
        return [folder]
    return sorted(filter(_is_package, [*folder.glob("*"), *folder.glob("src/*")]))


def _is_package(folder: Path) -> bool:
    named = folder.name.startswith(_PREFIX) and folder.name.isidentifier()
    return named and any((folder / mark).exists() for mark in _MARKS)


def _installed(told: str) -> Iterator[Path]:
    from importlib.util import find_spec

    name = told.replace("-", "_")
    package = name if name.startswith(_PREFIX) else _PREFIX + name
    spec = find_spec(package) if package.isidentifier() else None
    yield from [Path(each) for each in (spec and spec.submodule_search_locations) or ()][:1]


def _announced(folder: Path) -> list[str]:
    """Name the modules in the package that entry points lead to."""
    values = _in_project(folder)
    if values is None:
        from importlib.metadata import entry_points

        values = [point.value for point in entry_points(group="wanprep")]
    modules = [str(value).partition(":")[0].strip() for value in values]
    return sorted({name for name in modules if name.partition(".")[0] == folder.name})


def _in_project(folder: Path) -> list[object] | None:
    """Read the entry points of the project in which a package lies; None where it lies in none."""
    for above in (folder.parent, folder.parent.parent):
        file = above / "pyproject.toml"
        if file.is_file():
            try:
                table = tomllib.loads(file.read_text(encoding="utf-8"))
                return list(table["project"]["entry-points"]["wanprep"].values())
            except (KeyError, AttributeError, TypeError):
                return []
            except (OSError, ValueError) as error:
                raise UsageError(
                    f"{visible(str(file))} cannot be read: {error}. Fix it."
                ) from error
    return None


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
    from wanprep.plugins.loading import load

    try:
        return load(points)
    except SystemExit:
        return replace(load([]), broken={package: "ends the program when it is imported"})


def _taken_out(package: str) -> dict[str, ModuleType]:
    names = [name for name in sys.modules if name.partition(".")[0] == package]
    return {name: sys.modules.pop(name) for name in names}


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that is wrong."""

    file: str  # below the plugin's package: targets/clips.json
    place: str  # in the file, in dots: roles.voice; empty for the whole
    message: str  # a sentence that says what to do

    def __str__(self) -> str:
        where = f"{self.file}, {self.place}" if self.place else self.file
        return f"{where}: {self.message}"
