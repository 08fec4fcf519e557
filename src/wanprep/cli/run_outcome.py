"""What has come of runs: said on standard output, and in the exit status."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Final

import click

from wanprep.cli import INTERRUPTED
from wanprep.cli.run_progress import called
from wanprep.submit.journey.side_by_side import Interrupted
from wanprep.submit.ledger.show_run import as_json, job_name
from wanprep.submit.secrets import redact
from wanprep.text import plural, visible

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from wanprep.submit.journey.side_by_side import Finished, Task
    from wanprep.submit.ledger.run import Run, RunState

DONE: Final = 0
FAILED: Final = 1
UNCERTAIN: Final = 4
_AGAIN: Final = (
    "Look at the provider's own list of jobs: if it is not there, `wanprep submit` the job with"
    " --again. It is not sent again by itself."
)


def tell(
    tasks: Sequence[Task],
    ended: Finished | Interrupted,
    style: str,
    *,
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
    if isinstance(ended, Interrupted):
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
