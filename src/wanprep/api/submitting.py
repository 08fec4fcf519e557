"""Submit jobs to providers, each once, and follow their runs."""

from __future__ import annotations

import os
from contextlib import ExitStack
from typing import TYPE_CHECKING

from wanprep.api.settings import Progress
from wanprep.errors import UsageError, WanprepError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from wanprep.api.settings import Configuration, ProgressCallback, StrPath
    from wanprep.submit.ledger.run import Run
    from wanprep.submit.session.session import Session
    from wanprep.submit.session.tasks import Task


class SubmitFailed(WanprepError):
    """A job was not sent, or its run could not be followed; `runs` are those that there are."""

    exit_code = 1

    def __init__(self, problems: Sequence[str], runs: tuple[Run, ...]) -> None:
        super().__init__("; ".join(problems))
        self.runs = runs


def submit(
    *jobs: StrPath,
    targets: Sequence[str] = (),
    wait: bool = False,
    output: StrPath | None = None,
    max_cost: float | None = None,
    yes: bool = False,
    again: bool = False,
    drop: bool = False,
    emulate: bool = False,
    offline: bool | None = None,
    config: Configuration = True,
    progress: ProgressCallback | None = None,
) -> tuple[Run, ...]:
    """Check jobs, submit each to its provider once, and return their runs.

    With `wait`, or for the same job later, it waits until the runs end and writes their results to
    the folder `output` (the current one). A run that the provider refused or that failed is
    returned with its `state` and `error`. Nothing is asked: if a price is unknown, or above
    `ask-above` of the configuration, pass `max_cost` in USD for all jobs together, or `yes`.
    `emulate` submits to an emulator on this machine, and waits: no key, no cost.

    Raises JobsRefused for what the check does not accept, NeedsConsent and TooExpensive for the
    price, all before anything is sent; and SubmitFailed, with the runs, where one did not get
    through.
    """
    from wanprep.api.settings import check_request
    from wanprep.check.inputs import read_inputs
    from wanprep.submit.session.plan import Options, make_task, quote, require_agreement
    from wanprep.submit.session.session import open_session, start_emulator

    request = check_request(
        jobs, config, targets=targets, offline=True if emulate and offline is None else offline
    )
    options = Options(again=again, drop=drop, wait=wait or emulate, folder=_folder(output))
    with ExitStack() as held:
        environ = start_emulator(held) if emulate else os.environ
        session = open_session(held, request.config, environ, emulated=emulate)
        quoted = quote(session, read_inputs(request), options)
        if not emulate:
            require_agreement(quoted.prices, request.config, most=max_cost, consent=yes)
        tasks = [make_task(session, action, options) for action in quoted.plan]
        return _work(session, tasks, progress, waiting=options.wait)


def runs(
    *ids: str,
    refresh: bool = False,
    wait: bool = False,
    output: StrPath | None = None,
    config: Configuration = True,
    progress: ProgressCallback | None = None,
) -> tuple[Run, ...]:
    """Return the runs of these ids, or all of them, newest first.

    Without more, they are as they were last recorded, and no provider is asked. `refresh` asks for
    the state of those that are open. `wait` waits until they end. With `wait` or a folder
    `output`, results are downloaded, to `output` or the current folder.

    Raises UsageError for an id that does not exist, and SubmitFailed, with the runs, where one
    could not be followed or has no result yet.
    """
    from wanprep.submit.session.status import refresh_run
    from wanprep.submit.session.tasks import tasks_of
    from wanprep.submit.session.wait import fetch_now, wait_and_fetch

    folder = _folder(output)

    def update(session: Session, run: Run, task: Task) -> None:
        if wait:
            wait_and_fetch(session, run, folder, task)
        elif folder is not None:
            if not run.files:
                fetch_now(session, run, folder, task)
        elif run.state == "accepted":
            task.run = refresh_run(session, run)

    with ExitStack() as held:
        session = _open(held, config)
        found = session.ledger.find_all(ids) if ids else session.ledger.runs()
        if not (refresh or wait or folder is not None):
            return tuple(found)
        return _work(
            session, tasks_of(session, found, update, lambda run: run.id), progress, waiting=wait
        )


def cancel(*ids: str, yes: bool = False, config: Configuration = True) -> tuple[Run, ...]:
    """Ask the providers to cancel runs, and return them as they then are.

    Where cancelling deletes a run's record at its provider, pass `yes`. Raises UsageError for
    that, or for an id that does not exist, and SubmitFailed, with the runs, where one goes on.
    """
    from wanprep.submit.session.status import cancel_run
    from wanprep.submit.session.tasks import tasks_of

    def update(session: Session, run: Run, task: Task) -> None:
        task.run = cancel_run(session, run)

    with ExitStack() as held:
        session = _open(held, config)
        found = session.ledger.find_all(ids)
        for run in found:
            service = session.service(run.provider)
            if run.state == "accepted" and service.cancel_deletes and not yes:
                effect = f"cancelling run {run.id} deletes its record at {service.title}"
                raise UsageError(f"{effect}: pass `yes` to accept that")
        return _work(
            session, tasks_of(session, found, update, lambda run: run.id), None, waiting=False
        )


def _folder(output: StrPath | None) -> str | None:
    return os.fspath(output) if output is not None else None


def _open(held: ExitStack, config: Configuration) -> Session:
    from wanprep.api.settings import resolve_config
    from wanprep.submit.session.session import open_session

    return open_session(held, resolve_config(config), os.environ)


def _work(
    session: Session, tasks: Sequence[Task], progress: ProgressCallback | None, *, waiting: bool
) -> tuple[Run, ...]:
    from wanprep.submit.session.plan import work

    if work(session, tasks, _RunReports(progress, len(tasks)), lambda _: None, waiting=waiting):
        raise KeyboardInterrupt
    found = tuple(task.run for task in tasks if task.run)
    problems = [f"{task.name}: {task.problem}" for task in tasks if task.problem]
    if problems:
        raise SubmitFailed(problems, found)
    return found


class _RunReports:
    def __init__(self, callback: ProgressCallback | None, total: int) -> None:
        self._callback = callback or (lambda _: None)
        self._done, self._total = 0, total

    def report(self, task: Task, message: str) -> None:
        self._callback(Progress(task.name, message, self._done, self._total))

    def end(self, task: Task) -> None:
        self._done += 1
        self.report(task, task.run.state if task.run else "not sent")
