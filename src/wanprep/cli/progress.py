"""Progress of probing many files: a bar at a terminal, a log with --verbose."""

from __future__ import annotations

import os
import re
import sys
import threading
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

import click

from wanprep.cli.output import is_quiet, is_verbose
from wanprep.closing import Closing
from wanprep.fix.pipeline import FixProgress
from wanprep.fix.plan.plan import VideoRecipe
from wanprep.media.progress import report_to
from wanprep.text import plural, visible

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from rich.progress import Progress, TaskID
    from rich.progress import Progress as Bars
    from rich.table import Table

    from wanprep.fix.plan.plan import ProgressCallback
    from wanprep.fix.request import PlannedFile
    from wanprep.media.facts import Facts
    from wanprep.submit.session.tasks import RunProgress, Task


_BAR_AFTER: Final = 1.0  # seconds


@contextmanager
def show_probe_progress(*, bar: bool = True) -> Iterator[None]:
    """Show progress as the options demand; without `bar`, only the log."""
    if is_verbose():
        with _Log() as log, report_to(log):
            yield
    elif bar and sys.stderr.isatty() and not is_quiet():
        with _Bar() as shown, report_to(shown):
            yield
    else:
        yield


class _Log(Closing):
    """A line for each file, and in the end how many came from the cache."""

    def __init__(self) -> None:
        self._begun = time.monotonic()
        self._files = self._cached = 0

    def expect(self, count: int) -> None:
        pass

    def add(self, facts: Facts, *, cached: bool) -> None:
        self._files += 1
        self._cached += cached
        how = "remembered" if cached else "read"
        what = facts.format if facts.readable else f"{facts.problem}"
        click.echo(f"{how}: {visible(facts.path)} ({visible(what)})", err=True)

    def close(self) -> None:
        seconds = time.monotonic() - self._begun
        click.echo(
            f"{plural(self._files, 'file')} in {seconds:.2f} s:"
            f" {self._cached} remembered, {self._files - self._cached} read",
            err=True,
        )


class _Bar(Closing):
    """A bar that appears only when probing takes long."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._expected = self._done = 0
        self._ended = False
        self._bar: Progress | None = None
        self._task: TaskID | None = None
        self._timer = threading.Timer(_BAR_AFTER, self._appear)
        self._timer.daemon = True
        self._timer.start()

    def expect(self, count: int) -> None:
        with self._lock:
            self._expected += count
            self._update()

    def add(self, facts: Facts, *, cached: bool) -> None:  # noqa: ARG002
        with self._lock:
            self._done += 1
            self._update()

    def _update(self) -> None:
        if self._bar and self._task is not None:
            self._bar.update(self._task, completed=self._done, total=self._expected or None)

    def _appear(self) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
        with self._lock:
            if not self._ended:
                self._bar = Progress(*columns, console=Console(stderr=True), transient=True)
                self._task = self._bar.add_task("looking at files", total=None)
                self._update()
                self._bar.start()

    def close(self) -> None:
        self._timer.cancel()
        with self._lock:
            self._ended = True
            if self._bar:
                self._bar.stop()


@contextmanager
def fix_progress() -> Iterator[FixProgress]:
    """Watch over a run with bars, if it is watched."""
    if is_quiet() or not sys.stderr.isatty():
        yield FixProgress()
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


class _Bars(FixProgress):
    def __init__(self, bars: Bars) -> None:
        self._bars = bars
        self._all: TaskID | None = None
        self._clips: dict[str, TaskID] = {}

    def begin(self, files: Sequence[PlannedFile]) -> None:
        self._all = self._bars.add_task("files", total=len(files))

    def start(self, file: PlannedFile) -> ProgressCallback | None:
        recipe = getattr(file.plan, "recipe", None)
        if not isinstance(recipe, VideoRecipe):
            return None  # over before a bar could be read
        path = file.media.path
        clip = self._bars.add_task(visible(os.path.basename(path)), total=100)
        self._clips[path] = clip
        return lambda part: self._bars.update(clip, completed=round(100 * part))

    def end(self, file: PlannedFile) -> None:
        if clip := self._clips.pop(file.media.path, None):
            self._bars.remove_task(clip)
        if self._all is not None:
            self._bars.advance(self._all)


@contextmanager
def run_progress(tasks: Sequence[Task]) -> Iterator[RunProgress]:
    """Watch over tasks, as it suits whoever looks."""
    if is_quiet():
        yield _Silence()
        return
    if not sys.stderr.isatty():
        yield _Lines()
        return
    from rich.console import Console
    from rich.live import Live

    table = _Table(tasks)
    console = Console(stderr=True)
    with Live(console=console, get_renderable=table.show, refresh_per_second=4, transient=True):
        yield table


class _Silence:
    """Keeps to itself how the work goes on."""

    def report(self, task: Task, words: str) -> None:
        pass

    def end(self, task: Task) -> None:
        pass


class _Lines:
    """Tells what is new; numbers alone are none."""

    def __init__(self) -> None:
        self._last: dict[int, str] = {}
        self._lock = threading.Lock()

    def report(self, task: Task, words: str) -> None:
        with self._lock:
            news = re.sub(r"[\d.]+", "", words)
            if self._last.get(id(task)) != news:
                self._last[id(task)] = news
                click.echo(f"{called(task)}: {visible(words)}", err=True)

    def end(self, task: Task) -> None:
        if task.run:
            self.report(task, task.run.state)


class _Table:
    """Shows each task with how far it is, since when, and what it will cost."""

    def __init__(self, tasks: Sequence[Task]) -> None:
        self._tasks = tasks
        self._begun = time.monotonic()
        self._ended: dict[int, float] = {}
        self._words: dict[int, str] = {}

    def report(self, task: Task, words: str) -> None:
        self._words[id(task)] = words

    def end(self, task: Task) -> None:
        self._ended[id(task)] = time.monotonic()
        self._words[id(task)] = task.run.state if task.run else "not sent"

    def show(self) -> Table:
        from rich.table import Table
        from rich.text import Text

        table = Table.grid(padding=(0, 2))
        for task in self._tasks:
            elapsed = self._ended.get(id(task), time.monotonic()) - self._begun
            minutes, seconds = divmod(int(elapsed), 60)
            words = visible(self._words.get(id(task), "waits for its turn"))
            cells = (called(task), words, f"{minutes}:{seconds:02}", task.estimate)
            table.add_row(*map(Text, cells))
        return table


def called(task: Task) -> str:
    """Name a task, with its run as soon as it has one."""
    return f"{task.name} ({task.run.id})" if task.run else task.name
