"""Alibaba Model Studio (DashScope): Wan 2.7 and Wan 3.0 at their maker."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wanprep.plugins import Provider, hookimpl

if TYPE_CHECKING:
    from collections.abc import Callable


@hookimpl
def wanprep_register_providers(register: Callable[[Provider], None]) -> None:
    """Register Alibaba Model Studio."""
    from wanprep_dashscope.flows import cancel, find, poll, submit, upload

    register(
        Provider(
            name="dashscope", submit=submit, poll=poll, cancel=cancel, upload=upload, find=find
        )
    )
