"""What has come of runs: said on standard output, and in the exit status."""

from __future__ import annotations

import json
import os
import sys
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any, Final

import click

from wanprep.cli import INTERRUPTED
from wanprep.cli.progress import called, run_progress
from wanprep.net.secrets import redact
from wanprep.submit.ledger.run import format_time
from wanprep.submit.session.tasks import run_tasks
from wanprep.text import columns, plural, visible

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence
    from datetime import datetime

    from wanprep.config import Config
    from wanprep.submit.ledger.run import Run, RunState
    from wanprep.submit.session.session import Session
    from wanprep.submit.session.tasks import Task


def open_session(
    held: ExitStack, config: Config, environ: Mapping[str, str], *, emulated: bool = False
) -> Session:
    """Open the ledger and what belongs to it."""
    from wanprep.files.state_folder import state_folder
    from wanprep.submit.ledger.ledger import Ledger
    from wanprep.submit.services.service import Services
    from wanprep.submit.session.session import Session

    ledger = held.enter_context(Ledger(state_folder(environ)))
    return held.enter_context(Session(ledger, Services(config), environ, emulated=emulated))


def work(session: Session, tasks: Sequence[Task], *, waiting: bool) -> bool:
    """Work on all tasks, woken by their providers' events; return whether Ctrl-C ended it."""
    with ExitStack() as held:
        if waiting:
            session.start_listening(held)
        watching = held.enter_context(run_progress(tasks))
        return run_tasks(
            tasks, session.wakeups, watching, lambda words: click.echo(words, err=True)
        )


def as_json(run: Run) -> dict[str, Any]:
    """Write a run as the contract has it."""
    return {
        "id": run.id,
        "target": run.target,
        "provider_id": run.provider_id,
        "state": run.state,
        "job": run.job,
        "created": format_time(run.created),
        "updated": format_time(run.updated),
        "deadline": format_time(run.deadline) if run.deadline else None,
        "outputs": list(run.files) or [redact(url) for url in run.outputs],
        "error": redact(run.error) if run.error else None,
    }


def as_table(runs: Sequence[Run]) -> Iterator[str]:
    """List runs for people, with the last day on which a result can be fetched."""
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
    """Name a run's job as it is called from here."""
    relative = os.path.relpath(run.job)
    name = run.job if relative.startswith(os.pardir) else relative
    return visible(f"{name}#{run.number}" if run.number > 1 else name)


def _until(run: Run) -> str:
    if run.files:
        return "fetched"
    if run.state != "succeeded":
        return ""
    return _local(run.deadline) if run.deadline else "fetch soon"


def _local(time: datetime) -> str:
    return time.astimezone().strftime("%Y-%m-%d %H:%M")


def as_text(run: Run, history: Sequence[tuple[str, str, str | None]]) -> Iterator[str]:
    """Show all that a person may want to know of one run."""
    told = as_json(run)
    told["document"] = run.number if run.number > 1 else None
    told["replaced_by"] = run.replaced_by
    told["idempotency_key"] = run.order.idempotency_key
    told["estimate"] = run.facts.get("estimate", {}).get("says")
    told["told"] = json.dumps(run.told) if run.told else None
    for name, value in told.items():
        for each in value if isinstance(value, list) else [value]:
            if each:
                yield f"{name.replace('_', ' '):<16}{visible(str(each))}\n"
    yield "history\n"
    for state, at, why in history:
        yield f"  {at}  {state}" + (f": {visible(redact(why))}" if why else "") + "\n"


DONE: Final = 0


FAILED: Final = 1


UNCERTAIN: Final = 4


_AGAIN: Final = (
    "Look at the provider's own list of jobs: if it is not there, `wanprep submit` the job with"
    " --again. It is not sent again by itself."
)


def tell(
    tasks: Sequence[Task],
    style: str,
    *,
    interrupted: bool,
    wanted: Collection[RunState],
    lasting: bool = True,
) -> int:
    """Say what has come of each run; return the exit status. What is `wanted` counts as done.

    Runs that are not `lasting` end with the command.
    """
    runs = [task.run for task in tasks if task.run]
    if style == "json":
        click.echo(json.dumps([as_json(run) for run in runs], indent=2))
    else:
        for run in runs:
            click.echo(_line(run))
    sys.stdout.flush()
    for task in tasks:
        _explain(task)
    if interrupted:
        _how_to_resume(tasks, runs if lasting else ())
        return INTERRUPTED
    if "accepted" in wanted:
        _how_to_wait(runs)
    return max((_status(task, wanted) for task in tasks), default=DONE)


def _line(run: Run) -> str:
    files = "".join(f"  {visible(file)}" for file in run.files)
    return f"{run.id}  {run.state:<9}  {run.target}  {job_name(run)}{files}"


def _explain(task: Task) -> None:
    for words in _explained(task):
        click.echo(f"{called(task)}: {visible(redact(words))}", err=True)


def _explained(task: Task) -> Iterator[str]:
    yield from task.notes
    if task.problem:
        yield str(task.problem) if task.run else f"{task.problem} It was not sent."
    elif task.run and task.run.error:
        yield f"{task.run.state}: {task.run.error}"
    if task.run and task.run.state == "uncertain":
        yield _AGAIN


def _status(task: Task, wanted: Collection[RunState]) -> int:
    if task.run is None:
        return task.problem.exit_code if task.problem else FAILED
    if task.run.state in {"sending", "uncertain"}:
        return UNCERTAIN
    if task.problem:
        return UNCERTAIN if task.problem.exit_code == UNCERTAIN else FAILED
    return DONE if task.run.state in wanted else FAILED


def _how_to_wait(runs: Sequence[Run]) -> None:
    open_runs = [run for run in runs if run.state in {"accepted", "succeeded"} and not run.files]
    if open_runs:
        ids = " ".join(dict.fromkeys(run.id for run in open_runs))
        click.echo(f"To wait and fetch the result: wanprep runs wait {ids}", err=True)


def _how_to_resume(tasks: Sequence[Task], runs: Sequence[Run]) -> None:
    unsent = sum(task.run is None for task in tasks)
    if unsent:
        click.echo(f"{plural(unsent, 'job')} not sent.", err=True)
    ids = dict.fromkeys(run.id for run in runs if run.state in {"accepted", "uncertain", "sending"}
                        or (run.state == "succeeded" and not run.files))  # fmt: skip
    if ids:
        say = f"The runs go on. To wait for them again: wanprep runs wait {' '.join(ids)}"
        click.echo(say, err=True)
