"""The API for plugins: everything that they may import, beside `wanprep.emulator`.

`wanprep.plugins.hookspecs` documents the hooks.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
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
    from wanprep.plugins.hookspecs import hookimpl
    from wanprep.plugins.provider import CannotHost, Events, Host, LocalFile, Provider, Settings

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

# Imported when they are first used: a check that loads no plugin does without them.
_MODULES = (
    "wanprep.plugins.flow",
    "wanprep.plugins.provider",
    "wanprep.plugins.hookspecs",
    "wanprep.check.plugin_checks",
    "wanprep.engines.engine",
)


if not TYPE_CHECKING:  # for a type checker, a misspelt name is an error

    def __getattr__(name: str) -> Any:  # noqa: ANN401 - whatever the name stands for
        if name == "answers":
            return import_module("wanprep.plugins.answers")
        for module in _MODULES if name in __all__ else ():
            if hasattr(found := import_module(module), name):
                return globals().setdefault(name, getattr(found, name))
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return [*__all__, *globals()]
