"""WaveSpeedAI: Wan 2.7 reference to video."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wanprep.plugins.hookspecs import hookimpl

if TYPE_CHECKING:
    from collections.abc import Callable

    from wanprep.emulator import Site
    from wanprep.plugins.provider import Provider


@hookimpl
def wanprep_register_providers(register: Callable[[Provider], None]) -> None:
    """Offer WaveSpeedAI."""
    from wanprep_wavespeed.provider import PROVIDER

    register(PROVIDER)


@hookimpl
def wanprep_register_emulators(register: Callable[[Site], None]) -> None:
    """Emulate WaveSpeedAI."""
    from wanprep_wavespeed.emulator import SITE

    register(SITE)
