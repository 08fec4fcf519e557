"""EvoLink: Wan 2.7 reference video."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wanprep.plugins import Provider, hookimpl

if TYPE_CHECKING:
    from collections.abc import Callable

    from wanprep.emulator import Site


@hookimpl
def wanprep_register_providers(register: Callable[[Provider], None]) -> None:
    """Register EvoLink, which has no way to cancel a job."""
    from wanprep_evolink.flows import find, poll, submit, upload

    register(Provider(name="evolink", submit=submit, poll=poll, upload=upload, find=find))


@hookimpl
def wanprep_register_emulators(register: Callable[[Site], None]) -> None:
    """Register the emulated API and the emulated files API."""
    from wanprep_evolink import emulator, emulator_files

    register(emulator.SITE)
    register(emulator_files.SITE)
