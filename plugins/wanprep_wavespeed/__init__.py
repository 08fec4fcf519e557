"""WaveSpeedAI: Wan 2.7 reference to video."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wanprep.plugins import Provider, hookimpl

if TYPE_CHECKING:
    from collections.abc import Callable

    from wanprep.emulator import Site


@hookimpl
def wanprep_register_providers(register: Callable[[Provider], None]) -> None:
    """Register WaveSpeedAI."""
    from wanprep_wavespeed.flows import cancel, find, poll, submit, upload

    register(
        Provider(
            name="wavespeed", submit=submit, poll=poll, cancel=cancel, upload=upload, find=find
        )
    )


@hookimpl
def wanprep_register_emulators(register: Callable[[Site], None]) -> None:
    """Register the emulated API."""
    from wanprep_wavespeed.emulator import SITE

    register(SITE)
