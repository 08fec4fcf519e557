"""The steps of `submit`, and its error."""

from __future__ import annotations

import os
from contextlib import ExitStack
from typing import TYPE_CHECKING

from wanprep.api.settings import check_request
from wanprep.api.types import Progress
from wanprep.check.inputs import read_inputs
from wanprep.errors import WanprepError
from wanprep.submit.session.emulated import start_emulator
from wanprep.submit.session.plan import Options, make_task
from wanprep.submit.session.session import open_session
from wanprep.submit.session.submit_jobs import quote, require_agreement, work

if TYPE_CHECKING:
    from collections.abc import Sequence

    from wanprep.api.types import Configuration, ProgressCallback, StrPath
    from wanprep.submit.ledger.run import Run
    from wanprep.submit.session.tasks import Task


class SubmitFailed(WanprepError):
    """A job was not sent, or its run could not be followed; `runs` are those that there are."""

    exit_code = 1

    def __init__(self, problems: Sequence[str], runs: tuple[Run, ...]) -> None:
        super().__init__("; ".join(problems))
        self.runs = runs


def submit_jobs(
    jobs: Sequence[StrPath],
    *,
    targets: Sequence[str],
    wait: bool,
    output: StrPath | None,
    max_cost: float | None,
    yes: bool,
    again: bool,
    drop: bool,
    emulate: bool,
    offline: bool | None,
    config: Configuration,
    progress: ProgressCallback | None,
) -> tuple[Run, ...]:
    """See `submit`."""
    request = check_request(
        jobs, config, targets=targets, offline=True if emulate and offline is None else offline
    )
    folder = os.fspath(output) if output is not None else None
    options = Options(again=again, drop=drop, wait=wait or emulate, folder=folder)
    with ExitStack() as held:
        environ = start_emulator(held) if emulate else os.environ
        session = open_session(held, request.config, environ, emulated=emulate)
        quoted = quote(session, read_inputs(request), options)
        if not emulate:
            require_agreement(quoted.prices, request.config, most=max_cost, consent=yes)
        tasks = [make_task(session, action, options) for action in quoted.plan]
        reports = _RunReports(progress, len(tasks))
        if work(session, tasks, reports, lambda _: None, waiting=options.wait):
            raise KeyboardInterrupt
    runs = tuple(task.run for task in tasks if task.run)
    problems = [f"{task.name}: {task.problem}" for task in tasks if task.problem]
    if problems:
        raise SubmitFailed(problems, runs)
    return runs


class _RunReports:
    def __init__(self, callback: ProgressCallback | None, total: int) -> None:
        self._callback = callback or (lambda _: None)
        self._done, self._total = 0, total

    def report(self, task: Task, message: str) -> None:
        self._callback(Progress(task.name, message, self._done, self._total))

    def end(self, task: Task) -> None:
        self._done += 1
        self.report(task, task.run.state if task.run else "not sent")
