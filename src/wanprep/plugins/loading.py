"""Plugins: found by their entry points, loaded when something is first built or sent.

Outside plugins and the bundled ones come the same way. One that cannot be loaded is told by
its name and does not stop the others.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Final

from wanprep.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from importlib.metadata import EntryPoint

    import pluggy

    from wanprep.emulator import Site
    from wanprep.plugins.provider import Host, Provider

_GROUP: Final = "wanprep"


@dataclass(frozen=True, slots=True)
class Plugins:
    """What plugins offer, and why some of them do not."""

    providers: Mapping[str, Provider]
    hosts: Mapping[str, Host]  # by the scheme of the addresses that they know
    broken: dict[str, str]  # by the plugin's name, what is wrong with it
    manager: pluggy.PluginManager

    def provider(self, name: str) -> Provider:
        """Find a provider, or say why there is none."""
        if name in self.providers:
            return self.providers[name]
        told = "".join(f" The plugin {plugin} {why}." for plugin, why in self.broken.items())
        raise UsageError(
            f"no plugin knows how to submit to '{name}'.{told} Install or fix its plugin:"
            " `wanprep doctor` says which ones are there."
        )


def load_providers() -> Mapping[str, Provider]:
    """Know all services that can be submitted to, by their names."""
    return installed().providers


def load_hosts() -> Mapping[str, Host]:
    """Know all places for local files that plugins offer, by their schemes."""
    return installed().hosts


@cache
def load_emulators() -> tuple[Site, ...]:
    """Load the endpoints of all providers that can be emulated."""
    return emulators(installed())


def emulators(plugins: Plugins) -> tuple[Site, ...]:
    """Ask each plugin for its emulated sites; one that fails is left out, and marked as broken."""
    sites: dict[str, Site] = {}
    for name, plugin in plugins.manager.list_name_plugin():
        if name not in plugins.broken:
            try:
                sites |= _sites(plugins.manager, plugin, others=sites)
            except Exception as error:  # noqa: BLE001 - another author's code may raise anything
                plugins.broken[name] = f"cannot emulate its provider: {_reason(error)}"
    return tuple(sites.values())


def _sites(
    manager: pluggy.PluginManager, plugin: object, *, others: Mapping[str, Site]
) -> dict[str, Site]:
    own: list[Site] = []
    _call(manager, plugin, "wanprep_register_emulators", own.append)
    sites = {site.prefix: site for site in own}
    if taken := sites.keys() & others.keys():
        raise NameTaken(f"{min(taken)} is emulated by another plugin already")
    return sites


@cache
def installed() -> Plugins:
    """Load the plugins that are installed, once."""
    from importlib.metadata import entry_points

    return load(entry_points(group=_GROUP))


def load(found: Iterable[EntryPoint]) -> Plugins:
    """Load plugins one by one; those that come with wanprep hold their names first."""
    import pluggy

    from wanprep.plugins import hookspecs

    manager = pluggy.PluginManager(_GROUP)
    manager.add_hookspecs(hookspecs)
    told = _Told()
    for point in sorted(found, key=_bundled_first):
        try:
            _register(manager, point, told)
        except Exception as error:  # noqa: BLE001 - a stranger's code may raise anything
            told.broken[point.name] = f"cannot be used: {_reason(error)}"
    return Plugins(told.providers, told.hosts, told.broken, manager)


def _bundled_first(point: EntryPoint) -> tuple[bool, str]:
    return (point.dist is None or point.dist.name != "wanprep", point.name)


def _register(manager: pluggy.PluginManager, point: EntryPoint, told: _Told) -> None:
    plugin = point.load()
    manager.register(plugin, name=point.name)
    try:
        manager.check_pending()  # or a misspelt hook would never be called, and nobody told
    except Exception:
        manager.unregister(plugin)
        raise
    told.owner = point.name
    _call(manager, plugin, "wanprep_register_providers", told.provider)
    _call(manager, plugin, "wanprep_register_hosts", told.host)


def _call(
    manager: pluggy.PluginManager, plugin: object, hook: str, register: Callable[..., None]
) -> None:
    """Call one plugin's hook, and no other's."""
    others = [each for _, each in manager.list_name_plugin() if each is not plugin]
    manager.subset_hook_caller(hook, remove_plugins=others)(register=register)


def _reason(error: Exception) -> str:
    return str(error) or type(error).__name__


class NameTaken(Exception):
    """Two plugins offer the same thing."""


class _Told:
    """What plugins have said so far."""

    def __init__(self) -> None:
        self.owner = ""
        self.owners: dict[str, str] = {}
        self.providers: dict[str, Provider] = {}
        self.hosts: dict[str, Host] = {}
        self.broken: dict[str, str] = {}

    def provider(self, provider: Provider) -> None:
        self._own(f"the provider '{provider.name}'")
        self.providers[provider.name] = provider

    def host(self, scheme: str, host: Host) -> None:
        self._own(f"the host '{scheme}'")
        self.hosts[scheme] = host

    def _own(self, what: str) -> None:
        if what in self.owners:
            raise NameTaken(f"{what} is offered by the plugin {self.owners[what]} already")
        self.owners[what] = self.owner
