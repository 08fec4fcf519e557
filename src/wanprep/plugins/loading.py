"""Find plugins by their entry points, and load them when a request is first built or sent.

Bundled plugins are loaded like all others. One that fails to load is recorded by its name and does
not stop the others.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, Final

from wanprep.errors import UsageError
from wanprep.rules.target import is_disabled

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from importlib.metadata import EntryPoint

    import pluggy

    from wanprep.emulator import Site
    from wanprep.plugins.provider import Host, Provider

_GROUP: Final = "wanprep"


class NameTaken(Exception):
    """Two plugins register the same name."""


@dataclass(slots=True)
class Plugins:
    """What plugins have registered, and which of them failed."""

    manager: pluggy.PluginManager
    providers: dict[str, Provider] = field(default_factory=dict)
    hosts: dict[str, Host] = field(default_factory=dict)  # by the scheme of their URLs
    broken: dict[str, str] = field(default_factory=dict)  # by the plugin's name: what is wrong
    _owners: dict[str, str] = field(default_factory=dict)

    def provider(self, name: str) -> Provider:
        """Return a provider, or raise a UsageError that names the broken plugins."""
        if name in self.providers:
            return self.providers[name]
        broken = "".join(f" The plugin {plugin} {why}." for plugin, why in self.broken.items())
        raise UsageError(
            f"no plugin can submit to '{name}'.{broken} Install or fix its plugin:"
            " `wanprep doctor` lists the installed ones."
        )

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

        def register_provider(provider: Provider) -> None:
            self._claim(f"the provider '{provider.name}'", point.name)
            self.providers[provider.name] = provider

        def register_host(scheme: str, host: Host) -> None:
            self._claim(f"the host '{scheme}'", point.name)
            self.hosts[scheme] = host

        self.call(plugin, "wanprep_register_providers", register_provider)
        self.call(plugin, "wanprep_register_hosts", register_host)

    def _claim(self, name: str, plugin: str) -> None:
        if name in self._owners:
            raise NameTaken(f"{name} is already registered by the plugin {self._owners[name]}")
        self._owners[name] = plugin


@cache
def installed() -> Plugins:
    """Load the installed plugins, once."""
    from importlib.metadata import entry_points

    return load(each for each in entry_points(group=_GROUP) if not is_disabled(each.name))


def load(points: Iterable[EntryPoint]) -> Plugins:
    """Load plugins one by one; the bundled ones first, so that no other can take their names."""
    import pluggy

    from wanprep.plugins import hookspecs

    manager = pluggy.PluginManager(_GROUP)
    manager.add_hookspecs(hookspecs)
    plugins = Plugins(manager)
    for point in sorted(points, key=_bundled_first):
        try:
            plugins.add(point)
        except Exception as error:  # noqa: BLE001 - another author's code may raise anything
            plugins.broken[point.name] = f"cannot be used: {_reason(error)}"
    return plugins


def _bundled_first(point: EntryPoint) -> tuple[bool, str]:
    return (point.dist is None or point.dist.name != "wanprep", point.name)


def _reason(error: Exception) -> str:
    return str(error) or type(error).__name__


def load_hosts() -> Mapping[str, Host]:
    """Return all places for local files of the installed plugins, by scheme."""
    return installed().hosts


@cache
def load_emulators() -> tuple[Site, ...]:
    """Return the emulated endpoints of the installed plugins."""
    return emulators(installed())


def emulators(plugins: Plugins) -> tuple[Site, ...]:
    """Load each plugin's emulated sites; one that fails is left out, and recorded as broken."""
    sites: dict[str, Site] = {}
    for name, plugin in plugins.manager.list_name_plugin():
        if name not in plugins.broken:
            try:
                sites |= _load_sites(plugins, plugin, others=sites)
            except Exception as error:  # noqa: BLE001 - another author's code may raise anything
                plugins.broken[name] = f"cannot emulate its provider: {_reason(error)}"
    return tuple(sites.values())


def _load_sites(plugins: Plugins, plugin: object, *, others: Mapping[str, Site]) -> dict[str, Site]:
    own: list[Site] = []
    plugins.call(plugin, "wanprep_register_emulators", own.append)
    sites = {site.prefix: site for site in own}
    if taken := sites.keys() & others.keys():
        raise NameTaken(f"{min(taken)} is already emulated by another plugin")
    return sites
