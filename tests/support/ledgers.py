"""Ledgers to test with, and processes that write into them until they are killed."""

from __future__ import annotations

import multiprocessing
import os
import resource
import signal
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any, Final

from wanprep.errors import WanprepError
from wanprep.plugins.flow import Order
from wanprep.submit.ledger.ledger import Ledger, Reserved
from wanprep.submit.ledger.run import NewRun, Run

TARGET: Final = "evolink/wan2.7-reference-video"
NOW: Final = datetime(2026, 1, 1, tzinfo=UTC)


def new_run(identity: str = "a", *, key: str = "", **facts: object) -> NewRun:
    order = Order(target=TARGET, body={"prompt": identity}, idempotency_key=key)
    return NewRun(identity=identity, job="/jobs/a.yaml", number=1, order=order, facts=facts)


def succeeded_run(**columns: Any) -> Run:
    """Make a run that is in no ledger: ab12, of /jobs/hero.yaml."""
    defaults: dict[str, Any] = {
        "id": "ab12", "identity": "a", "target": TARGET, "job": "/jobs/hero.yaml", "number": 1,
        "state": "succeeded", "sender": "", "order": Order(target=TARGET, body={}), "facts": {},
        "created": NOW, "sent": NOW, "updated": NOW, "provider_id": "task-1", "details": {},
        "outputs": (), "files": (), "error": None, "deadline": None, "replaced_by": None,
    }  # fmt: skip
    return Run(**defaults | columns)


def reserved(ledger: Ledger, identity: str = "a", *, key: str = "") -> Run:
    outcome = ledger.reserve(new_run(identity, key=key))
    assert isinstance(outcome, Reserved)
    return outcome.run


def accepted(ledger: Ledger, identity: str = "a", provider_id: str = "task-1") -> Run:
    return ledger.move(reserved(ledger, identity), "accepted", provider_id=provider_id)


def ledger_in(folder: Path) -> Ledger:
    return Ledger(str(folder))


# Processes: each is forked from a server that has imported what they need.

_PRELOADED: Final = ("ledgers", "wanprep.cli.run_output", "wanprep.cli.submit",
                     "wanprep.submit.session.plan")  # fmt: skip


def start_process(
    work: Callable[..., object], *arguments: object
) -> tuple[BaseProcess, Connection]:
    """Call a function of a module in another process, with a connection to this one."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(list(_PRELOADED))
    ours, theirs = context.Pipe()
    process = context.Process(
        target=_work, args=(work, theirs, dict(os.environ), *arguments), daemon=True
    )
    process.start()
    theirs.close()
    return process, ours


def _work(
    work: Callable[..., object],
    connection: Connection,
    environ: Mapping[str, str],
    *arguments: object,
) -> None:
    os.environ.clear()
    os.environ.update(environ)
    work(connection, *arguments)


def kill(process: BaseProcess) -> None:
    process.kill()
    process.join(30)


def reserve_and_wait(connection: Connection, folder: Path) -> None:
    """Reserve a job at the first message, report the outcome, and end at the second."""
    connection.recv()
    with ledger_in(folder) as ledger:
        outcome = ledger.reserve(new_run())
        connection.send((type(outcome).__name__, outcome.run.id))
        connection.recv()


def write_without_end(connection: Connection, folder: Path, number: int) -> None:
    """Reserve and accept runs, and report each as soon as it is said to be written."""
    with ledger_in(folder) as ledger:
        for job in range(10**6):
            run = reserved(ledger, f"{number}-{job}")
            connection.send(("sending", run.id))
            run = ledger.move(run, "accepted", provider_id=f"task-{run.id}")
            connection.send(("accepted", run.id))


def reserve_on_full_disk(connection: Connection, folder: Path) -> None:
    """Stand in for a full disk by the most bytes that a process may write to a file."""
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    with ledger_in(folder) as ledger:
        _limit_file_size(0)
        for _ in range(2):
            try:
                ledger.reserve(new_run("another"))
            except WanprepError as error:
                connection.send(str(error))
        _limit_file_size(resource.RLIM_INFINITY)
        connection.send(type(ledger.reserve(new_run("third"))).__name__)


def begin_on_full_disk(connection: Connection, folder: Path, sizes: Iterable[int]) -> None:
    """Begin ledgers where no file may grow larger than so many bytes."""
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    for size in sizes:
        _limit_file_size(size)
        try:
            ledger_in(folder / str(size)).close()
        except WanprepError as error:
            connection.send(str(error))


def _limit_file_size(size: int) -> None:
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))


def received(connection: Connection) -> list[Any]:
    """Read what a process has sent until it ended."""
    messages = []
    try:
        while True:
            messages.append(connection.recv())
    except (EOFError, ConnectionResetError):
        return messages
