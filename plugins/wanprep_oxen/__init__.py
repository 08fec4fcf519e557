"""Oxen.ai: Wan 2.7 reference to video."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wanprep.plugins import Events, Provider, hookimpl

if TYPE_CHECKING:
    from collections.abc import Callable

    from wanprep.emulator import Site


@hookimpl
def wanprep_register_providers(register: Callable[[Provider], None]) -> None:
    """Register Oxen.ai."""
    from wanprep_oxen.flows import cancel, connect_events, find, poll, read_event, submit, upload

    register(
        Provider(
            name="oxen",
            submit=submit,
            poll=poll,
            cancel=cancel,
            upload=upload,
            find=find,
            events=Events(connect=connect_events, read=read_event),
        )
    )


@hookimpl
def wanprep_register_emulators(register: Callable[[Site], None]) -> None:
    """Register the emulated API."""
    from wanprep_oxen.emulator import SITE

    register(SITE)
