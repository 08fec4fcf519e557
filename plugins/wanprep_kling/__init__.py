"""Kling AI: Kling 3.0 omni, whose tasks are found by an id of one's own."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wanprep.plugins import Provider, hookimpl

if TYPE_CHECKING:
    from collections.abc import Callable


@hookimpl
def wanprep_register_providers(register: Callable[[Provider], None]) -> None:
    """Register Kling, which documents neither uploads nor cancelling."""
    from wanprep_kling.flows import find, poll, submit

    register(Provider(name="kling", submit=submit, poll=poll, find=find))
