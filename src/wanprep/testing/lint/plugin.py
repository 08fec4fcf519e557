"""Find a plugin's package, in a folder or among the installed ones, and load it alone."""

from __future__ import annotations

import importlib
import sys
import tomllib
from contextlib import contextmanager
from importlib.metadata import EntryPoint
from pathlib import Path
from typing import TYPE_CHECKING, Final

from wanprep.dataclass import dataclass
from wanprep.errors import UsageError
from wanprep.rules.finding import forget_plugin_rules
from wanprep.text import visible

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import ModuleType

    from wanprep.plugins.loading import Plugins


_MARKS: Final = ("__init__.py", "provider.json", "targets")
_PREFIX: Final = "wanprep_"


@dataclass(frozen=True, slots=True)
class PluginPackage:
    """A plugin's package and its entry points."""

    package: str
    folder: Path
    modules: tuple[str, ...]  # those that entry points name

    @property
    def has_code(self) -> bool:
        """Whether there is anything to import; targets alone need no code."""
        return (self.folder / "__init__.py").is_file()


def find_plugin(name: str) -> PluginPackage:
    """Find a plugin by its folder or its name, without importing it."""
    folders = list(_packages_in(Path(name).absolute())) or list(_installed_package(name))
    if len(folders) == 1:
        package = folders[0].name
        return PluginPackage(package, folders[0], tuple(_entry_points(folders[0])))
    if not folders:
        raise UsageError(
            f"there is no plugin in '{visible(name)}', and none of that name is installed. A plugin"
            " is a package whose name begins with wanprep_: `wanprep plugin new NAME` creates one."
        )
    names = ", ".join(folder.name for folder in folders)
    raise UsageError(f"there are several plugins in '{visible(name)}': name one of {names}.")


def _packages_in(folder: Path) -> list[Path]:
    if _is_package(folder):
        return [folder]
    return sorted(filter(_is_package, [*folder.glob("*"), *folder.glob("src/*")]))


def _is_package(folder: Path) -> bool:
    is_named = folder.name.startswith(_PREFIX) and folder.name.isidentifier()
    return is_named and any((folder / mark).exists() for mark in _MARKS)


def _installed_package(name: str) -> Iterator[Path]:
    from importlib.util import find_spec

    name = name.replace("-", "_")
    package = name if name.startswith(_PREFIX) else _PREFIX + name
    spec = find_spec(package) if package.isidentifier() else None
    yield from [Path(each) for each in (spec and spec.submodule_search_locations) or ()][:1]


def _entry_points(folder: Path) -> list[str]:
    """Return the modules of a package that entry points name."""
    values = _project_entry_points(folder)
    if values is None:
        from importlib.metadata import entry_points

        values = [point.value for point in entry_points(group="wanprep")]
    modules = [str(value).partition(":")[0].strip() for value in values]
    return sorted({name for name in modules if name.partition(".")[0] == folder.name})


def _project_entry_points(folder: Path) -> list[object] | None:
    """Read the entry points of the project that contains a package; None if there is none."""
    for above in (folder.parent, folder.parent.parent):
        file = above / "pyproject.toml"
        if file.is_file():
            try:
                table = tomllib.loads(file.read_text(encoding="utf-8"))
                return list(table["project"]["entry-points"]["wanprep"].values())
            except (KeyError, AttributeError, TypeError):
                return []
            except (OSError, ValueError) as error:
                raise UsageError(f"{visible(str(file))} cannot be read: {error}.") from error
    return None


@contextmanager
def load_alone(found: PluginPackage) -> Iterator[Plugins]:
    """Prepare to load a plugin alone; an imported copy of it is restored afterwards."""
    from wanprep.plugins.loading import load

    folder = str(found.folder.parent)
    others = _remove_modules(found.package)
    sys.path.insert(0, folder)
    importlib.invalidate_caches()
    forget_plugin_rules()
    try:
        points = [EntryPoint(name, name, "wanprep") for name in found.modules or (found.package,)]
        yield load(points)
    finally:
        sys.path.remove(folder)
        forget_plugin_rules()
        _remove_modules(found.package)
        sys.modules.update(others)


def _remove_modules(package: str) -> dict[str, ModuleType]:
    names = [name for name in sys.modules if name.partition(".")[0] == package]
    return {name: sys.modules.pop(name) for name in names}
