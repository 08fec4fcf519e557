"""`wanprep runs`: submitted runs, their states and their results."""

from __future__ import annotations

import json
import os
import sys
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from wanprep.cli.options import (
    complete_folders,
    complete_runs,
    format_option,
    together,
    trace_file,
    trace_option,
    verbosity_options,
    yes_option,
)
from wanprep.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from wanprep.submit.ledger.run import Run, RunState
    from wanprep.submit.session.session import Session
    from wanprep.submit.session.tasks import Task, Update

_format: Final = format_option(["text", "json"], "Text, or a JSON list.")
_ids_and_format: Final = together(
    click.argument("ids", nargs=-1, required=True, metavar="ID...", shell_complete=complete_runs),
    _format,
)


def _output_option(**more: Any) -> Callable[[Callable[..., Any]], Callable[..., Any]]:  # noqa: ANN401
    return click.option("-o", "--output", "folder", metavar="DIR", shell_complete=complete_folders,
                        **more)  # fmt: skip


@click.group(short_help="List, wait for, fetch or cancel submitted runs.")
def runs() -> None:
    """List, wait for, fetch or cancel submitted runs.

    Runs are recorded in a ledger in the system's state folder, or in WANPREP_STATE_DIR. An ID may
    be shortened as long as it is unambiguous.

    \b
    Examples:
      wanprep runs list
      wanprep runs wait k3m9x2pa
      wanprep runs fetch k3m9 -o results
    """


@runs.command("list")
@_format
@trace_option
@click.option("--refresh", is_flag=True, help="Ask the providers for the state of open runs.")
def list_(style: str, refresh: bool) -> int:
    """List all runs, newest first, with the time until which results can be downloaded.

    Without --refresh no provider is contacted: the list shows the last recorded states.

    \b
    Examples:
      wanprep runs list
      wanprep runs list --refresh --format json
    """
    from wanprep.cli.run_output import as_table

    with ExitStack() as held:
        session = _session(held)
        status = _refresh(session) if refresh else 0
        recorded = session.ledger.runs()
    if style == "json":
        click.echo(json.dumps([run.as_json() for run in recorded], indent=2))
    else:
        click.echo("".join(as_table(recorded)), nl=False)
    return status


def _refresh(session: Session) -> int:
    from wanprep.cli import INTERRUPTED
    from wanprep.cli.run_output import job_name, work
    from wanprep.net.secrets import redact
    from wanprep.submit.session.status import refresh_run
    from wanprep.submit.session.tasks import tasks_of

    def update(session: Session, run: Run, task: Task) -> None:
        task.run = refresh_run(session, run)

    accepted = [run for run in session.ledger.runs() if run.state == "accepted"]
    _check_keys(session, accepted)
    tasks = tasks_of(session, accepted, update, job_name)
    interrupted = work(session, tasks, waiting=False)
    for task in tasks:
        if task.problem:
            click.echo(f"{task.name}: {redact(task.problem.command)}", err=True)
    if interrupted:
        return INTERRUPTED
    return int(any(task.problem for task in tasks))


@runs.command()
@_ids_and_format
def show(ids: tuple[str, ...], style: str) -> int:
    """Show everything recorded about runs, with the history of their states.

    \b
    Examples:
      wanprep runs show k3m9x2pa
      wanprep runs show k3m9x2pa --format json
    """
    from wanprep.cli.run_output import as_text

    with ExitStack() as held:
        session = _session(held)
        found = session.ledger.find_all(ids)
        if style == "json":
            click.echo(json.dumps([run.as_json() for run in found], indent=2))
        else:
            blocks = ("".join(as_text(run, session.ledger.history(run))) for run in found)
            click.echo("\n".join(blocks), nl=False)
    return 0


@runs.command()
@_ids_and_format
@_output_option(help="Write results to DIR.  [default: the current folder]")
@verbosity_options
@trace_option
def wait(ids: tuple[str, ...], style: str, folder: str | None) -> int:
    """Wait until runs end, and download their results. Ctrl-C stops waiting, not the runs.

    An uncertain run is looked up at its provider; it is never sent again.

    \b
    Examples:
      wanprep runs wait k3m9x2pa -o results
      wanprep runs wait k3m9 p7wd --format json
    """
    from wanprep.submit.session.wait import wait_and_fetch

    def wait_for(session: Session, run: Run, task: Task) -> None:
        wait_and_fetch(session, run, folder, task)

    return _for_each(ids, style, wait_for, success="succeeded")


@runs.command()
@_ids_and_format
@_output_option(default=".", show_default=True, help="Write results to DIR.")
@trace_option
def fetch(ids: tuple[str, ...], style: str, folder: str) -> int:
    """Download the results of finished runs, until the provider deletes them.

    Requests fresh links from the provider. `wanprep runs list` shows until when that is possible.

    \b
    Examples:
      wanprep runs fetch k3m9x2pa -o results
    """
    from wanprep.submit.session.wait import fetch_now

    def download(session: Session, run: Run, task: Task) -> None:
        fetch_now(session, run, folder, task)

    return _for_each(ids, style, download, success="succeeded")


@runs.command()
@_ids_and_format
@yes_option
@trace_option
def cancel(ids: tuple[str, ...], style: str, yes: bool) -> int:
    """Ask the providers to cancel runs, and show the outcome.

    Some providers cannot cancel, some cancel only queued runs. `wanprep targets ID` shows what
    may still be charged.

    \b
    Examples:
      wanprep runs cancel k3m9x2pa
    """
    from wanprep.submit.session.status import cancel_run

    def cancel_one(session: Session, run: Run, task: Task) -> None:
        task.run = cancel_run(session, run)

    confirm = None if yes else _confirm_deletion
    return _for_each(ids, style, cancel_one, success="cancelled", confirm=confirm)


def _confirm_deletion(session: Session, run: Run) -> None:
    service = session.service(run.provider)
    if run.state != "accepted" or not service.cancel_deletes:
        return
    effect = f"Cancelling run {run.id} deletes its record at {service.title}"
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        raise UsageError(f"{effect}, and there is no terminal to confirm it at. Pass --yes.")
    click.confirm(f"{effect}. Cancel it?", err=True, abort=True)


def _for_each(
    ids: tuple[str, ...],
    style: str,
    action: Update,
    *,
    success: RunState,
    confirm: Callable[[Session, Run], None] | None = None,
) -> int:
    """Do the same with each run, all at once, and show the results."""
    from wanprep.cli.run_output import job_name, show_results, work
    from wanprep.submit.session.tasks import tasks_of

    with ExitStack() as held:
        session = _session(held)
        found = session.ledger.find_all(ids)
        _check_keys(session, found)
        for run in found:
            if confirm:
                confirm(session, run)
        tasks = tasks_of(session, found, action, job_name)
        interrupted = work(session, tasks, waiting=success == "succeeded")
        return show_results(tasks, style, interrupted=interrupted, success={success})


def _session(held: ExitStack) -> Session:
    from wanprep.config import find_config
    from wanprep.submit.session.session import open_session

    return open_session(held, find_config(Path.cwd()), os.environ, trace_file=trace_file())


def _check_keys(session: Session, runs: Iterable[Run]) -> None:
    """Fail before anything is done if the key of a provider is missing."""
    from wanprep.submit.ledger.run import LIVE

    for run in runs:
        if run.state in LIVE and not run.files:
            session.driver(run.provider)
