"""Find plugins by their entry points, and load them when a request is first built or sent.

Bundled plugins are loaded like all others. Of several providers only the one that is needed is
loaded. A plugin that fails to load is recorded by its name, with a warning, and does not stop the
others.
"""

from __future__ import annotations

import json
import sys
from contextlib import contextmanager, redirect_stdout
from dataclasses import field
from functools import cache
from pathlib import Path
from threading import RLock
from time import perf_counter
from typing import TYPE_CHECKING, Any, Final

from wanprep.dataclass import dataclass
from wanprep.errors import UsageError, describe_error, warn_of_plugin
from wanprep.rules.finding import plugin_rules
from wanprep.rules.target import is_disabled, plugin_name
from wanprep.text import visible

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from importlib.metadata import EntryPoint
    from typing import Any

    import pluggy

    from wanprep.check.plugin_checks import Check
    from wanprep.emulator import Site
    from wanprep.engines.engine import Engine
    from wanprep.plugins.provider import Host, Provider

    ReportFormat = Callable[[Mapping[str, Any]], Iterable[str]]
    OpenEngine = Callable[[str, int | None], Engine]

_GROUP: Final = "wanprep"
_KINDS: Final = {  # of what plugins register: the hook, and what messages call it
    "providers": ("wanprep_register_providers", "provider"),
    "hosts": ("wanprep_register_hosts", "host"),
    "engines": ("wanprep_register_engines", "engine"),
    "checks": ("wanprep_register_checks", "check"),
    "formats": ("wanprep_register_report_formats", "report format"),
}
# Plugins are loaded, and what they print is kept off standard output, by one thread at a time.
_LOCK: Final = RLock()
SLOW: Final = 2.0  # seconds that importing a plugin should not take


class NameTaken(Exception):
    """Two plugins register the same name."""


@dataclass(slots=True)
class Plugins:
    """Plugins that are loaded when needed: what they register, and which of them failed."""

    manager: pluggy.PluginManager
    waiting: list[EntryPoint]  # those that are not loaded yet
    warns: bool = False
    providers: dict[str, Provider] = field(default_factory=dict)
    hosts: dict[str, Host] = field(default_factory=dict)  # by the scheme of their URLs
    checks: dict[str, Check] = field(default_factory=dict)  # by their rules
    formats: dict[str, ReportFormat] = field(default_factory=dict)
    engines: dict[str, OpenEngine] = field(default_factory=dict)  # by their words for --on
    broken: dict[str, str] = field(default_factory=dict)  # by the plugin's name: what is wrong
    seconds: dict[str, float] = field(default_factory=dict)  # that each took to load
    owners: dict[str, str] = field(default_factory=dict)  # of "the provider 'acme'"

    def provider(self, name: str) -> Provider:
        """Return a provider, or raise a UsageError that names the broken plugins.

        Only its own plugin is loaded: the package wanprep_NAME. The others are loaded if that
        does not register it.
        """
        self.load_packages([name])
        if name not in self.providers:
            self.load_all()
        if name in self.providers:
            return self.providers[name]
        broken = "".join(f" The plugin {plugin} {why}." for plugin, why in self.broken.items())
        raise UsageError(
            f"no plugin can submit to '{name}'.{broken} Install or fix its plugin:"
            " `wanprep doctor` lists the installed ones."
        )

    @property
    def registers_anything(self) -> bool:
        """Whether any plugin that is loaded has registered something."""
        return bool(self.owners)

    def load_packages(self, names: Iterable[str]) -> Plugins:
        """Load the plugins of the packages wanprep_NAME alone."""
        packages = {f"wanprep_{plugin_name(name)}" for name in names}
        self._load([each for each in self.waiting if each.module.partition(".")[0] in packages])
        return self

    def load_all(self) -> Plugins:
        """Load all plugins, the bundled ones first, so that no other can take their names."""
        self._load(sorted(self.waiting, key=_bundled_first))
        return self

    def _load(self, points: Iterable[EntryPoint]) -> None:
        for point in points:
            with _LOCK:
                self._load_one(point)

    def _load_one(self, point: EntryPoint) -> None:
        if point in self.waiting:
            self.waiting.remove(point)
            start = perf_counter()
            with self.fence(point.name, "cannot be used"):
                self.add(point)
            self.seconds[point.name] = seconds = perf_counter() - start
            if seconds > SLOW:
                self.warn(point.name, f"takes {seconds:.1f} s to load")

    def warn(self, plugin: str, problem: str) -> None:
        """Tell the user about a plugin, if these are the installed ones."""
        if self.warns:
            _warn(plugin, problem)

    def call(self, plugin: object, hook: str, register: Callable[..., None]) -> None:
        """Call one plugin's hook, and no other's."""
        others = [each for _, each in self.manager.list_name_plugin() if each is not plugin]
        self.manager.subset_hook_caller(hook, remove_plugins=others)(register=register)

    def add(self, point: EntryPoint) -> None:
        """Load one plugin and what it registers."""
        plugin = point.load()
        self.manager.register(plugin, name=point.name)
        try:
            self.manager.check_pending()  # or a misspelt hook would silently never be called
        except Exception:
            self.manager.unregister(plugin)
            raise

        found = {kind: self._registered(plugin, hook) for kind, (hook, _) in _KINDS.items()}
        _require_own_rules(found["checks"], point)
        names = [
            f"the {word} '{each}'" for kind, (_, word) in _KINDS.items() for each in found[kind]
        ]
        for name in names:
            if name in self.owners:
                raise NameTaken(f"{name} is already registered by the plugin {self.owners[name]}")
        self.owners |= dict.fromkeys(names, point.name)
        for kind, by_name in found.items():
            getattr(self, kind).update(by_name)

    def _registered(self, plugin: object, hook: str) -> dict[str, Any]:
        """Return what a plugin registers, by its names."""
        calls: list[tuple[Any, ...]] = []
        self.call(plugin, hook, lambda *each: calls.append(each))
        pairs = [each for each in calls if len(each) == 2]
        alone = [each for (each, *more) in calls if not more]
        return dict(pairs) | {getattr(each, "rule", None) or each.name: each for each in alone}

    @contextmanager
    def fence(self, plugin: str, failure: str) -> Iterator[None]:
        """Run code of a plugin; whatever it raises is recorded, and what it prints is no output."""
        try:
            with _LOCK, redirect_stdout(sys.stderr):
                yield
        except KeyboardInterrupt:
            raise
        except BaseException as error:  # noqa: BLE001 - SystemExit too: it is another author's code
            self.broken[plugin] = f"{failure}: {_reason(error)}"
            self.warn(plugin, self.broken[plugin])


@cache
def installed() -> Plugins:
    """Return the installed plugins, not loaded yet; they warn of what cannot be used."""
    plugins = load(each for each in entry_points() if not is_disabled(each.name))
    plugins.warns = True
    return plugins


def _warn(name: str, problem: str) -> None:
    message = (
        f"the plugin {name} {visible(problem.rstrip('.'))}. Update or uninstall it; with"
        f" WANPREP_DISABLE_PLUGINS={name} it is not loaded."
    )
    warn_of_plugin(name, message)


def entry_points() -> Iterable[EntryPoint]:
    """List the entry points of all installed plugins, the disabled ones too."""
    from importlib import metadata

    return metadata.entry_points(group=_GROUP)


def load(points: Iterable[EntryPoint]) -> Plugins:
    """Prepare to load plugins."""
    import pluggy

    from wanprep.plugins import hookspecs

    manager = pluggy.PluginManager(_GROUP)
    manager.add_hookspecs(hookspecs)
    return Plugins(manager, list(points))


def _bundled_first(point: EntryPoint) -> tuple[bool, str]:
    return (point.dist is None or point.dist.name != "wanprep", point.name)


def _require_own_rules(checks: Iterable[str], point: EntryPoint) -> None:
    own = f"{plugin_name(point.module.partition('.')[0])}/"
    for rule in checks:
        if rule not in plugin_rules() or not rule.startswith(own):
            raise ValueError(f"its check {rule} is not in its rules.json")


def _reason(error: BaseException) -> str:
    if isinstance(error, SystemExit):
        return "it ends the program when it is loaded"
    if isinstance(error, NameTaken):
        return str(error)
    return describe_error(error)


def load_checks() -> tuple[Check, ...]:
    """Return the checks of the installed plugins; only those that have rules are loaded."""
    plugins = {name.partition("/")[0] for name in plugin_rules()}
    return tuple(installed().load_packages(plugins).checks.values()) if plugins else ()


def load_hosts() -> Mapping[str, Host]:
    """Return all places for local files of the installed plugins, by scheme."""
    return installed().load_all().hosts


@cache
def load_emulators() -> tuple[Site, ...]:
    """Return the emulated endpoints of the installed plugins."""
    return emulators(installed())


def emulators(plugins: Plugins) -> tuple[Site, ...]:
    """Load each plugin's emulated sites; one that fails is left out, and recorded as broken."""
    sites: dict[str, Site] = {}
    for name, plugin in plugins.load_all().manager.list_name_plugin():
        if name not in plugins.broken:
            with plugins.fence(name, "cannot emulate its provider"):
                own = _load_sites(plugins, plugin, others=sites)
                plugins.owners |= {f"the emulator of '{each.name}'": name for each in own.values()}
                sites |= own
    return tuple(sites.values())


def _load_sites(plugins: Plugins, plugin: object, *, others: Mapping[str, Site]) -> dict[str, Site]:
    own: list[Site] = []
    plugins.call(plugin, "wanprep_register_emulators", own.append)
    sites = {site.prefix: site for site in own or _recorded_sites(plugin)}
    if taken := sites.keys() & others.keys():
        raise NameTaken(f"{min(taken)} is already emulated by another plugin")
    return sites


def _recorded_sites(plugin: object) -> Iterator[Site]:
    """Make an emulator of a plugin's recorded answers, if it registers none of its own."""
    from wanprep.emulator.recorded_site import recorded_site
    from wanprep.emulator.recording import read_recording

    folder = Path(getattr(plugin, "__file__", None) or "missing").parent
    if recording := read_recording(folder):
        service = json.loads((folder / "provider.json").read_text(encoding="utf-8"))
        yield recorded_site(service, recording)
