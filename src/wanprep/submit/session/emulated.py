"""A submission to an emulator on this machine, with a ledger that ends with it."""

from __future__ import annotations

import os
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from wanprep.emulator import Emulator
from wanprep.errors import UsageError
from wanprep.files.state_folder import VARIABLE
from wanprep.plugins.loading import installed, load_emulators

if TYPE_CHECKING:
    from collections.abc import Iterable
    from contextlib import ExitStack


def start_emulator(held: ExitStack) -> dict[str, str]:
    """Start an emulator with a state folder of its own, and return the environment for it.

    Both end with `held`.
    """
    emulator = held.enter_context(Emulator(load_emulators()))
    # Every other base URL in the environment would lead away from the emulator.
    environ = {name: value for name, value in os.environ.items() if not name.endswith("_BASE_URL")}
    return environ | emulator.environment | temporary_state(held)


def temporary_state(held: ExitStack) -> dict[str, str]:
    """Make a state folder that ends with `held`, and return the variable that names it."""
    folder = TemporaryDirectory(prefix="wanprep-state-", ignore_cleanup_errors=True)
    return {VARIABLE: held.enter_context(folder)}


def require_emulators(providers: Iterable[str]) -> None:
    """Refuse providers that cannot be emulated."""
    emulated = {site.name for site in load_emulators()}
    for provider in providers:
        if provider not in emulated:
            problem = installed().broken.get(provider)
            why = f" The plugin {provider} {problem}." if problem else ""
            others = f"{', '.join(sorted(emulated))} can be emulated."
            raise UsageError(
                f"{provider} has no emulator.{why} Choose another target: {others}",
                command=f"{provider} has no emulator.{why} Submit without --emulate, or name"
                f" another target with -t: {others}",
            )
