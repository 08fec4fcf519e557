"""Where shards of a listing are worked on: `--on` names an engine that runs them on other machines.

An engine borrows workers and nothing else: wanprep cuts the listing into shards, and a shard is a
call of a function by its name with JSON values, as for the worker processes of this machine. So
any scheduler that can run a Python function can be an engine.
"""

from __future__ import annotations

import json
from importlib import import_module
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator


class Engine(Protocol):
    """Workers to which calls can be given."""

    def map(self, calls: Iterable[str]) -> Iterator[str]:
        """Let the workers `run_call` each call, and yield the answers in the order of the calls.

        Take a call only when a worker will soon be free: the calls may be those of a listing that
        is longer than memory. What a lost worker had is given to another. An answer that cannot
        be had is a WanprepError, after which the same command continues where it can.
        """
        ...

    def close(self) -> None:
        """Give the workers back; calls that still run are no longer of interest."""
        ...


def call_of(task: str, *arguments: object) -> str:
    """Write the call of a function, "module:function", as an engine takes it."""
    return json.dumps([task, *arguments])


def run_call(call: str, processes: int = 1) -> str:
    """Run a call on a worker; it may start so many processes of its own."""
    task, *arguments = json.loads(call)
    module, _, function = task.partition(":")
    result: Any = getattr(import_module(module), function)(*arguments, processes=processes)
    return json.dumps(result)
