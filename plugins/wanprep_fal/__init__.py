"""fal: Wan 2.7, Seedance 2.0 and Kling O1 by its queue."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wanprep.plugins import Provider, hookimpl

if TYPE_CHECKING:
    from collections.abc import Callable


@hookimpl
def wanprep_register_providers(register: Callable[[Provider], None]) -> None:
    """Register fal, which has no way to find a lost request."""
    from wanprep_fal.flows import cancel, poll, submit, upload

    register(Provider(name="fal", submit=submit, poll=poll, cancel=cancel, upload=upload))
