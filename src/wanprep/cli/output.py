"""What a command writes while files are read, and the report, part by part.

Progress is a bar at a terminal when it takes long, and a log with --verbose.
"""

from __future__ import annotations

import sys
import threading
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final, TextIO

import click

from wanprep.cli.options import (
    complete_files,
    complete_rules,
    is_quiet,
    is_verbose,
    together,
    use_color,
)
from wanprep.closing import Closing
from wanprep.errors import UsageError
from wanprep.files.outputs import refuse_foreign, refuse_inputs, require_folder
from wanprep.report import FORMATS, STATISTICS, Style, renderer
from wanprep.text import plural, visible

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from rich.progress import Progress, TaskID

    from wanprep.check.result import Report, Totals
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
    from wanprep.media.workers import report_to

    with display, report_to(display):
        yield display


class _Log(ProgressDisplay):
    """A line for each file, and at the end how many came from the cache."""

    def __init__(self) -> None:
        self._started = time.monotonic()
        self._files = self._cached = 0

    def add(self, facts: Facts, *, cached: bool) -> None:
        from wanprep.net.secrets import redact_url

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


class _Formats(click.Choice[str]):
    """The formats of reports; those of plugins are looked up when one is named."""

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> str:
        if value not in self.choices:
            from wanprep.plugins.loading import installed

            if value in installed().load_all().formats:
                return value
        return super().convert(value, param, ctx)


report_options = together(
    click.option("--format", "style", type=_Formats(sorted(FORMATS)), default="text",
                 show_default=True, help="Format of the report, or one of a plugin."),
    click.option("-o", "--output", metavar="FILE", shell_complete=complete_files,
                 help="Write the report to FILE."),
    click.option("--select", multiple=True, metavar="RULE", shell_complete=complete_rules,
                 help="Report only these rules."),
    click.option("--ignore", multiple=True, metavar="RULE", shell_complete=complete_rules,
                 help="Do not report these rules."),
    click.option("--severity", type=click.Choice(["note", "warning", "error"]), default="note",
                 show_default=True, help="Lowest severity to report."),
    click.option("--statistics", is_flag=True,
                 help="Print a table of rules instead of the findings."),
)  # fmt: skip


def choose_style(style: str, output: str | None, *, statistics: bool) -> str:
    """Return what is to be written; a report that cannot be is a usage error, before any work."""
    if statistics and style != "text":
        raise UsageError("--statistics prints text only: leave out --format")
    if style == "html" and output is None and sys.stdout.isatty():
        raise UsageError("an HTML report needs a file on a terminal: add -o report.html")
    if output is not None:
        require_folder(output, "-o")
        refuse_foreign(output, "report", "-o")
    return STATISTICS if statistics else style


def write_report(parts: Iterable[Report], style: str, output: str | None) -> Totals:
    """Write each part when it is there, and return what all of them amount to."""
    from wanprep.check.result import Totals

    totals = Totals()
    render = renderer(style)
    if output is not None:
        from wanprep.files.atomic import write_pieces

        pieces = render(totals.count(_refuse_inputs(parts, output)), Style(verbose=is_verbose()))
        write_pieces((piece.encode("utf-8", "backslashreplace") for piece in pieces), output)
        return totals
    sys.stdout.writelines(render(totals.count(_flush_each(parts)), style_for(sys.stdout)))
    return totals


def style_for(stream: TextIO) -> Style:
    """Return how text is written to a terminal, or to a pipe."""
    return Style(use_color(stream), _width(stream), quiet=is_quiet(), verbose=is_verbose())


def _width(stream: TextIO) -> int:
    if not stream.isatty():
        return 80
    import shutil

    return min(shutil.get_terminal_size().columns, 100)


def _refuse_inputs(parts: Iterable[Report], output: str) -> Iterator[Report]:
    for part in parts:
        refuse_inputs(output, part.inputs.paths() if part.inputs else (), "-o")
        yield part


def _flush_each(parts: Iterable[Report]) -> Iterator[Report]:
    """Show what was written of a part before the next one is waited for."""
    for part in parts:
        yield part
        sys.stdout.flush()
