"""RunComfy: Wan 2.7 reference to video and Wan 2.2 image to video."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wanprep.plugins import Provider, hookimpl

if TYPE_CHECKING:
    from collections.abc import Callable

    from wanprep.emulator import Site


@hookimpl
def wanprep_register_providers(register: Callable[[Provider], None]) -> None:
    """Register RunComfy, which lists no requests, so that a lost one cannot be found."""
    from wanprep_runcomfy.flows import cancel, poll, submit, upload

    register(Provider(name="runcomfy", submit=submit, poll=poll, cancel=cancel, upload=upload))


@hookimpl
def wanprep_register_emulators(register: Callable[[Site], None]) -> None:
    """Register the emulated API."""
    from wanprep_runcomfy.emulator import SITE

    register(SITE)
