from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from emulated import emulate
from submitting import EVOLINK, OXEN, Desktop

from wanprep.config import Config
from wanprep.submit.ledger.ledger import Ledger
from wanprep.submit.session.session import open_session
from wanprep.submit.session.status import find_lost_run


@pytest.fixture
def desktop(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> Iterator[Desktop]:
    with emulate(speed=8) as emulator:
        yield Desktop(tmp_path, emulator, monkeypatch, capfd)


def test_a_job_that_may_be_that_of_another_run_is_not_taken(desktop: Desktop) -> None:
    """Two responses are lost and one request has arrived: EvoLink's list does not show which."""
    desktop.emulator.switch("lost-request")
    desktop.json("submit", desktop.job("one.yaml", prompt="One."), status=4)
    desktop.emulator.switch("lost-reply")
    [run] = desktop.json("submit", desktop.job("two.yaml", prompt="Two."), "--wait", status=4)
    assert run["state"] == "uncertain"
    assert desktop.orders() == 1


def test_each_run_finds_its_own_job_where_bodies_are_listed(desktop: Desktop) -> None:
    desktop.emulator.switch("lost-request")
    desktop.json("submit", "--yes", desktop.job("one.yaml", OXEN, "One."), status=4)
    desktop.emulator.switch("lost-reply")
    [run] = desktop.json("submit", "--yes", desktop.job("two.yaml", OXEN, "Two."), "--wait")
    assert run["state"] == "succeeded"


def test_a_list_that_cannot_be_read_leaves_it_uncertain(desktop: Desktop) -> None:
    desktop.job(target=EVOLINK)
    with ExitStack() as held:
        session = open_session(held, Config(), os.environ)
        desktop.emulator.switch("lost-request")
        desktop.json("submit", "job.yaml", status=4)
        [run] = session.ledger.runs()
        desktop.emulator.switch("bad-key")
        assert find_lost_run(session, run).state == "uncertain"
        desktop.emulator.switch()
        session.wakeups.stop()
        assert find_lost_run(session, run).state == "uncertain", "one look, and no waiting"


def test_a_run_that_is_found_is_not_sent_again(desktop: Desktop) -> None:
    """The list lacked the job when the response was lost, and has it now."""
    desktop.emulator.switch("lost-reply")
    [run] = desktop.json("submit", "--yes", desktop.job(target=OXEN))
    state = str(desktop.folder / "state")
    with Ledger(state) as ledger:
        ledger._database._connection.execute(
            "UPDATE runs SET state = 'uncertain', provider_id = NULL"
        )
    [same] = desktop.json("submit", "--yes", "job.yaml", "--again", "--wait")
    assert (same["id"], same["state"]) == (run["id"], "succeeded")
    assert "not sent again: the provider has it after all" in desktop.err
    assert desktop.orders() == 1
