"""The hooks of wanprep: the manual for plugin authors.

A plugin is a package whose name begins with `wanprep_`, with an entry point in the group
`wanprep` that names a module. The module defines any of the functions below, marked with
`@wanprep.plugins.hookimpl`. Targets need no code: they are JSON files in the package's folder
`targets`, and facts about the service are in its `provider.json`.
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
    """Register the services that this plugin can submit to.

    Called once, when a request is first built or sent; never for a check. Registering must cost
    nothing: read no key and open no socket here. A name that is already registered is refused.
    """


@hookspec
def wanprep_register_hosts(register: Callable[[str, Host], None]) -> None:
    """Register places that give a local file a public URL, by the scheme of their URLs.

    Called once, when a local file must be hosted and its provider has no uploads. "s3" is used
    for URLs such as "s3://bucket/prefix" in `[hosts]` of the configuration.
    """


@hookspec
def wanprep_register_emulators(register: Callable[[Site], None]) -> None:
    """Register the emulated endpoints of this plugin's service, which need no key and cost nothing.

    Called once, when an emulator is first started: by `wanprep emulate`, `wanprep submit
    --emulate` or a test; never for a check or a real submission. Import the module that holds
    the sites inside the hook. A site is served below the name of its provider; a path that is
    already registered is refused. Its handlers must not reach the network, read a key, or share
    code with the plugin's own flows, and they keep what they store in the `State` that they are
    given: two emulators may run at once.
    """
