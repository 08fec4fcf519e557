"""The API for plugins: everything that they may import, beside `wanprep.emulator`.

`wanprep.plugins.hookspecs` documents the hooks.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from wanprep.check.plugin_checks import Check, CheckedFile, CheckedJob, Problem
from wanprep.engines.engine import Engine, run_call
from wanprep.plugins import answers
from wanprep.plugins.flow import (
    STATES,
    Accepted,
    Cancelled,
    FileContent,
    Flow,
    HostedUrl,
    Order,
    Refused,
    Request,
    Response,
    Sent,
    State,
    Status,
    Unclear,
)
from wanprep.plugins.provider import CannotHost, Events, Host, LocalFile, Provider, Settings

if TYPE_CHECKING:
    from wanprep.plugins.hookspecs import hookimpl

__all__ = [
    "STATES",
    "Accepted",
    "Cancelled",
    "CannotHost",
    "Check",
    "CheckedFile",
    "CheckedJob",
    "Engine",
    "Events",
    "FileContent",
    "Flow",
    "Host",
    "HostedUrl",
    "LocalFile",
    "Order",
    "Problem",
    "Provider",
    "Refused",
    "Request",
    "Response",
    "Sent",
    "Settings",
    "State",
    "Status",
    "Unclear",
    "answers",
    "hookimpl",
    "run_call",
]


def __getattr__(name: str) -> Any:  # noqa: ANN401 - whatever the name stands for
    if name == "hookimpl":  # imports pluggy, which only those who load plugins need
        from wanprep.plugins.hookspecs import hookimpl

        return hookimpl
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
