"""List the installed plugins, what each offers, and what is wrong with it."""

from __future__ import annotations

import warnings
from dataclasses import field
from typing import TYPE_CHECKING, Literal

from wanprep.dataclass import dataclass
from wanprep.errors import PluginWarning
from wanprep.plugins.loading import entry_points, installed, load_emulators
from wanprep.rules.target import all_targets, is_disabled, plugin_name

if TYPE_CHECKING:
    from collections.abc import Iterator
    from importlib.metadata import EntryPoint


@dataclass(slots=True)
class ListedPlugin:
    """One installed plugin."""

    name: str
    state: Literal["ok", "broken", "disabled"] = "ok"
    distribution: str | None = None  # None where nothing is installed but its folder
    version: str | None = None
    seconds: float | None = None  # to load its code; None where it has none or is disabled
    offers: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)


def list_plugins() -> list[ListedPlugin]:
    """Load all plugins, and list them by name; the disabled ones too."""
    found: dict[str, ListedPlugin] = {}

    def listed(name: str) -> ListedPlugin:
        return found.setdefault(plugin_name(name), ListedPlugin(plugin_name(name)))

    with warnings.catch_warnings(record=True, action="always", category=PluginWarning) as warned:
        for point in entry_points():
            _describe(listed(point.name), point)
        for target in (targets := all_targets()).usable():
            if plugin := targets.plugin_of(target.id):
                listed(plugin).offers.append(f"target {target.id}")
        for name, offer in _registered():
            listed(name).offers.append(offer)
    for message in {str(each.message): each.message for each in warned}.values():
        if isinstance(message, PluginWarning):
            listed(message.plugin).state = "broken"
            listed(message.plugin).problems.append(str(message))
    return [found[name] for name in sorted(found)]


def _describe(plugin: ListedPlugin, point: EntryPoint) -> None:
    if point.dist is not None:
        plugin.distribution, plugin.version = point.dist.name, point.dist.version
    if is_disabled(point.name):
        plugin.state = "disabled"
    else:
        plugin.seconds = round(installed().load_all().seconds[point.name], 3)


def _registered() -> Iterator[tuple[str, str]]:
    load_emulators()
    for what, name in installed().owners.items():
        yield name, what.removeprefix("the ").replace("'", "")
