"""RunComfy: Wan 2.7 reference to video and Wan 2.2 image to video."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wanprep.plugins.hookspecs import hookimpl

if TYPE_CHECKING:
    from collections.abc import Callable

    from wanprep.emulator import Site
    from wanprep.plugins.provider import Provider


@hookimpl
def wanprep_register_providers(register: Callable[[Provider], None]) -> None:
    """Offer RunComfy."""
    from wanprep_runcomfy.provider import PROVIDER

    register(PROVIDER)


@hookimpl
def wanprep_register_emulators(register: Callable[[Site], None]) -> None:
    """Emulate RunComfy."""
    from wanprep_runcomfy.emulator import SITE

    register(SITE)
