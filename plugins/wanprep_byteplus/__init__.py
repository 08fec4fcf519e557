"""BytePlus ModelArk: Seedance 2.0 and 2.5 at their maker."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wanprep.plugins import Provider, hookimpl

if TYPE_CHECKING:
    from collections.abc import Callable


@hookimpl
def wanprep_register_providers(register: Callable[[Provider], None]) -> None:
    """Register BytePlus, which documents no uploads, and neither cancelling nor lists of tasks."""
    from wanprep_byteplus.flows import poll, submit

    register(Provider(name="byteplus", submit=submit, poll=poll))
