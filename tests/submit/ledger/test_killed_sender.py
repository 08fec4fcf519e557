"""kill -9 at every moment: nothing is lost, and nothing is paid for twice."""

from __future__ import annotations

import json
import os
import random
import socket
import threading
import time
from collections.abc import Iterator
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any, Final

import pytest
from emulated import emulate
from ledgers import kill
from loopback import Answer, Loopback, answer, head
from submitting import EVOLINK, RUNCOMFY, Desktop, until

from wanprep.media import probe
from wanprep.submit.ledger import database
from wanprep.submit.ledger.ledger import Ledger
from wanprep.submit.session import send

COMFY: Final = "/v1/models/wan-ai/wan-2-7/reference-to-video"


def task() -> dict[str, Any]:
    """Answer as EvoLink does; a lost task is found by its time of creation."""
    return {"id": "task-1", "status": "pending", "created": int(time.time())}


def kill_around_answer(moment: str, body: dict[str, Any], victim: list[BaseProcess]) -> Answer:
    """Kill a process before the answer, amid it, or right after it."""
    content = json.dumps(body).encode()
    headers = head(200, {"content-length": str(len(content)), "connection": "close"})
    whole = headers + content
    length = {"before": 0, "amid": len(whole) - 8, "after": len(whole)}[moment]

    def respond(line: socket.socket, _: threading.Event) -> None:
        line.sendall(whole[:length])
        until(lambda: victim)
        victim[0].kill()

    return respond


@pytest.fixture
def session(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> Iterator[Desktop]:
    with emulate(speed=8) as emulator:
        yield Desktop(tmp_path, emulator, monkeypatch, capfd)


def job_with_url(session: Desktop, target: str) -> str:
    """Write a job without local files."""
    name = session.job(target=target)
    text = (session.folder / name).read_text()
    (session.folder / name).write_text(text.replace("hero.png", "https://example.com/hero.png"))
    return name


@pytest.mark.parametrize("moment", ["before", "amid", "after"])
@pytest.mark.parametrize("target", [EVOLINK, RUNCOMFY])
def test_killed_around_the_answer(
    session: Desktop, monkeypatch: pytest.MonkeyPatch, moment: str, target: str
) -> None:
    victim: list[BaseProcess] = []
    body = task() if target == EVOLINK else {"request_id": "task-1", "status": "in_queue"}
    order = "/v1/videos/generations" if target == EVOLINK else COMFY
    listed = {"data": [task()]}
    script = {
        order: [kill_around_answer(moment, body, victim)],
        "/v1/tasks": [answer(200, listed)],
        "*": [answer(200, body)],
    }
    with Loopback(script) as service:
        for name in ("EVOLINK", "RUNCOMFY"):
            monkeypatch.setenv(f"WANPREP_{name}_BASE_URL", service.url)
        job = job_with_url(session, target)
        process = session.start_forked("submit", "--yes", job, "--offline")
        victim.append(process)
        process.join(30)
        [run] = session.runs()
        assert run["state"] in ({"uncertain"} if moment != "after" else {"uncertain", "accepted"})
        assert (run["provider_id"] == "task-1") == (run["state"] == "accepted")

        status = session.wanprep("submit", job, "--offline")
        [same] = session.runs()
        assert same["id"] == run["id"]
        found = target == EVOLINK or run["state"] == "accepted"  # RunComfy lists no jobs
        assert (same["state"], status) == (("accepted", 0) if found else ("uncertain", 4))
        orders = [each for each in service.targets() if each.startswith("POST")]
        assert len(orders) == 1, "never sent again by itself"


def test_killed_while_the_request_hangs(session: Desktop, monkeypatch: pytest.MonkeyPatch) -> None:
    """The request hangs: the run is in the ledger before any answer, and its sender is alive."""
    order = threading.Event()

    def hang(_: socket.socket, closing: threading.Event) -> None:
        order.set()
        closing.wait(20)

    with Loopback({COMFY: [hang]}) as service:
        monkeypatch.setenv("WANPREP_RUNCOMFY_BASE_URL", service.url)
        process = session.start_forked(
            "submit", "--yes", job_with_url(session, RUNCOMFY), "--offline"
        )
        assert order.wait(30)
        assert [run["state"] for run in session.runs()] == ["sending"]
        kill(process)
        assert [run["state"] for run in session.runs()] == ["uncertain"]


@pytest.mark.slow
def test_killed_at_random_moments(session: Desktop) -> None:
    rng = random.Random(11)  # noqa: S311 - moments to kill at
    session.job()
    for _ in range(5):
        process = session.start_forked("submit", "job.yaml", "--wait", "-o", "out")
        process.join(rng.uniform(0.1, 1.2))
        kill(process)
    status = session.wanprep("submit", "job.yaml", "--wait", "-o", "out")
    [run] = session.runs()
    if run["state"] == "uncertain":  # killed after it was written down and before it was sent
        assert (status, session.orders()) == (4, 0)
        status = session.wanprep("submit", "job.yaml", "--wait", "-o", "out", "--again")
        [run] = session.runs()
    assert (status, run["state"], session.orders()) == (0, "succeeded", 1)
    for video in session.folder.glob("out/*.mp4"):
        assert probe(video, deep=True).readable


def test_the_ledger_cannot_be_written_when_the_answer_comes(
    session: Desktop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What the provider said is tried to be written again and again; at worst it is printed."""
    monkeypatch.setattr(send, "_RETRY_PAUSES", (0.01,))
    state = session.folder / "state"
    blocked = threading.Event()

    def block(line: socket.socket, closing: threading.Event) -> None:
        with Ledger(str(state)) as ledger:
            connection = ledger._database._connection
            connection.execute("BEGIN EXCLUSIVE")
            blocked.set()
            answer(200, task())(line, closing)
            until(lambda: closing.is_set() or release.is_set())
            connection.execute("ROLLBACK")

    release = threading.Event()
    monkeypatch.setattr(database, "_TIMEOUT", 0.2)
    with Loopback({"/v1/videos/generations": [block]}) as service:
        monkeypatch.setenv("WANPREP_EVOLINK_BASE_URL", service.url)
        status = session.wanprep("submit", job_with_url(session, EVOLINK), "--offline")
        release.set()
    assert status == 4
    assert "accepted as task-1, but that could not be recorded: keep this line" in session.err
    assert blocked.is_set()
    assert [run["state"] for run in session.runs()] == ["uncertain"]
    assert os.listdir(state)
