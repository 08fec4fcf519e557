"""How runs go on: a line for each at a terminal, kept up to date; else a line for each news."""

from __future__ import annotations

import re
import sys
import threading
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click

from wanprep.cli.loudness import is_quiet
from wanprep.text import visible

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from rich.table import Table

    from wanprep.submit.journey.side_by_side import Task, Watcher


@contextmanager
def watcher(tasks: Sequence[Task]) -> Iterator[Watcher]:
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

    def tell(self, task: Task, words: str) -> None:
        pass

    def end(self, task: Task) -> None:
        pass


class _Lines:
    """Tells what is new; numbers alone are none."""

    def __init__(self) -> None:
        self._last: dict[int, str] = {}
        self._lock = threading.Lock()

    def tell(self, task: Task, words: str) -> None:
        with self._lock:
            news = re.sub(r"[\d.]+", "", words)
            if self._last.get(id(task)) != news:
                self._last[id(task)] = news
                click.echo(f"{called(task)}: {visible(words)}", err=True)

    def end(self, task: Task) -> None:
        if task.run:
            self.tell(task, task.run.state)


class _Table:
    """Shows each task with how far it is, since when, and what it will cost."""

    def __init__(self, tasks: Sequence[Task]) -> None:
        self._tasks = tasks
        self._begun = time.monotonic()
        self._ended: dict[int, float] = {}
        self._words: dict[int, str] = {}

    def tell(self, task: Task, words: str) -> None:
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
