"""Somebody who looks on while many files are probed: a bar at a terminal, or a log."""

from __future__ import annotations

from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING, Final, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterator

    from wanprep.probe.facts import Facts


class Onlooker(Protocol):
    """Is told how the work goes on. It must not take its time."""

    def expect(self, count: int) -> None:
        """Learn that so many more files will be looked at; 0 where nobody knows."""

    def saw(self, facts: Facts, *, remembered: bool) -> None:
        """Learn what came of one of them, and whether it was remembered or read."""


_onlooker: Final[ContextVar[Onlooker | None]] = ContextVar("onlooker", default=None)


@contextmanager
def watched_by(onlooker: Onlooker) -> Iterator[None]:
    """Let somebody look on for a while."""
    token = _onlooker.set(onlooker)
    try:
        yield
    finally:
        _onlooker.reset(token)


def expect(count: int) -> None:
    """Say how much is to come, if anybody looks."""
    if onlooker := _onlooker.get():
        onlooker.expect(count)


def told(facts: Facts, *, remembered: bool = False) -> Facts:
    """Say what came of a file, if anybody looks."""
    if onlooker := _onlooker.get():
        onlooker.saw(facts, remembered=remembered)
    return facts
