"""The types of what the public functions take and report beside their results."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from wanprep.dataclass import dataclass

if TYPE_CHECKING:
    from wanprep.media.facts import Facts

StrPath = str | os.PathLike[str]
# True: the wanprep.toml or pyproject.toml that is found from the current folder upward. A path
# names another one, a mapping is its content, None or False stand for none.
Configuration = StrPath | Mapping[str, Any] | bool | None


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a call is."""

    name: str  # the file or the job that this is about
    message: str  # "read", "cached", "encoding", "done", or what is done with a job
    done: int  # files or jobs that are done
    total: int | None  # None: not known yet
    part: float | None = None  # of the work on this file, from 0 to 1


ProgressCallback = Callable[[Progress], object]  # may be called from several threads


class ProbeReports:
    """Passes on what is probed."""

    def __init__(self, callback: ProgressCallback) -> None:
        self._callback = callback
        self._done = self._expected = 0

    def expect(self, count: int) -> None:
        """Expect so many more files."""
        self._expected += count

    def add(self, facts: Facts, *, cached: bool) -> None:
        """Count a file."""
        self._done += 1
        total = self._expected if self._expected >= self._done else None
        message = "cached" if cached else "read"
        self._callback(Progress(facts.path, message, self._done, total))
