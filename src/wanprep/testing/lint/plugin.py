"""Find a plugin's package, load it alone, and check what that costs and what it registers."""

from __future__ import annotations

import importlib
import inspect
import re
import sys
import threading
import time
import tomllib
import warnings
from collections import Counter
from contextlib import contextmanager
from importlib.metadata import EntryPoint
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from wanprep.dataclass import dataclass
from wanprep.errors import PluginWarning, UsageError
from wanprep.rules.finding import forget_plugin_rules
from wanprep.testing.lint.problem import Problem, in_line
from wanprep.testing.lint.targets import check_agreement
from wanprep.testing.lint.watch import Watch
from wanprep.text import visible

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from types import ModuleType

    from wanprep.plugins.loading import Plugins
    from wanprep.testing.lint.watch import Line


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


IMPORT_BUDGET: Final = 0.5  # seconds
_PAUSE: Final = 0.005
_SCHEME: Final = re.compile(r"(?!(https?|file|data)$)[a-z][a-z0-9+.-]*")


def check_registration(
    found: PluginPackage, plugins: Plugins, service: Mapping[str, Any] | None
) -> Iterator[Problem]:
    """Check that the code registers what the data describes."""
    for name, reason in plugins.broken.items():
        yield Problem("__init__.py", name, f"{reason}.")
    if plugins.broken:
        return
    if not plugins.registers_anything:
        message = "registers nothing: write a hook, marked @hookimpl."
        yield Problem("__init__.py", found.package, message)
    for name, provider in plugins.providers.items():
        if service is None:
            if not (found.folder / "provider.json").exists():
                yield Problem("provider.json", "", f"missing, and '{name}' needs one.")
        elif service["name"] != name:
            message = f"is '{service['name']}' here, and '{name}' in the code."
            yield Problem("provider.json", "name", message)
        else:
            messages = check_agreement(service, provider)
            yield from (Problem("provider.json", *each) for each in messages)
    if service is not None and not plugins.providers:
        message = f"does not register the provider '{service['name']}'."
        yield Problem("__init__.py", found.package, message)


def check_hosts(plugins: Plugins) -> Iterator[Problem]:
    """Check that hosts can be called, and are for schemes that a configuration can name."""
    for scheme, host in plugins.hosts.items():
        place = f"host {scheme}"
        if not _SCHEME.fullmatch(scheme):
            message = "is no scheme of a URL of a store: use lower-case letters, such as s3."
            yield Problem("__init__.py", place, message)
        if not callable(host):
            message = f"is a {type(host).__name__} and cannot be called: host(file, below)."
            yield Problem("__init__.py", place, message)
            continue
        try:
            inspect.signature(host).bind("file", "s3://bucket/prefix")
        except TypeError as error:
            message = f"cannot be called as host(file, below): {error}."
            yield Problem("__init__.py", place, message)


def load_watched(found: PluginPackage, plugins: Plugins) -> Iterator[Problem]:
    """Import the plugin; its time is that of the processor, as sleeping is reported by itself."""
    watch = Watch(found.folder)
    start = time.thread_time()
    with (
        warnings.catch_warnings(action="ignore", category=PluginWarning),
        _lines_running(watch) as lines,
        watch.inside("import"),
    ):
        plugins.load_all()
    seconds = time.thread_time() - start
    for (_, message), line in watch.seen.items():
        yield in_line(Problem("__init__.py", found.package, message), line)
    if seconds > IMPORT_BUDGET:
        message = (
            f"takes {seconds:.1f} s to import, more than {IMPORT_BUDGET} s, most of it here:"
            " import what is heavy inside the function that needs it, and do no work at import."
        )
        slowest = lines.most_common(1)
        problem = Problem("__init__.py", found.package, message)
        yield in_line(problem, slowest[0][0] if slowest else None)


@contextmanager
def _lines_running(watch: Watch) -> Iterator[Counter[Line]]:
    """Look every few milliseconds which of the plugin's lines this thread is in."""
    lines: Counter[Line] = Counter()
    ended, thread = threading.Event(), threading.get_ident()

    def look() -> None:
        while not ended.wait(_PAUSE):
            line = watch.line_of(sys._current_frames().get(thread))  # noqa: SLF001 - the one way to see it
            lines.update([line] if line else ())

    looking = threading.Thread(target=look)
    looking.start()
    try:
        yield lines
    finally:
        ended.set()
        looking.join()
