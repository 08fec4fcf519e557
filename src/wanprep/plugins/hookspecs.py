"""The hooks of wanprep: the manual for plugin authors.

A plugin is a package whose name begins with `wanprep_`, with an entry point in the group
`wanprep` that names a module. The module defines any of the functions below, marked with
`@wanprep.plugins.hookimpl`. Targets need no code: they are JSON files in the package's folder
`targets`, and facts about the service are in its `provider.json`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pluggy

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from wanprep.check.plugin_checks import Check
    from wanprep.emulator import Site
    from wanprep.engines.engine import Engine
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
def wanprep_register_checks(register: Callable[[Check], None]) -> None:
    """Register checks of files and jobs, with rules of this plugin's own.

    Called once, when something is checked and the package has a `rules.json`, which describes the
    rules: `{"acme/no-logo": {"title", "why", "by_hand", "severity"}}`. Their names begin with the
    plugin's. The functions are called for each file or job and each target; they must be pure,
    since a check may run in a hook at every commit: no network, no files, no clock.
    """


@hookspec
def wanprep_register_report_formats(
    register: Callable[[str, Callable[[Mapping[str, Any]], Iterable[str]]], None],
) -> None:
    """Register formats of `wanprep check --format NAME`, by their names.

    Called once, when `--format` names none of wanprep's own. The function is given the report as
    `wanprep schema report` describes it, without secrets, and yields pieces of text.
    """


@hookspec
def wanprep_register_engines(
    register: Callable[[str, Callable[[str, int | None], Engine]], None],
) -> None:
    """Register where files can be read instead of on this machine, by the word for `--on`.

    Called once, when a command is given `--on` with another engine than wanprep's own. For
    `--on slurm://queue` the function registered as "slurm" is called with "queue" and the number
    of `--jobs`, and returns an engine: connect there, and not before.
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
