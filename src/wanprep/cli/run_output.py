"""Show runs: their progress, their outcomes, and the exit status that follows."""

from __future__ import annotations

import json
import os
import re
import sys
import threading
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

import click

from wanprep.cli import INTERRUPTED
from wanprep.cli.options import is_quiet
from wanprep.net.secrets import redact
from wanprep.submit.session.plan import work as work_on
from wanprep.text import columns, plural, visible

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence
    from datetime import datetime

    from rich.table import Table

    from wanprep.submit.ledger.run import Run, RunState
    from wanprep.submit.session.session import Session
    from wanprep.submit.session.tasks import RunProgress, Task

DONE: Final = 0
FAILED: Final = 1
UNCERTAIN: Final = 4
_AGAIN: Final = (
    "Check the provider's own list of jobs. If the job is not there, `wanprep submit` it with"
    " --again; wanprep does not send it again by itself."
)


def work(session: Session, tasks: Sequence[Task], *, waiting: bool) -> bool:
    """Work on all tasks at once with progress; return whether Ctrl-C ended it."""
    with _show_progress(tasks) as progress:
        return work_on(
            session, tasks, progress, lambda words: click.echo(words, err=True), waiting=waiting
        )


@contextmanager
def _show_progress(tasks: Sequence[Task]) -> Iterator[RunProgress]:
    """Show a live table at a terminal, else a line for each change."""
    if is_quiet():
        yield _NoProgress()
        return
    if not sys.stderr.isatty():
        yield _ProgressLines()
        return
    from rich.console import Console
    from rich.live import Live

    table = _ProgressTable(tasks)
    console = Console(stderr=True)
    with Live(console=console, get_renderable=table.show, refresh_per_second=4, transient=True):
        yield table


class _NoProgress:
    def report(self, task: Task, words: str) -> None:
        pass

    def end(self, task: Task) -> None:
        pass


class _ProgressLines:
    """A line whenever more than a number has changed."""

    def __init__(self) -> None:
        self._last: dict[int, str] = {}
        self._lock = threading.Lock()

    def report(self, task: Task, words: str) -> None:
        with self._lock:
            without_numbers = re.sub(r"[\d.]+", "", words)
            if self._last.get(id(task)) != without_numbers:
                self._last[id(task)] = without_numbers
                click.echo(f"{task.title}: {visible(words)}", err=True)

    def end(self, task: Task) -> None:
        if task.run:
            self.report(task, task.run.state)


class _ProgressTable:
    """A row for each task: its state, elapsed time and price."""

    def __init__(self, tasks: Sequence[Task]) -> None:
        self._tasks = tasks
        self._started = time.monotonic()
        self._ended: dict[int, float] = {}
        self._states: dict[int, str] = {}

    def report(self, task: Task, words: str) -> None:
        self._states[id(task)] = words

    def end(self, task: Task) -> None:
        self._ended[id(task)] = time.monotonic()
        self._states[id(task)] = task.run.state if task.run else "not sent"

    def show(self) -> Table:
        from rich.table import Table
        from rich.text import Text

        table = Table.grid(padding=(0, 2))
        for task in self._tasks:
            elapsed = self._ended.get(id(task), time.monotonic()) - self._started
            minutes, seconds = divmod(int(elapsed), 60)
            state = visible(self._states.get(id(task), "waiting for its turn"))
            cells = (task.title, state, f"{minutes}:{seconds:02}", task.estimate)
            table.add_row(*map(Text, cells))
        return table


def as_table(runs: Sequence[Run]) -> Iterator[str]:
    """List runs in columns, with the time until which results can be downloaded."""
    if not runs:
        yield "no runs yet\n"
        return
    rows = [("ID", "STATE", "TARGET", "JOB", "CREATED", "FETCH UNTIL"), *map(_row, runs)]
    widths = [max(columns(cell) for cell in column) for column in zip(*rows, strict=True)]
    for row in rows:
        cells = (
            cell + " " * (width - columns(cell)) for cell, width in zip(row, widths, strict=True)
        )
        yield "  ".join(cells).rstrip() + "\n"


def _row(run: Run) -> tuple[str, ...]:
    return (run.id, run.state, run.target, job_name(run), _local(run.created), _until(run))


def job_name(run: Run) -> str:
    """Return a run's job relative to the current folder where it lies below it."""
    relative = os.path.relpath(run.job)
    name = run.job if relative.startswith(os.pardir) else relative
    return visible(f"{name}#{run.number}" if run.number > 1 else name)


def _until(run: Run) -> str:
    if run.files:
        return "fetched"
    if run.state != "succeeded":
        return ""
    return _local(run.deadline) if run.deadline else "fetch soon"


def _local(moment: datetime) -> str:
    return moment.astimezone().strftime("%Y-%m-%d %H:%M")


def as_text(run: Run, history: Sequence[tuple[str, str, str | None]]) -> Iterator[str]:
    """Show everything that is recorded of one run."""
    values = run.as_json() | {
        "document": run.number if run.number > 1 else None,
        "replaced_by": run.replaced_by,
        "idempotency_key": run.order.idempotency_key,
        "estimate": run.facts.get("estimate", {}).get("says"),
        "answer": json.dumps(run.details) if run.details else None,
    }
    for name, value in values.items():
        for each in value if isinstance(value, list) else [value]:
            if each:
                yield f"{name.replace('_', ' '):<16}{visible(str(each))}\n"
    yield "history\n"
    for state, at, why in history:
        yield f"  {at}  {state}" + (f": {visible(redact(why))}" if why else "") + "\n"


def show_results(
    tasks: Sequence[Task], style: str, *, interrupted: bool, success: Collection[RunState]
) -> int:
    """Print the outcome of each run; return the exit status, 0 for the states of `success`."""
    outcomes = [(task.run, task.lasting) for task in tasks if task.run]
    if style == "json":
        shown = [run.as_json() | ({} if lasting else {"id": None}) for run, lasting in outcomes]
        click.echo(json.dumps(shown, indent=2))
    else:
        for run, lasting in outcomes:
            files = "".join(f"  {visible(file)}" for file in run.files)
            name = run.id if lasting else "emulated"
            click.echo(f"{name}  {run.state:<9}  {run.target}  {job_name(run)}{files}")
    sys.stdout.flush()
    for task in tasks:
        for note in _notes(task):
            click.echo(f"{task.title}: {visible(redact(note))}", err=True)
    if interrupted:
        _suggest_resuming(tasks, [run for run, lasting in outcomes if lasting])
        return INTERRUPTED
    if "accepted" in success:
        _suggest_waiting([run for run, _ in outcomes])
    return max((_status(task, success) for task in tasks), default=DONE)


def _notes(task: Task) -> Iterator[str]:
    yield from task.notes
    if task.problem:
        message = task.problem.command
        yield message if task.run else f"{message} It was not sent."
    elif task.run and task.run.error:
        yield f"{task.run.state}: {task.run.error}"
    if task.run and task.run.state == "uncertain":
        yield _AGAIN


def _status(task: Task, success: Collection[RunState]) -> int:
    if task.run is None:
        return task.problem.exit_code if task.problem else FAILED
    if task.run.state in {"sending", "uncertain"}:
        return UNCERTAIN
    if task.problem:
        return UNCERTAIN if task.problem.exit_code == UNCERTAIN else FAILED
    return DONE if task.run.state in success else FAILED


def _suggest_waiting(runs: Sequence[Run]) -> None:
    ids = [run.id for run in runs if run.state in {"accepted", "succeeded"} and not run.files]
    if ids:
        unique = " ".join(dict.fromkeys(ids))
        click.echo(f"To wait and download the result: wanprep runs wait {unique}", err=True)


def _suggest_resuming(tasks: Sequence[Task], runs: Sequence[Run]) -> None:
    unsent = sum(task.run is None for task in tasks)
    if unsent:
        click.echo(f"{plural(unsent, 'job')} not sent.", err=True)
    ids = [run.id for run in runs if run.state in {"accepted", "uncertain", "sending"}
           or (run.state == "succeeded" and not run.files)]  # fmt: skip
    if ids:
        unique = " ".join(dict.fromkeys(ids))
        click.echo(
            f"The runs continue. To wait for them again: wanprep runs wait {unique}", err=True
        )
