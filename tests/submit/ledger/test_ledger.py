from __future__ import annotations

import itertools
import os
import random
import stat
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final, get_args

import pytest
from ledgers import (
    accepted,
    kill,
    ledger_in,
    new_run,
    received,
    reserve_and_wait,
    reserved,
    start_process,
    write_without_end,
)

from wanprep.errors import UsageError
from wanprep.plugins.flow import HostedUrl
from wanprep.submit.ledger.ledger import Ledger, Reserved, Taken
from wanprep.submit.ledger.run import LIVE, MOVES, Run, RunState, format_time


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "state"


def test_a_run_is_read_as_it_was_written(folder: Path) -> None:
    with ledger_in(folder) as ledger:
        run = reserved(ledger, "one", key="k" * 16)
        deadline = datetime(2026, 11, 20, 12, tzinfo=UTC)
        run = ledger.move(run, "accepted", provider_id="task-1", details={"credits_reserved": 5})
        run = ledger.move(run, "succeeded", outputs=["https://x/v.mp4"], deadline=deadline)
        ledger.amend(run, files=["/out/v.mp4"])

    with ledger_in(folder) as ledger:
        [read] = ledger.runs()
        states = [state for state, _, _ in ledger.history(read)]

    assert (read.state, read.provider_id, read.provider) == ("succeeded", "task-1", "evolink")
    assert read.outputs == ("https://x/v.mp4",)
    assert read.files == ("/out/v.mp4",)
    assert read.deadline == deadline
    assert read.details == {"credits_reserved": 5}
    assert read.order == run.order
    assert read.order.body == {"prompt": "one"}
    assert read.order.idempotency_key == "k" * 16
    assert read.created <= read.sent <= read.updated
    assert states == ["sending", "accepted", "succeeded"]


def test_flows_get_all_of_an_order_and_what_earlier_answers_said(folder: Path) -> None:
    roles, parameters = {"reference_image": ("https://x.example/a",)}, {"duration": 5}
    new = new_run()
    new = replace(new, order=replace(new.order, roles=roles, parameters=parameters))
    with ledger_in(folder) as ledger:
        outcome = ledger.reserve(new)
        details = {"cancel_url": "https://api.example.com/c/1"}
        run = ledger.move(outcome.run, "accepted", provider_id="j1", details=details)
        sent = ledger.as_sent(run)
    assert (sent.order, sent.details) == (new.order, details)


def test_other_users_cannot_read_it(folder: Path) -> None:
    with ledger_in(folder) as ledger:
        reserved(ledger)
        modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()}

    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert set(modes.values()) == {0o600}, modes
    assert {path.name for path in folder.iterdir()} == {"ledger.sqlite3"}, "closed without a trace"


LEADING_TO: Final[dict[RunState, tuple[RunState, ...]]] = {
    "sending": (),
    "accepted": ("accepted",),
    "uncertain": ("uncertain",),
    "refused": ("refused",),
    "succeeded": ("accepted", "succeeded"),
    "failed": ("accepted", "failed"),
    "cancelled": ("accepted", "cancelled"),
    "expired": ("accepted", "succeeded", "expired"),
}


def moved_to(ledger: Ledger, state: RunState) -> Run:
    run = reserved(ledger)
    for step in LEADING_TO[state]:
        run = ledger.move(run, step)
    return run


@pytest.mark.parametrize("state", get_args(RunState))
def test_what_may_have_cost_money_is_not_sent_again(folder: Path, state: RunState) -> None:
    with ledger_in(folder) as ledger:
        run = moved_to(ledger, state)
        second = ledger.reserve(new_run())

    if state in {"refused", "failed", "cancelled"}:
        assert isinstance(second, Reserved)
        assert second.run.id != run.id
    else:
        assert state in LIVE
        assert second == Taken(run)


def test_another_job_is_reserved(folder: Path) -> None:
    with ledger_in(folder) as ledger:
        reserved(ledger, "one")
        assert isinstance(ledger.reserve(new_run("two")), Reserved)


def test_the_ids_of_other_runs_are_taken(folder: Path) -> None:
    with ledger_in(folder) as ledger:
        accepted(ledger, "one", "task-1")
        lost = ledger.move(reserved(ledger, "two"), "uncertain")
        mine = accepted(ledger, "three", "task-3")
        assert ledger.as_sent(lost).taken == {"task-1", "task-3"}
        assert ledger.as_sent(lost).provider_id == ""
        assert ledger.as_sent(mine).taken == {"task-1"}
        assert (ledger.as_sent(mine).sent_at, ledger.as_sent(mine).order) == (mine.sent, mine.order)


@pytest.mark.parametrize(
    ("state", "apart", "is_lost"),
    [
        pytest.param("sending", timedelta(), True, id="on its way"),
        pytest.param("uncertain", timedelta(minutes=59), True, id="lost before"),
        pytest.param("uncertain", timedelta(minutes=-59), True, id="lost after"),
        pytest.param("uncertain", timedelta(minutes=60), False, id="lost long before"),
        pytest.param("uncertain", timedelta(minutes=-60), False, id="lost long after"),
        pytest.param("accepted", timedelta(), False, id="not lost"),
        pytest.param("refused", timedelta(), False, id="never taken"),
    ],
)
def test_other_lost_runs_are_those_of_the_same_hour(
    folder: Path, state: RunState, apart: timedelta, is_lost: bool
) -> None:
    with ledger_in(folder) as ledger:
        mine = ledger.move(reserved(ledger, "mine"), "uncertain")
        other = ledger.amend(reserved(ledger, "other"), sent=mine.sent - apart)
        other = other if state == "sending" else ledger.move(other, state)
        assert ledger.other_lost_runs(mine) == [other] * is_lost


def test_a_replaced_run_is_kept_and_the_new_one_counts(folder: Path) -> None:
    with ledger_in(folder) as ledger:
        old = accepted(ledger)
        outcome = ledger.reserve(new_run(), replacing=old)
        assert isinstance(outcome, Reserved)
        assert ledger.reload(old).replaced_by == outcome.run.id
        assert ledger.live_run("a") == outcome.run
        assert {run.id for run in ledger.runs()} == {old.id, outcome.run.id}


def test_a_run_that_has_moved_is_not_replaced(folder: Path) -> None:
    """Another process has found out meanwhile that the uncertain run was accepted."""
    with ledger_in(folder) as ledger:
        uncertain = moved_to(ledger, "uncertain")
        found = ledger.move(uncertain, "accepted", provider_id="task-1")
        assert ledger.reserve(new_run(), replacing=uncertain) == Taken(found)
        assert ledger.reload(uncertain).replaced_by is None


def test_an_uncertain_run_is_repeated_under_its_own_key(folder: Path) -> None:
    with ledger_in(folder) as ledger:
        run = reserved(ledger, key="k" * 16)
        run = ledger.move(run, "uncertain", error="no answer")
        outcome = ledger.reserve_repeat(run)
        assert isinstance(outcome, Reserved)
        assert (outcome.run.id, outcome.run.state) == (run.id, "sending")
        assert outcome.run.order == run.order
        assert outcome.run.error is None
        assert isinstance(ledger.reserve_repeat(run), Taken), "but only by one"
        assert len(ledger.runs()) == 1


def test_the_first_of_two_moves_holds(folder: Path) -> None:
    with ledger_in(folder) as ledger, ledger_in(folder) as other:
        run = accepted(ledger)
        other.move(run, "succeeded", outputs=["https://x/v.mp4"])
        assert ledger.move(run, "failed", error="no").state == "succeeded"
        assert ledger.reload(run).error is None
        assert [each[0] for each in ledger.history(run)] == ["sending", "accepted", "succeeded"]


def test_other_moves_are_internal_errors(folder: Path) -> None:
    with ledger_in(folder) as ledger:
        run = moved_to(ledger, "failed")
        with pytest.raises(AssertionError, match=r"failed -> succeeded"):
            ledger.move(run, "succeeded")
    assert set(MOVES) == set(get_args(RunState))


def test_runs_are_found_by_the_beginning_of_their_ids(folder: Path) -> None:
    with ledger_in(folder) as ledger:
        runs = [reserved(ledger, str(number)) for number in range(30)]
        assert ledger.find(runs[7].id) == runs[7]
        assert ledger.find(runs[7].id[:7].upper()) == runs[7]
        with pytest.raises(UsageError, match=r"may be any of (\w+, ){4}\w+\. Give more of the id"):
            ledger.find("")
        with pytest.raises(UsageError, match=r"no run '0\\x1b'. `wanprep runs list`"):
            ledger.find("0\x1b")
        assert [run.id for run in ledger.runs()] == [run.id for run in reversed(runs)]


def test_names_of_jobs_need_not_be_utf8(folder: Path) -> None:
    odd = os.fsdecode(b"/jobs/\xff.yaml")
    with ledger_in(folder) as ledger:
        new = new_run()
        outcome = ledger.reserve(
            type(new)(identity="a", job=odd, number=1, order=new.order, facts={"files": {odd: "1"}})
        )
        assert isinstance(outcome, Reserved)
        assert outcome.run.job == "/jobs/\\xff.yaml"
        assert outcome.run.facts == {"files": {odd: "1"}}


def test_uploads_are_found_by_content(folder: Path) -> None:
    soon = datetime.now(UTC).replace(microsecond=0) + timedelta(hours=72)
    with ledger_in(folder) as ledger:
        assert ledger.hosted.get("evolink", "aa") is None
        ledger.hosted.put("evolink", "aa", HostedUrl("https://old/1", soon))
        ledger.hosted.put("evolink", "aa", HostedUrl("https://files/1", soon))
        ledger.hosted.put("oxen", "aa", HostedUrl("https://files/2"))
    with ledger_in(folder) as ledger:
        assert ledger.hosted.get("evolink", "aa") == HostedUrl("https://files/1", soon)
        assert ledger.hosted.get("oxen", "aa") == HostedUrl("https://files/2", None)
        assert ledger.hosted.get("oxen", "bb") is None


def test_times_sort_as_text() -> None:
    assert format_time(datetime(2026, 11, 20, 9, 5, tzinfo=UTC)) == "2026-11-20T09:05:00.000Z"


def test_ids_can_be_read_out(folder: Path) -> None:
    with ledger_in(folder) as ledger:
        ids = [reserved(ledger, str(number)).id for number in range(50)]
    assert all(len(each) == 8 and each[0].isalpha() and each.isalnum() for each in ids)
    assert not set("il01o") & set(itertools.chain(*ids))


# Processes.


def test_a_live_sender_keeps_its_run_and_a_dead_one_leaves_it_uncertain(folder: Path) -> None:
    process, connection = start_process(reserve_and_wait, folder)
    connection.send("go")
    _, run_id = connection.recv()
    with ledger_in(folder) as ledger:
        assert ledger.find(run_id).state == "sending"
        assert isinstance(ledger.reserve(new_run()), Taken)
        kill(process)
        run = ledger.find(run_id)
        assert run.state == "uncertain"
        assert run.error is not None
        assert "may or may not have the job" in run.error
        assert ledger.reserve(new_run()) == Taken(run), "and nothing sends it again by itself"
        assert [state for state, _, _ in ledger.history(run)] == ["sending", "uncertain"]
    assert {path.name for path in folder.iterdir()} == {"ledger.sqlite3"}


def test_a_sender_that_ends_without_an_answer_leaves_it_uncertain(folder: Path) -> None:
    with ledger_in(folder) as ledger:
        run = reserved(ledger)
    with ledger_in(folder) as ledger:
        assert ledger.reload(run).state == "uncertain"


def test_one_of_many_processes_sends_a_job(folder: Path) -> None:
    """They begin with a ledger that is not even there yet."""
    racers = [start_process(reserve_and_wait, folder) for _ in range(6)]
    for _, connection in racers:
        connection.send("go")
    outcomes = [connection.recv()[0] for _, connection in racers]
    for process, connection in racers:
        connection.send("end")
        process.join(30)
    assert sorted(outcomes) == ["Reserved", *["Taken"] * 5]


def test_what_is_written_survives_a_kill(folder: Path) -> None:
    rng = random.Random(7)  # noqa: S311 - moments to kill at
    reported: dict[str, str] = {}
    for number in range(6):
        process, connection = start_process(write_without_end, folder, number)
        state, run_id = connection.recv()
        time.sleep(rng.uniform(0.0, 0.15))
        kill(process)
        reported |= {run_id: state}
        reported |= {run_id: state for state, run_id in received(connection)}
    with ledger_in(folder) as ledger:
        runs = {run.id: run for run in ledger.runs()}
    assert reported.keys() <= runs.keys()
    for run_id, state in reported.items():
        run = runs[run_id]
        if state == "accepted":
            assert (run.state, run.provider_id) == ("accepted", f"task-{run_id}")
        else:
            assert run.state in {"uncertain", "accepted"}
    assert "sending" not in {run.state for run in runs.values()}
