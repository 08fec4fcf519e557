"""Replicate: Wan 2.7 reference to video."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wanprep.plugins import Provider, hookimpl

if TYPE_CHECKING:
    from collections.abc import Callable


@hookimpl
def wanprep_register_providers(register: Callable[[Provider], None]) -> None:
    """Register Replicate."""
    from wanprep_replicate.flows import cancel, find, poll, submit, upload

    register(
        Provider(
            name="replicate", submit=submit, poll=poll, cancel=cancel, upload=upload, find=find
        )
    )
