"""What a plugin can add to wanprep: the manual for those who write one.

A plugin is a package whose name begins with `wanprep_`, with an entry point in the group
`wanprep` that names a module. The module defines any of the functions below, marked with
`@wanprep.plugins.hookspecs.hookimpl`. Targets need no code: they are JSON files in the package's
folder `targets`, and facts about the service itself stand in its `provider.json`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pluggy

if TYPE_CHECKING:
    from collections.abc import Callable

    from wanprep.emulator import Site
    from wanprep.plugins.provider import Host, Provider

hookspec = pluggy.HookspecMarker("wanprep")
hookimpl = pluggy.HookimplMarker("wanprep")


@hookspec
def wanprep_register_providers(register: Callable[[Provider], None]) -> None:
    """Offer the services this plugin can submit to.

    Called once, when something is first built or sent; never for a check. Registering must cost
    nothing: read no key and open no socket here. A name that is taken is refused.
    """


@hookspec
def wanprep_register_hosts(register: Callable[[str, Host], None]) -> None:
    """Offer places that give a local file a public address, by the scheme that names them.

    Called once, when a local file has to be hosted and its provider takes no uploads. "s3" is
    asked for addresses under "s3://bucket/prefix" in the configuration's `[hosts]`.
    """


@hookspec
def wanprep_register_emulators(register: Callable[[Site], None]) -> None:
    """Offer the endpoints of this plugin's service, to be tried with no key and no money.

    Called once, when an emulator is first started: by `wanprep emulate`, `wanprep submit
    --emulate` or a test; never for a check or a real submission. Import the module that holds
    the sites inside the hook. A site stands below the name of its provider; a place that is
    taken is refused. Its handlers must not reach the network, read a key, or share code with
    the plugin's own flows, and they keep what they know in the `State` that they are given: two
    emulators may run at once.
    """
