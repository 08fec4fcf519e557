from __future__ import annotations

import os
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from emulated import emulate
from submitting import EVOLINK, RUNCOMFY, Desktop

from wanprep.config import Config
from wanprep.plugins.flow import Status
from wanprep.submit.ledger.run import Run
from wanprep.submit.session.session import Session, open_session
from wanprep.submit.session.tasks import Task
from wanprep.submit.session.wait import StillRunning, status_text, wait_for_end


@pytest.fixture
def desktop(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> Iterator[Desktop]:
    with emulate(speed=8) as emulator:
        yield Desktop(tmp_path, emulator, monkeypatch, capfd)


@pytest.fixture
def session(desktop: Desktop) -> Iterator[Session]:  # noqa: ARG001 - its environment
    with ExitStack() as held:
        yield open_session(held, Config(), os.environ)


def submitted(desktop: Desktop, session: Session, target: str = EVOLINK) -> Run:
    desktop.json("submit", "--yes", desktop.job(target=target))
    [run] = session.ledger.runs()
    return run


def listening_task() -> tuple[Task, list[str]]:
    task, messages = Task("job", lambda _: None), list[str]()
    task.report = messages.append
    return task, messages


def test_it_ends_with_the_run(desktop: Desktop, session: Session) -> None:
    task, messages = listening_task()
    run = wait_for_end(session, submitted(desktop, session), task)
    assert run.state == "succeeded"
    assert messages[-1] == "completed"
    assert wait_for_end(session, run, task) == run, "what has ended is not waited for"


def test_it_ends_when_patience_ends(
    desktop: Desktop, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    desktop.emulator.switch("never-finishes")
    run = submitted(desktop, session)
    service = session.service("evolink")
    hasty = replace(service, poll=replace(service.poll, patience=0.1))
    monkeypatch.setattr(session, "service", lambda _: hasty)
    with pytest.raises(StillRunning, match="takes longer than"):
        wait_for_end(session, run, listening_task()[0])
    assert session.ledger.reload(run).state == "accepted"


def test_repeated_refusals_end_the_waiting(desktop: Desktop, session: Session) -> None:
    run = submitted(desktop, session)
    desktop.emulator.switch("bad-key")
    with pytest.raises(StillRunning, match="key"):
        wait_for_end(session, run, listening_task()[0])
    assert session.ledger.reload(run).state == "accepted"


def test_an_old_job_that_is_refused_has_expired(desktop: Desktop, session: Session) -> None:
    run = submitted(desktop, session)
    run = session.ledger.amend(run, sent=run.sent - timedelta(days=2))
    desktop.emulator.switch("bad-key")
    run = wait_for_end(session, run, listening_task()[0])
    assert run.state == "expired"
    assert run.error


def test_network_errors_are_waited_out(desktop: Desktop, session: Session) -> None:
    run = submitted(desktop, session, RUNCOMFY)
    driver = session.driver("runcomfy")
    driver.policy = replace(driver.policy, attempts=1)
    desktop.emulator.switch("poll-error=2")
    task, messages = listening_task()
    assert wait_for_end(session, run, task).state == "succeeded"
    assert messages[0].startswith("no answer for now (")


def test_it_can_be_woken_and_stopped(desktop: Desktop, session: Session) -> None:
    desktop.emulator.switch("never-finishes")
    run = submitted(desktop, session)
    session.environ = {**session.environ, "WANPREP_POLL_INTERVAL": "60"}
    task, messages = listening_task()
    waiting = threading.Thread(target=wait_for_end, args=(session, run, task))
    waiting.start()
    session.wakeups.wake(run.provider_id or "")
    end = time.monotonic() + 30
    while not messages:
        assert time.monotonic() < end
        time.sleep(0.01)
    session.wakeups.stop()
    waiting.join(30)
    assert not waiting.is_alive()
    assert wait_for_end(session, run, task) == run, "nor is anything begun now"


@pytest.mark.parametrize(
    ("status", "says"),
    [
        pytest.param(Status(state="queued", word="in_queue", position=3), "in_queue, 3 before it",
                     id="a place"),
        pytest.param(Status(state="running", word="processing", progress=0.42),
                     "processing, 42 %", id="a part"),
        pytest.param(Status(state="unknown", word="marinating"),
                     "'marinating', an unknown state", id="unknown"),
        pytest.param(Status(state="succeeded", word="", progress=1.0), "succeeded", id="no word"),
    ],
)  # fmt: skip
def test_status_text(status: Status, says: str) -> None:
    assert status_text(status) == says
