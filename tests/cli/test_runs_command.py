"""`wanprep runs` over runs that were really sent, to the emulator."""

from __future__ import annotations

import os
import pty
import signal
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from emulated import emulate
from submitting import EVOLINK, OXEN, RUNCOMFY, WAVESPEED, Desktop, until

from wanprep.submit.ledger.ledger import Ledger

FIELDS = [
    *("id", "target", "provider_id", "state", "job", "created", "updated", "deadline"),
    *("outputs", "error"),
]


@pytest.fixture
def desk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> Iterator[Desktop]:
    with emulate(speed=8) as emulator:
        yield Desktop(tmp_path, emulator, monkeypatch, capfd)


@pytest.fixture
def slow(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> Iterator[Desktop]:
    """Have jobs wait in their queue for a while."""
    with emulate(speed=0.02) as emulator:
        yield Desktop(tmp_path, emulator, monkeypatch, capfd)


def submitted(desk: Desktop, target: str = EVOLINK) -> str:
    [run] = desk.json("submit", desk.job(target=target))
    return str(run["id"])


def test_a_list_of_nothing(desk: Desktop) -> None:
    assert desk.runs() == []
    assert desk.wanprep("runs", "list") == 0
    assert desk.out == "no runs yet\n"


def test_the_list_and_one_run(desk: Desktop) -> None:
    run_id = submitted(desk)
    [run] = desk.runs()
    assert list(run) == FIELDS
    assert run["state"] == "accepted"
    assert run["created"].endswith("Z")
    assert datetime.fromisoformat(run["created"]) <= datetime.fromisoformat(run["updated"])
    assert (run["deadline"], run["outputs"], run["error"]) == (None, [], None)

    assert desk.wanprep("runs", "list") == 0
    heads, row = desk.out.splitlines()
    assert heads.split()[:4] == ["ID", "STATE", "TARGET", "JOB"]
    assert row.split()[:4] == [run_id, "accepted", EVOLINK, "job.yaml"]

    assert desk.json("runs", "show", run_id[:6]) == [run]
    assert desk.wanprep("runs", "show", run_id[:6]) == 0
    assert run["provider_id"] in desk.out
    assert "about 0.17 USD" in desk.out
    assert [line.split()[-1] for line in desk.out.splitlines()[-2:]] == ["sending", "accepted"]


def test_a_list_asks_nobody_unless_told_to(desk: Desktop) -> None:
    submitted(desk)
    until(lambda: desk.emulator.jobs[0].phase == "succeeded")
    assert [run["state"] for run in desk.runs()] == ["accepted"]
    [run] = desk.json("runs", "list", "--refresh")
    assert run["state"] == "succeeded"
    [link] = run["outputs"]
    assert "Signature=***" in link, "what opens the door is not shown"
    left = datetime.fromisoformat(run["deadline"]) - datetime.now(UTC)
    assert timedelta(hours=23) < left <= timedelta(hours=24)
    assert desk.wanprep("runs", "list") == 0
    assert run["deadline"][:4] in desk.out.splitlines()[1].split()[-2]

    desk.emulator.switch("bad-key")
    submitted_again = desk.json("submit", "job.yaml", "--again", status=1)
    assert submitted_again[0]["state"] == "refused"


def test_a_refresh_that_fails_says_so(slow: Desktop) -> None:
    submitted(slow)
    slow.emulator.switch("bad-key")
    assert slow.wanprep("runs", "list", "--refresh") == 1
    assert "job.yaml: EvoLink refuses" in slow.err
    assert "accepted" in slow.out


def test_wait_brings_the_result_home(desk: Desktop) -> None:
    run_id = submitted(desk)
    [run] = desk.json("runs", "wait", run_id, "-o", "out")
    assert run["outputs"] == [str(desk.folder / f"out/job-{run_id}.mp4")]
    assert (desk.folder / f"out/job-{run_id}.json").is_file()
    assert desk.wanprep("runs", "list") == 0
    assert desk.out.splitlines()[1].endswith("fetched")


def test_wait_for_a_job_that_fails(desk: Desktop) -> None:
    desk.emulator.switch("fail")
    run_id = submitted(desk)
    [run] = desk.json("runs", "wait", run_id, status=1)
    assert run["state"] == "failed"
    assert run["error"]
    assert run["error"] in desk.err


def test_ctrl_c_while_waiting(slow: Desktop) -> None:
    run_id = submitted(slow)
    process = slow.start("runs", "wait", run_id)
    assert process.stderr
    until(lambda: "pending" in (process.stderr.readline() if process.stderr else ""))
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=30)
    assert process.returncode == 130
    assert f"wanprep runs wait {run_id}" in err
    assert [run["state"] for run in slow.runs()] == ["accepted"]


@pytest.mark.parametrize("target", [EVOLINK, OXEN, RUNCOMFY, WAVESPEED])
def test_fetch_any_time(desk: Desktop, target: str) -> None:
    run_id = submitted(desk, target)
    until(lambda: desk.emulator.jobs[0].phase == "succeeded")
    [run] = desk.json("runs", "fetch", run_id, "-o", "one")
    assert Path(run["outputs"][0]).parent == desk.folder / "one"
    [run] = desk.json("runs", "fetch", run_id, "-o", "two")
    assert Path(run["outputs"][0]).parent == desk.folder / "two"
    assert len(list(desk.folder.glob("one/*.mp4"))) == 1


def test_what_a_fetch_that_was_killed_left_is_cleared_up(desk: Desktop) -> None:
    run_id = submitted(desk)
    (desk.folder / "out").mkdir()
    (desk.folder / f"out/.job-{run_id}.0a1b2c3d.part").write_bytes(b"half")
    desk.json("runs", "wait", run_id, "-o", "out")
    assert {path.suffix for path in (desk.folder / "out").iterdir()} == {".mp4", ".json"}


def test_a_video_of_another_length_is_kept_and_told(desk: Desktop) -> None:
    desk.emulator.switch("short-result")
    run_id = submitted(desk)
    [run] = desk.json("runs", "wait", run_id)
    assert run["state"] == "succeeded"
    assert "2.00 s were ordered" in desk.err


def test_known_links_do_when_no_fresh_ones_are_to_be_had(
    desk: Desktop, monkeypatch: pytest.MonkeyPatch
) -> None:
    run_id = submitted(desk)
    until(lambda: desk.emulator.jobs[0].phase == "succeeded")
    desk.json("runs", "list", "--refresh")
    monkeypatch.setenv("WANPREP_EVOLINK_BASE_URL", f"{desk.emulator.url}/nowhere")
    [run] = desk.json("runs", "fetch", run_id, "-o", "out")
    assert Path(run["outputs"][0]).is_file()


def test_nothing_to_fetch_yet(slow: Desktop) -> None:
    run_id = submitted(slow)
    [run] = slow.json("runs", "fetch", run_id, status=1)
    assert run["state"] == "accepted"
    assert f"not done yet. To wait for it: wanprep runs wait {run_id}" in slow.err


def with_deadline(desk: Desktop, hours: float) -> None:
    with Ledger(str(desk.folder / "state")) as ledger:
        [run] = ledger.runs()
        ledger.note(run, deadline=datetime.now(UTC) + timedelta(hours=hours))


def test_a_result_that_is_gone_has_expired(desk: Desktop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("wanprep.submit.session.results._FRESH", (0.0, 0.01))
    run_id = submitted(desk)
    until(lambda: desk.emulator.jobs[0].phase == "succeeded")
    desk.json("runs", "list", "--refresh")
    desk.emulator.switch("expired-link=100")
    monkeypatch.setattr("wanprep.submit.session.results.deadline_of", lambda *_: None)

    [run] = desk.json("runs", "fetch", run_id, status=1)
    assert run["state"] == "succeeded"
    assert f"Try again: wanprep runs fetch {run_id}" in desk.err

    monkeypatch.setattr(
        "wanprep.submit.session.results.deadline_of",
        lambda *_: datetime.now(UTC) - timedelta(hours=1),
    )
    with_deadline(desk, -1)
    [run] = desk.json("runs", "fetch", run_id, status=1)
    assert run["state"] == "expired"
    assert "it is gone" in desk.err

    [same] = desk.json("submit", "job.yaml", status=1)
    assert same["id"] == run_id, "it was paid: only --again has it made once more"
    assert desk.orders() == 1


@pytest.mark.parametrize(
    ("target", "status", "state", "says"),
    [
        pytest.param(EVOLINK, 1, "accepted", "EvoLink has no way to cancel", id="no way"),
        pytest.param(OXEN, 0, "cancelled", "", id="cancelled"),
        pytest.param(RUNCOMFY, 0, "cancelled", "", id="in the queue"),
    ],
)
def test_cancel(slow: Desktop, target: str, status: int, state: str, says: str) -> None:
    run_id = submitted(slow, target)
    [run] = slow.json("runs", "cancel", run_id, status=status)
    assert run["state"] == state
    assert says in slow.err
    if state == "cancelled":
        assert slow.emulator.jobs[0].phase == "cancelled"
        [new] = slow.json("submit", "job.yaml")
        assert new["id"] != run_id, "nothing was made: the same command sends it anew"
        slow.json("runs", "cancel", run_id, status=1)
        assert "is cancelled: there is nothing to cancel" in slow.err


def test_a_refusal_to_cancel_is_told(slow: Desktop) -> None:
    run_id = submitted(slow, OXEN)
    slow.emulator.switch("bad-key")
    [run] = slow.json("runs", "cancel", run_id, status=1)
    assert run["state"] == "accepted"
    assert f"run {run_id} goes on: " in slow.err


def test_a_running_job_that_is_not_cancelled_goes_on(desk: Desktop) -> None:
    desk.emulator.switch("never-finishes")
    run_id = submitted(desk, RUNCOMFY)
    until(lambda: desk.emulator.jobs[0].phase == "running")
    [run] = desk.json("runs", "cancel", run_id, status=1)
    assert run["state"] == "accepted"
    assert "was not cancelled" in desk.err


def test_what_deletes_the_record_is_asked_about(slow: Desktop) -> None:
    run_id = submitted(slow, WAVESPEED)
    assert slow.wanprep("runs", "cancel", run_id) == 2
    assert "say --yes" in slow.err
    assert [run["state"] for run in slow.runs()] == ["accepted"]

    reader, writer = pty.openpty()
    os.write(reader, b"n\n")
    process = subprocess.run(
        [sys.executable, "-m", "wanprep", "runs", "cancel", run_id],
        stdin=writer, stdout=writer, stderr=writer, check=False, timeout=60,
    )  # fmt: skip
    os.close(writer)
    shown = os.read(reader, 65536).decode()
    os.close(reader)
    assert process.returncode == 130
    assert "Do it?" in shown
    assert [run["state"] for run in slow.runs()] == ["accepted"]

    assert slow.wanprep("runs", "cancel", run_id, "--yes") == 0
    assert [run["state"] for run in slow.runs()] == ["cancelled"]


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        pytest.param(["show", "zzzz"], "there is no run 'zzzz'", id="no such run"),
        pytest.param(["wait"], "Missing argument 'ID...'", id="no id"),
        pytest.param(["frobnicate"], "No such command", id="no such command"),
        pytest.param(["list", "--format", "xml"], "'xml' is not one of", id="no format"),
    ],
)
def test_wrong_use(desk: Desktop, arguments: list[str], says: str) -> None:
    assert desk.wanprep("runs", *arguments) == 2
    assert says in desk.err


def test_a_key_is_needed_only_for_asking(desk: Desktop, monkeypatch: pytest.MonkeyPatch) -> None:
    run_id = submitted(desk)
    monkeypatch.delenv("EVOLINK_API_KEY")
    assert desk.wanprep("runs", "list") == 0
    assert desk.wanprep("runs", "show", run_id) == 0
    assert desk.wanprep("runs", "wait", run_id) == 2
    assert "EVOLINK_API_KEY" in desk.err
    assert desk.wanprep("runs", "list", "--refresh") == 2


@pytest.mark.parametrize("name", ["list", "show", "wait", "fetch", "cancel"])
def test_every_command_has_help_with_examples(desk: Desktop, name: str) -> None:
    assert desk.wanprep("runs", name, "--help") == 0
    assert "Examples:" in desk.out
    assert f"wanprep runs {name}" in desk.out


def test_a_ledger_in_trouble_is_told_and_nothing_is_sent(desk: Desktop) -> None:
    (desk.folder / "state").mkdir()
    (desk.folder / "state/ledger.sqlite3").write_text("no database at all " * 99)
    assert desk.wanprep("runs", "list") == 2
    assert "seems damaged" in desk.err
    assert desk.wanprep("submit", desk.job()) == 2
    assert desk.orders() == 0
