"""Bars for people who wait at a terminal; silence for everybody else."""

from __future__ import annotations

import os
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

from wanprep.cli.loudness import is_quiet
from wanprep.fix.pipeline import Watcher
from wanprep.fix.recipe import FilmRecipe
from wanprep.text import visible

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from rich.progress import Progress as Bars
    from rich.progress import TaskID

    from wanprep.fix.made import Progress
    from wanprep.fix.outcome import Outcome
    from wanprep.fix.task import Intended


@contextmanager
def watcher() -> Iterator[Watcher]:
    """Watch over a run with bars, if it is watched."""
    if is_quiet() or not sys.stderr.isatty():
        yield Watcher()
        return
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeRemainingColumn,
    )

    columns = (TextColumn("{task.description}", markup=False), BarColumn(), MofNCompleteColumn(),
               TimeRemainingColumn())  # fmt: skip
    with Progress(*columns, console=Console(stderr=True), transient=True) as bars:
        yield _Bars(bars)


class _Bars(Watcher):
    def __init__(self, bars: Bars) -> None:
        self._bars = bars
        self._all: TaskID | None = None
        self._clips: dict[str, TaskID] = {}

    def begin(self, files: Sequence[Intended]) -> None:
        self._all = self._bars.add_task("files", total=len(files))

    def start(self, file: Intended) -> Progress | None:
        recipe = getattr(file.plan, "recipe", None)
        if not isinstance(recipe, FilmRecipe):
            return None  # over before a bar could be read
        path = file.wanted.path
        clip = self._bars.add_task(visible(os.path.basename(path)), total=100)
        self._clips[path] = clip
        return lambda part: self._bars.update(clip, completed=round(100 * part))

    def end(self, file: Intended, outcome: Outcome) -> None:  # noqa: ARG002
        if clip := self._clips.pop(file.wanted.path, None):
            self._bars.remove_task(clip)
        if self._all is not None:
            self._bars.advance(self._all)
