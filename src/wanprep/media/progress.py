"""Progress while many files are probed: shown by a bar at a terminal, or a log."""

from __future__ import annotations

from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING, Final, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterator

    from wanprep.media.facts import Facts


class Progress(Protocol):
    """Receives reports, and must be quick about it."""

    def expect(self, count: int) -> None:
        """Expect so many more files; 0 where the number is not known."""

    def add(self, facts: Facts, *, cached: bool) -> None:
        """Count a file that was probed, or found in the cache."""


_progress: Final[ContextVar[Progress | None]] = ContextVar("progress", default=None)


@contextmanager
def report_to(progress: Progress) -> Iterator[None]:
    """Send reports there for a while."""
    token = _progress.set(progress)
    try:
        yield
    finally:
        _progress.reset(token)


def expect(count: int) -> None:
    """Pass on how much is to come, if progress is shown."""
    if progress := _progress.get():
        progress.expect(count)


def report(facts: Facts, *, cached: bool = False) -> None:
    """Pass on that a file is done, if progress is shown."""
    if progress := _progress.get():
        progress.add(facts, cached=cached)
