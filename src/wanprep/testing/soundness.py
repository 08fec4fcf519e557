"""Look a plugin over from its author's own tests, as `wanprep plugin check` does."""

from __future__ import annotations


def faults(plugin: str) -> list[str]:
    """Say what is wrong with a plugin, given by its name or its folder: nothing, one hopes."""
    from wanprep.plugin_kit.check_plugin import check_plugin

    return [str(fault) for fault in check_plugin(plugin).faults]
