"""`wanprep runs`: what was sent, how it stands, and its results."""

from __future__ import annotations

import json
import os
import sys
from contextlib import ExitStack
from functools import reduce
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from wanprep.cli import completion as completing
from wanprep.cli.output import speaking
from wanprep.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from wanprep.submit.ledger.run import Run, RunState
    from wanprep.submit.session.session import Session
    from wanprep.submit.session.tasks import Task

_STYLE: Final = click.option(
    "--format",
    "style",
    type=click.Choice(["text", "json"]),
    default="text",
    show_default=True,
    help="For people, or a JSON list.",
)
_IDS: Final = click.argument("ids", nargs=-1, required=True, metavar="ID...",
                              shell_complete=completing.runs)  # fmt: skip


def _with(*parts: Callable[..., Any]) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Give a command the arguments and options that several have."""
    return lambda command: reduce(lambda wrapped, part: part(wrapped), reversed(parts), command)


@click.group(short_help="List what was sent, wait for it, fetch or cancel it.")
def runs() -> None:
    """List what was sent, wait for it, fetch its results, or cancel it.

    Runs are remembered in a ledger in the system's state folder, or where WANPREP_STATE_DIR
    says. An ID may be shortened as long as it is clear which one is meant.

    \b
    Examples:
      wanprep runs list
      wanprep runs wait k3m9x2pa
      wanprep runs fetch k3m9 -o results
    """


@runs.command("list")
@_with(_STYLE)
@click.option("--refresh", is_flag=True, help="Ask the providers how open runs stand.")
def list_(style: str, refresh: bool) -> int:
    """List all runs, the newest first, with the time until which results can be fetched.

    Without --refresh nobody is asked: the list shows what was known last.

    \b
    Examples:
      wanprep runs list
      wanprep runs list --refresh --format json
    """
    from wanprep.cli.run_output import as_json, as_table

    with ExitStack() as held:
        session = _session(held)
        status = _refresh(session) if refresh else 0
        known = session.ledger.runs()
    if style == "json":
        click.echo(json.dumps([as_json(run) for run in known], indent=2))
    else:
        click.echo("".join(as_table(known)), nl=False)
    return status


def _refresh(session: Session) -> int:
    from wanprep.cli import INTERRUPTED
    from wanprep.cli.run_output import work
    from wanprep.net.secrets import redact
    from wanprep.submit.session.status import refresh_run

    def ask(task: Task) -> None:
        task.run = refresh_run(session, _run_of(task))

    tasks = [_task(run, ask) for run in session.ledger.runs() if run.state == "accepted"]
    _need_keys(session, map(_run_of, tasks))
    interrupted = work(session, tasks, waiting=False)
    for task in tasks:
        if task.problem:
            click.echo(f"{task.name}: {redact(str(task.problem))}", err=True)
    if interrupted:
        return INTERRUPTED
    return int(any(task.problem for task in tasks))


@runs.command()
@_with(_IDS, _STYLE)
def show(ids: tuple[str, ...], style: str) -> int:
    """Show all that is known of runs, and what became of them when.

    \b
    Examples:
      wanprep runs show k3m9x2pa
      wanprep runs show k3m9x2pa --format json
    """
    from wanprep.cli.run_output import as_json, as_text

    with ExitStack() as held:
        session = _session(held)
        found = _found(session, ids)
        if style == "json":
            click.echo(json.dumps([as_json(run) for run in found], indent=2))
        else:
            texts = ("".join(as_text(run, session.ledger.history(run))) for run in found)
            click.echo("\n".join(texts), nl=False)
    return 0


@runs.command()
@_with(_IDS, _STYLE)
@click.option("-o", "--output", "folder", metavar="DIR", shell_complete=completing.folders,
              help="Put results into DIR.  [default: the current folder]")  # fmt: skip
@speaking
def wait(ids: tuple[str, ...], style: str, folder: str | None) -> int:
    """Wait until runs end, and fetch their results. Ctrl-C stops waiting, not the runs.

    An uncertain run is looked for at its provider; it is never sent again from here.

    \b
    Examples:
      wanprep runs wait k3m9x2pa -o results
      wanprep runs wait k3m9 p7wd --format json
    """
    from wanprep.submit.session.wait import wait_and_fetch

    def see(session: Session) -> Callable[[Task], None]:
        return lambda task: wait_and_fetch(session, _run_of(task), folder, task)

    return _each(ids, style, see, wanted="succeeded")


@runs.command()
@_with(_IDS, _STYLE)
@click.option("-o", "--output", "folder", metavar="DIR", shell_complete=completing.folders,
              default=".", show_default=True, help="Put results into DIR.")  # fmt: skip
def fetch(ids: tuple[str, ...], style: str, folder: str) -> int:
    """Fetch the results of runs that are done, any time before they are gone.

    The provider is asked for a fresh link. `wanprep runs list` shows how long that works.

    \b
    Examples:
      wanprep runs fetch k3m9x2pa -o results
    """
    from wanprep.submit.session.wait import fetch_now

    def now(session: Session) -> Callable[[Task], None]:
        return lambda task: fetch_now(session, _run_of(task), folder, task)

    return _each(ids, style, now, wanted="succeeded")


@runs.command()
@_with(_IDS, _STYLE)
@click.option("-y", "--yes", is_flag=True, help="Yes to whatever would be asked.")
def cancel(ids: tuple[str, ...], style: str, yes: bool) -> int:
    """Ask the providers to cancel runs, and say what came of it.

    Some providers have no way to cancel, some cancel only what still waits; what may be charged
    all the same, `wanprep targets ID` says.

    \b
    Examples:
      wanprep runs cancel k3m9x2pa
    """
    from wanprep.submit.session.status import cancel_run

    def stop(session: Session) -> Callable[[Task], None]:
        def work(task: Task) -> None:
            task.run = cancel_run(session, _run_of(task))

        return work

    return _each(ids, style, stop, wanted="cancelled", ask=None if yes else _ask_to_delete)


def _ask_to_delete(session: Session, run: Run) -> None:
    service = session.service(run.provider)
    if run.state != "accepted" or not service.cancel_deletes:
        return
    what = f"To cancel run {run.id} deletes its record at {service.title}"
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        raise UsageError(f"{what}, which is asked about at a terminal. Without one, say --yes.")
    click.confirm(f"{what}. Do it?", err=True, abort=True)


def _each(
    ids: tuple[str, ...],
    style: str,
    work: Callable[[Session], Callable[[Task], None]],
    *,
    wanted: RunState,
    ask: Callable[[Session, Run], None] | None = None,
) -> int:
    """Do the same with each run, side by side, and tell what has come of it."""
    from wanprep.cli.run_output import tell
    from wanprep.cli.run_output import work as work_on

    with ExitStack() as held:
        session = _session(held)
        found = _found(session, ids)
        _need_keys(session, found)
        for run in found:
            if ask:
                ask(session, run)
        tasks = [_task(run, work(session)) for run in found]
        interrupted = work_on(session, tasks, waiting=wanted == "succeeded")
        return tell(tasks, style, interrupted=interrupted, wanted={wanted})


def _session(held: ExitStack) -> Session:
    from wanprep.cli.run_output import open_session
    from wanprep.config import find_config

    return open_session(held, find_config(Path.cwd()), os.environ)


def _found(session: Session, ids: tuple[str, ...]) -> list[Run]:
    return list({run.id: run for run in map(session.ledger.find, ids)}.values())


def _need_keys(session: Session, found: Iterable[Run]) -> None:
    """See that there is a key for all who will be asked, before anything is done."""
    from wanprep.submit.ledger.run import LIVE

    for run in found:
        if run.state in LIVE and not run.files:
            session.driver(run.provider)


def _task(run: Run, work: Callable[[Task], None]) -> Task:
    from wanprep.cli.run_output import job_name
    from wanprep.submit.session.tasks import Task

    return Task(job_name(run), work, run)


def _run_of(task: Task) -> Run:
    assert task.run is not None  # noqa: S101 - as _task gives it
    return task.run
