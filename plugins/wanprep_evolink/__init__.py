"""EvoLink: Wan 2.7 reference video."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wanprep.plugins.hookspecs import hookimpl

if TYPE_CHECKING:
    from collections.abc import Callable

    from wanprep.emulator import Site
    from wanprep.plugins.provider import Provider


@hookimpl
def wanprep_register_providers(register: Callable[[Provider], None]) -> None:
    """Offer EvoLink."""
    from wanprep_evolink.provider import PROVIDER

    register(PROVIDER)


@hookimpl
def wanprep_register_emulators(register: Callable[[Site], None]) -> None:
    """Emulate EvoLink."""
    from wanprep_evolink import emulator, emulator_files

    register(emulator.SITE)
    register(emulator_files.SITE)
