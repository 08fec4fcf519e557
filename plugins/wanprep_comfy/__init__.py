"""Comfy Router: Wan 2.7 reference to video, with an idempotency key for each order."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wanprep.plugins import Provider, hookimpl

if TYPE_CHECKING:
    from collections.abc import Callable


@hookimpl
def wanprep_register_providers(register: Callable[[Provider], None]) -> None:
    """Register Comfy Router, which documents neither uploads nor a list of requests."""
    from wanprep_comfy.flows import cancel, poll, submit

    register(Provider(name="comfy", submit=submit, poll=poll, cancel=cancel))
