from __future__ import annotations

import itertools
import os
import random
import resource
import signal
import sqlite3
import stat
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final, get_args

import pytest
from ledgers import accepted, ledger_in, new_run, reserved

from wanprep.errors import UsageError, WanprepError
from wanprep.files.state_folder import NoStateFolder
from wanprep.plugins.flow import HostedUrl
from wanprep.submit.ledger.database import LedgerTrouble
from wanprep.submit.ledger.ledger import Ledger, Reserved, Taken
from wanprep.submit.ledger.run import LIVE, MOVES, Run, RunState, written

SUPPORT: Final = Path(__file__).parents[2] / "support"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "state"


def test_a_run_is_remembered_whole(folder: Path) -> None:
    with ledger_in(folder) as ledger:
        run = reserved(ledger, "one", key="k" * 16)
        deadline = datetime(2026, 11, 20, 12, tzinfo=UTC)
        run = ledger.move(run, "accepted", provider_id="task-1", told={"credits_reserved": 5})
        run = ledger.move(run, "succeeded", outputs=["https://x/v.mp4"], deadline=deadline)
        ledger.note(run, files=["/out/v.mp4"])

    with ledger_in(folder) as ledger:
        [known] = ledger.runs()
        told = [state for state, _, _ in ledger.history(known)]

    assert (known.state, known.provider_id, known.provider) == ("succeeded", "task-1", "evolink")
    assert known.outputs == ("https://x/v.mp4",)
    assert known.files == ("/out/v.mp4",)
    assert known.deadline == deadline
    assert known.told == {"credits_reserved": 5}
    assert known.order == run.order
    assert known.order.body == {"prompt": "one"}
    assert known.order.idempotency_key == "k" * 16
    assert known.created <= known.sent <= known.updated
    assert told == ["sending", "accepted", "succeeded"]


def test_nobody_else_can_read_it(folder: Path) -> None:
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


def brought_to(ledger: Ledger, state: RunState) -> Run:
    run = reserved(ledger)
    for step in LEADING_TO[state]:
        run = ledger.move(run, step)
    return run


@pytest.mark.parametrize("state", get_args(RunState))
def test_what_may_have_cost_money_is_not_sent_again(folder: Path, state: RunState) -> None:
    with ledger_in(folder) as ledger:
        run = brought_to(ledger, state)
        second = ledger.reserve(new_run())

    if state in {"refused", "failed", "cancelled"}:
        assert isinstance(second, Reserved)
        assert second.run.id != run.id
    else:
        assert state in LIVE
        assert second == Taken(run)


def test_another_job_is_another_matter(folder: Path) -> None:
    with ledger_in(folder) as ledger:
        reserved(ledger, "one")
        assert isinstance(ledger.reserve(new_run("two")), Reserved)


def test_no_other_run_is_taken_for_a_lost_one(folder: Path) -> None:
    with ledger_in(folder) as ledger:
        accepted(ledger, "one", "task-1")
        lost = ledger.move(reserved(ledger, "two"), "uncertain")
        mine = accepted(ledger, "three", "task-3")
        assert ledger.sent(lost).taken == {"task-1", "task-3"}
        assert ledger.sent(lost).provider_id == ""
        assert ledger.sent(mine).taken == {"task-1"}
        assert (ledger.sent(mine).sent_at, ledger.sent(mine).order) == (mine.sent, mine.order)


def test_a_replaced_run_is_kept_and_the_new_one_counts(folder: Path) -> None:
    with ledger_in(folder) as ledger:
        old = accepted(ledger)
        outcome = ledger.reserve(new_run(), replacing=old)
        assert isinstance(outcome, Reserved)
        assert ledger.again(old).replaced_by == outcome.run.id
        assert ledger.live("a") == outcome.run
        assert {run.id for run in ledger.runs()} == {old.id, outcome.run.id}


def test_only_the_run_that_was_seen_is_replaced(folder: Path) -> None:
    """Another process has found out meanwhile that the uncertain run was accepted."""
    with ledger_in(folder) as ledger:
        seen = brought_to(ledger, "uncertain")
        found = ledger.move(seen, "accepted", provider_id="task-1")
        assert ledger.reserve(new_run(), replacing=seen) == Taken(found)
        assert ledger.again(seen).replaced_by is None


def test_an_uncertain_run_is_repeated_under_its_own_key(folder: Path) -> None:
    with ledger_in(folder) as ledger:
        run = reserved(ledger, key="k" * 16)
        run = ledger.move(run, "uncertain", error="no answer")
        outcome = ledger.reserve_again(run)
        assert isinstance(outcome, Reserved)
        assert (outcome.run.id, outcome.run.state) == (run.id, "sending")
        assert outcome.run.order == run.order
        assert outcome.run.error is None
        assert isinstance(ledger.reserve_again(run), Taken), "but only by one"
        assert len(ledger.runs()) == 1


def test_whoever_was_quicker_holds(folder: Path) -> None:
    with ledger_in(folder) as ledger, ledger_in(folder) as other:
        run = accepted(ledger)
        other.move(run, "succeeded", outputs=["https://x/v.mp4"])
        assert ledger.move(run, "failed", error="no").state == "succeeded"
        assert ledger.again(run).error is None


def test_moves_that_make_no_sense_are_ours_to_answer_for(folder: Path) -> None:
    with ledger_in(folder) as ledger:
        run = brought_to(ledger, "failed")
        with pytest.raises(AssertionError, match=r"failed -> succeeded"):
            ledger.move(run, "succeeded")
    assert set(MOVES) == set(get_args(RunState))


def test_runs_are_found_by_the_beginning_of_their_ids(folder: Path) -> None:
    with ledger_in(folder) as ledger:
        runs = [reserved(ledger, str(number)) for number in range(30)]
        assert ledger.find(runs[7].id) == runs[7]
        assert ledger.find(runs[7].id[:7].upper()) == runs[7]
        with pytest.raises(UsageError, match=r"may be any of .*Write more of the id"):
            ledger.find("")
        with pytest.raises(UsageError, match=r"no run '0\\x1b'. `wanprep runs list`"):
            ledger.find("0\x1b")
        assert [run.id for run in ledger.runs()] == [run.id for run in reversed(runs)]


def test_names_of_jobs_need_not_be_text(folder: Path) -> None:
    odd = os.fsdecode(b"/jobs/\xff.yaml")
    with ledger_in(folder) as ledger:
        new = new_run()
        outcome = ledger.reserve(
            type(new)(identity="a", job=odd, number=1, order=new.order, facts={"files": {odd: "1"}})
        )
        assert isinstance(outcome, Reserved)
        assert outcome.run.job == "/jobs/\\xff.yaml"
        assert outcome.run.facts == {"files": {odd: "1"}}


def test_hosted_copies_are_remembered_by_content(folder: Path) -> None:
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
    assert written(datetime(2026, 11, 20, 9, 5, tzinfo=UTC)) == "2026-11-20T09:05:00.000Z"


# Processes.

PROGRAM: Final = """
import sys, time
sys.path.insert(0, {support!r})
from ledgers import ledger_in, new_run, accepted, reserved
from wanprep.submit.ledger.ledger import Reserved
from pathlib import Path
folder = Path({folder!r})
"""


def started(folder: Path, code: str) -> subprocess.Popen[str]:
    program = PROGRAM.format(support=str(SUPPORT), folder=str(folder)) + code
    return subprocess.Popen(
        [sys.executable, "-c", program], stdout=subprocess.PIPE, stdin=subprocess.PIPE, text=True
    )


def line_of(process: subprocess.Popen[str]) -> str:
    assert process.stdout
    return process.stdout.readline().strip()


def killed(process: subprocess.Popen[str]) -> None:
    process.kill()
    process.communicate(timeout=30)


def test_a_sender_at_work_is_left_alone_and_a_dead_one_leaves_uncertainty(folder: Path) -> None:
    process = started(folder, "ledger = ledger_in(folder); print(reserved(ledger).id, flush=True)"
                      "; time.sleep(60)")  # fmt: skip
    run_id = line_of(process)
    with ledger_in(folder) as ledger:
        assert ledger.find(run_id).state == "sending"
        assert isinstance(ledger.reserve(new_run()), Taken)
        killed(process)
        run = ledger.find(run_id)
        assert run.state == "uncertain"
        assert run.error is not None
        assert "may or may not have the job" in run.error
        assert ledger.reserve(new_run()) == Taken(run), "and nothing sends it again by itself"
        assert [state for state, _, _ in ledger.history(run)] == ["sending", "uncertain"]
    assert {path.name for path in folder.iterdir()} == {"ledger.sqlite3"}


def test_one_that_ends_without_an_answer_leaves_uncertainty_too(folder: Path) -> None:
    with ledger_in(folder) as ledger:
        run = reserved(ledger)
    with ledger_in(folder) as ledger:
        assert ledger.again(run).state == "uncertain"


def test_of_many_that_send_the_same_job_at_once_one_does(folder: Path) -> None:
    """They begin with a ledger that is not even there yet."""
    code = """
input()
with ledger_in(folder) as ledger:
    print(type(ledger.reserve(new_run())).__name__, flush=True)
    input()
"""
    racers = [started(folder, code) for _ in range(6)]
    for step in ("go", "end"):
        for racer in racers:
            assert racer.stdin
            racer.stdin.write(f"{step}\n")
            racer.stdin.flush()
        if step == "go":
            told = [line_of(racer) for racer in racers]
    for racer in racers:
        racer.communicate(timeout=30)
    assert sorted(told) == ["Reserved", *["Taken"] * 5]


def test_nothing_is_lost_whenever_it_is_killed(folder: Path) -> None:
    """What a process has said to be written down is there, however it ends."""
    code = """
with ledger_in(folder) as ledger:
    for number in range(10**6):
        run = reserved(ledger, f"{sys.argv[0]}{time.time_ns()}")
        print("sending", run.id, flush=True)
        run = ledger.move(run, "accepted", provider_id=f"task-{run.id}")
        print("accepted", run.id, flush=True)
"""
    rng = random.Random(7)  # noqa: S311 - moments to kill at
    said: dict[str, str] = {}
    for _ in range(6):
        process = started(folder, code)
        said |= reversed_pair(line_of(process))
        time.sleep(rng.uniform(0.0, 0.15))
        process.send_signal(signal.SIGKILL)
        rest, _ = process.communicate(timeout=30)
        for line in rest.splitlines():
            said |= reversed_pair(line)
    with ledger_in(folder) as ledger:
        known = {run.id: run for run in ledger.runs()}
    assert said.keys() <= known.keys()
    for run_id, state in said.items():
        run = known[run_id]
        if state == "accepted":
            assert (run.state, run.provider_id) == ("accepted", f"task-{run_id}")
        else:
            assert run.state in {"uncertain", "accepted"}
    assert "sending" not in {run.state for run in known.values()}


def reversed_pair(line: str) -> dict[str, str]:
    state, _, run_id = line.partition(" ")
    return {run_id: state} if run_id else {}


# Trouble.


def test_a_folder_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(NoStateFolder, match=r"cannot be made: .*WANPREP_STATE_DIR"):
        Ledger(str(tmp_path / "file" / "state"))


def test_a_ledger_that_is_none(folder: Path) -> None:
    folder.mkdir()
    (folder / "ledger.sqlite3").write_text("no database at all\n" * 100)
    with pytest.raises(LedgerTrouble, match=r"damaged.*provider's own list"):
        Ledger(str(folder))
    assert (folder / "ledger.sqlite3").read_text().startswith("no database"), "nothing is deleted"


def test_a_ledger_that_is_a_folder(folder: Path) -> None:
    (folder / "ledger.sqlite3").mkdir(parents=True)
    with pytest.raises(LedgerTrouble, match=r"unable to open"):
        Ledger(str(folder))


def test_a_read_only_ledger_reads_but_reserves_nothing(folder: Path) -> None:
    with ledger_in(folder) as ledger:
        known = accepted(ledger)
        ledger._database._connection.execute("PRAGMA query_only = ON")
        assert ledger.runs() == [known]
        with pytest.raises(LedgerTrouble, match=r"readonly database. Make it writable"):
            ledger.reserve(new_run("another"))


def test_a_locked_ledger_says_so(folder: Path) -> None:
    with ledger_in(folder) as ledger:
        ledger._database._connection.execute("PRAGMA busy_timeout = 50")
        with sqlite3.connect(folder / "ledger.sqlite3", isolation_level=None) as other:
            other.execute("BEGIN IMMEDIATE")
            with pytest.raises(LedgerTrouble, match=r"locked. Another program holds it"):
                ledger.reserve(new_run())
            other.execute("ROLLBACK")
        other.close()
        assert isinstance(ledger.reserve(new_run()), Reserved), "and goes on when that has ended"


def test_a_full_disk_reserves_nothing_and_harms_nothing(folder: Path) -> None:
    """Stand in for a full disk by the most bytes that a process may write to a file."""
    with ledger_in(folder) as ledger:
        known = accepted(ledger)
    code = f"""
import resource, signal
from wanprep.errors import WanprepError
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
with ledger_in(folder) as ledger:
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, {resource.RLIM_INFINITY}))
    for attempt in range(2):
        try:
            ledger.reserve(new_run("another"))
        except WanprepError as error:
            print(error)
    resource.setrlimit(resource.RLIMIT_FSIZE, ({resource.RLIM_INFINITY},) * 2)
    print(type(ledger.reserve(new_run("third"))).__name__)
"""
    process = started(folder, code)
    told, _ = process.communicate(timeout=30)
    *troubles, last = told.splitlines()
    assert len(troubles) == 2
    assert all("Make room on the disk" in each for each in troubles), troubles
    assert last == "Reserved"
    with ledger_in(folder) as ledger:
        assert ledger.again(known) == known
        assert ledger.live("another") is None


def test_a_ledger_that_finds_no_room_to_begin_is_not_called_damaged(folder: Path) -> None:
    """Told of damage, one might throw it away, and what it knows of money spent."""
    code = f"""
import os, resource, signal
from wanprep.errors import WanprepError
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
for kilobytes in (0, 1, 8, 32):
    resource.setrlimit(resource.RLIMIT_FSIZE, (kilobytes * 1024, {resource.RLIM_INFINITY}))
    try:
        ledger_in(folder / str(kilobytes)).close()
    except WanprepError as error:
        os.write(1, (str(error) + "\\n").encode())
"""
    told, _ = started(folder, code).communicate(timeout=30)
    troubles = told.splitlines()
    assert len(troubles) == 4
    assert all("Make room on the disk" in each for each in troubles), troubles


def test_a_sender_that_cannot_leave_its_mark_sends_nothing(folder: Path) -> None:
    with ledger_in(folder) as ledger:
        for name in folder.iterdir():
            name.unlink()
        folder.rmdir()
        with pytest.raises(WanprepError, match=r"cannot be written: No such file"):
            ledger.reserve(new_run())


def test_ids_can_be_read_out(folder: Path) -> None:
    with ledger_in(folder) as ledger:
        ids = [reserved(ledger, str(number)).id for number in range(50)]
    assert all(len(each) == 8 and each[0].isalpha() and each.isalnum() for each in ids)
    assert not set("il01o") & set(itertools.chain(*ids))
