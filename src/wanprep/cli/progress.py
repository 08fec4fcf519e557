"""Progress of probing: a bar at a terminal when it takes long, a log with --verbose."""

from __future__ import annotations

import sys
import threading
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

import click

from wanprep.cli.options import is_quiet, is_verbose
from wanprep.closing import Closing
from wanprep.media.workers import report_to
from wanprep.net.secrets import redact_url
from wanprep.text import plural, visible

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rich.progress import Progress, TaskID

    from wanprep.media.facts import Facts

_BAR_AFTER: Final = 1.0  # seconds


class ProgressDisplay(Closing):
    """What is shown of the progress: nothing, where nobody wants to see it."""

    def expect(self, count: int) -> None:
        """Expect so many more files."""

    def add(self, facts: Facts, *, cached: bool) -> None:
        """Count a file."""

    @contextmanager
    def paused(self) -> Iterator[None]:
        """Leave the terminal to what is written inside the block."""
        yield

    def close(self) -> None:
        """Show no more."""


@contextmanager
def show_probe_progress(*, bar: bool = True) -> Iterator[ProgressDisplay]:
    """Show what is probed meanwhile; without `bar`, only in the log of --verbose."""
    if is_verbose():
        display: ProgressDisplay = _Log()
    elif bar and sys.stderr.isatty() and not is_quiet():
        display = _Bar()
    else:
        yield ProgressDisplay()
        return
    with display, report_to(display):
        yield display


class _Log(ProgressDisplay):
    """A line for each file, and at the end how many came from the cache."""

    def __init__(self) -> None:
        self._started = time.monotonic()
        self._files = self._cached = 0

    def add(self, facts: Facts, *, cached: bool) -> None:
        self._files += 1
        self._cached += cached
        source = "cached" if cached else "read"
        details = facts.format if facts.readable else f"{facts.problem}"
        name = visible(redact_url(facts.path))
        click.echo(f"{source}: {name} ({visible(details)})", err=True)

    def close(self) -> None:
        seconds = time.monotonic() - self._started
        click.echo(
            f"{plural(self._files, 'file')} in {seconds:.2f} s:"
            f" {self._cached} cached, {self._files - self._cached} read",
            err=True,
        )


class _Bar(ProgressDisplay):
    """A bar that appears, and imports rich, only after a second."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._expected = self._done = 0
        self._ended = self._is_paused = False
        self._began = time.monotonic()
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
            rate = f"{self._done / (time.monotonic() - self._began):,.0f}/s"
            total = self._expected or None
            self._bar.update(self._task, completed=self._done, total=total, rate=rate)

    def _appear(self) -> None:
        from rich.console import Console
        from rich.progress import (
            BarColumn,
            MofNCompleteColumn,
            Progress,
            TextColumn,
            TimeRemainingColumn,
        )

        columns = (
            TextColumn("probing files"), BarColumn(), MofNCompleteColumn(),
            TextColumn("{task.fields[rate]}"), TimeRemainingColumn(),
        )  # fmt: skip
        # Not redirected: what is written while it is paused is not its business.
        terminal = Console(stderr=True)
        bar = Progress(
            *columns, console=terminal, transient=True, redirect_stdout=False,
            redirect_stderr=False,
        )  # fmt: skip
        with self._lock:
            if not self._ended:
                self._bar, self._task = bar, bar.add_task("", total=None, rate="")
                self._update()
                if not self._is_paused:
                    bar.start()

    @contextmanager
    def paused(self) -> Iterator[None]:
        """Take the bar away while something is written to the same terminal."""
        if not sys.stdout.isatty():
            yield
            return
        with self._lock:
            self._is_paused = True
            if self._bar:
                self._bar.stop()
        try:
            yield
        finally:
            with self._lock:
                self._is_paused = False
                if self._bar and not self._ended:
                    self._bar.start()

    def close(self) -> None:
        self._timer.cancel()
        with self._lock:
            self._ended = True
            if self._bar:
                self._bar.stop()
