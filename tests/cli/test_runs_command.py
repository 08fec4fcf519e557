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
from wanprep.submit.session import wait

FIELDS = [
    *("id", "target", "provider_id", "state", "job", "created", "updated", "deadline"),
    *("outputs", "error"),
]


@pytest.fixture
def session(
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


def submitted(session: Desktop, target: str = EVOLINK) -> str:
    [run] = session.json("submit", "--yes", session.job(target=target))
    return str(run["id"])


def test_a_list_of_nothing(session: Desktop) -> None:
    assert session.runs() == []
    assert session.wanprep("runs", "list") == 0
    assert session.out == "no runs yet\n"


def test_the_list_and_one_run(session: Desktop) -> None:
    run_id = submitted(session)
    [run] = session.runs()
    assert list(run) == FIELDS
    assert run["state"] == "accepted"
    assert run["created"].endswith("Z")
    assert datetime.fromisoformat(run["created"]) <= datetime.fromisoformat(run["updated"])
    assert (run["deadline"], run["outputs"], run["error"]) == (None, [], None)

    assert session.wanprep("runs", "list") == 0
    heads, row = session.out.splitlines()
    assert heads.split()[:4] == ["ID", "STATE", "TARGET", "JOB"]
    assert row.split()[:4] == [run_id, "accepted", EVOLINK, "job.yaml"]

    assert session.json("runs", "show", run_id[:6]) == [run]
    assert session.wanprep("runs", "show", run_id[:6]) == 0
    assert run["provider_id"] in session.out
    assert "about 0.17 USD" in session.out
    assert [line.split()[-1] for line in session.out.splitlines()[-2:]] == ["sending", "accepted"]


def test_a_list_asks_providers_only_with_refresh(session: Desktop) -> None:
    submitted(session)
    until(lambda: session.emulator.jobs[0].phase == "succeeded")
    assert [run["state"] for run in session.runs()] == ["accepted"]
    [run] = session.json("runs", "list", "--refresh")
    assert run["state"] == "succeeded"
    [link] = run["outputs"]
    assert "Signature=***" in link, "what opens the door is not shown"
    left = datetime.fromisoformat(run["deadline"]) - datetime.now(UTC)
    assert timedelta(hours=23) < left <= timedelta(hours=24)
    assert session.wanprep("runs", "list") == 0
    assert run["deadline"][:4] in session.out.splitlines()[1].split()[-2]

    session.emulator.switch("bad-key")
    submitted_again = session.json("submit", "job.yaml", "--again", status=1)
    assert submitted_again[0]["state"] == "refused"


def test_a_failed_refresh_is_reported(slow: Desktop) -> None:
    submitted(slow)
    slow.emulator.switch("bad-key")
    assert slow.wanprep("runs", "list", "--refresh") == 1
    assert "job.yaml: EvoLink refuses" in slow.err
    assert "accepted" in slow.out


def test_wait_downloads_the_result(session: Desktop) -> None:
    run_id = submitted(session)
    [run] = session.json("runs", "wait", run_id, "-o", "out")
    assert run["outputs"] == [str(session.folder / f"out/job-{run_id}.mp4")]
    assert (session.folder / f"out/job-{run_id}.json").is_file()
    assert session.wanprep("runs", "list") == 0
    assert session.out.splitlines()[1].endswith("fetched")


def test_wait_for_a_job_that_fails(session: Desktop) -> None:
    session.emulator.switch("fail")
    run_id = submitted(session)
    [run] = session.json("runs", "wait", run_id, status=1)
    assert run["state"] == "failed"
    assert run["error"]
    assert run["error"] in session.err


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
def test_fetch_any_time(session: Desktop, target: str) -> None:
    run_id = submitted(session, target)
    until(lambda: session.emulator.jobs[0].phase == "succeeded")
    [run] = session.json("runs", "fetch", run_id, "-o", "one")
    assert Path(run["outputs"][0]).parent == session.folder / "one"
    [run] = session.json("runs", "fetch", run_id, "-o", "two")
    assert Path(run["outputs"][0]).parent == session.folder / "two"
    assert len(list(session.folder.glob("one/*.mp4"))) == 1


def test_leftovers_of_a_killed_fetch_are_removed(session: Desktop) -> None:
    run_id = submitted(session)
    (session.folder / "out").mkdir()
    (session.folder / f"out/.job-{run_id}.0a1b2c3d.part").write_bytes(b"half")
    session.json("runs", "wait", run_id, "-o", "out")
    assert {path.suffix for path in (session.folder / "out").iterdir()} == {".mp4", ".json"}


def test_a_video_of_another_length_is_kept_and_reported(session: Desktop) -> None:
    session.emulator.switch("short-result")
    run_id = submitted(session)
    [run] = session.json("runs", "wait", run_id)
    assert run["state"] == "succeeded"
    assert "2.00 s were ordered" in session.err


def test_recorded_links_are_used_when_no_fresh_ones_are_available(
    session: Desktop, monkeypatch: pytest.MonkeyPatch
) -> None:
    run_id = submitted(session)
    until(lambda: session.emulator.jobs[0].phase == "succeeded")
    session.json("runs", "list", "--refresh")
    monkeypatch.setenv("WANPREP_EVOLINK_BASE_URL", f"{session.emulator.url}/nowhere")
    [run] = session.json("runs", "fetch", run_id, "-o", "out")
    assert Path(run["outputs"][0]).is_file()


def test_nothing_to_fetch_yet(slow: Desktop) -> None:
    run_id = submitted(slow)
    [run] = slow.json("runs", "fetch", run_id, status=1)
    assert run["state"] == "accepted"
    assert f"not done yet. To wait for it: wanprep runs wait {run_id}" in slow.err


def with_deadline(session: Desktop, hours: float) -> None:
    with Ledger(str(session.folder / "state")) as ledger:
        [run] = ledger.runs()
        ledger.amend(run, deadline=datetime.now(UTC) + timedelta(hours=hours))


def test_a_result_that_is_gone_has_expired(
    session: Desktop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(wait, "_LINK_PAUSES", (0.0, 0.01))
    run_id = submitted(session)
    until(lambda: session.emulator.jobs[0].phase == "succeeded")
    session.json("runs", "list", "--refresh")
    session.emulator.switch("expired-link=100")
    monkeypatch.setattr(wait, "result_deadline", lambda *_: None)

    [run] = session.json("runs", "fetch", run_id, status=1)
    assert run["state"] == "succeeded"
    assert f"Try again: wanprep runs fetch {run_id}" in session.err

    monkeypatch.setattr(
        wait,
        "result_deadline",
        lambda *_: datetime.now(UTC) - timedelta(hours=1),
    )
    with_deadline(session, -1)
    [run] = session.json("runs", "fetch", run_id, status=1)
    assert run["state"] == "expired"
    assert "it is gone" in session.err

    [same] = session.json("submit", "job.yaml", status=1)
    assert same["id"] == run_id, "it was paid: only --again has it made once more"
    assert session.orders() == 1


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
        [new] = slow.json("submit", "--yes", "job.yaml")
        assert new["id"] != run_id, "nothing was made: the same command sends it anew"
        slow.json("runs", "cancel", run_id, status=1)
        assert "is cancelled: there is nothing to cancel" in slow.err


def test_a_refusal_to_cancel_is_reported(slow: Desktop) -> None:
    run_id = submitted(slow, OXEN)
    slow.emulator.switch("bad-key")
    [run] = slow.json("runs", "cancel", run_id, status=1)
    assert run["state"] == "accepted"
    assert f"run {run_id} continues: " in slow.err


def test_a_running_job_that_is_not_cancelled_goes_on(session: Desktop) -> None:
    session.emulator.switch("never-finishes")
    run_id = submitted(session, RUNCOMFY)
    until(lambda: session.emulator.jobs[0].phase == "running")
    [run] = session.json("runs", "cancel", run_id, status=1)
    assert run["state"] == "accepted"
    assert "was not cancelled" in session.err


def test_deleting_the_record_is_confirmed(slow: Desktop) -> None:
    run_id = submitted(slow, WAVESPEED)
    assert slow.wanprep("runs", "cancel", run_id) == 2
    assert "Pass --yes" in slow.err
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
    assert "Cancel it?" in shown
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
def test_usage_errors(session: Desktop, arguments: list[str], says: str) -> None:
    assert session.wanprep("runs", *arguments) == 2
    assert says in session.err


def test_a_key_is_needed_only_for_asking(session: Desktop, monkeypatch: pytest.MonkeyPatch) -> None:
    run_id = submitted(session)
    monkeypatch.delenv("EVOLINK_API_KEY")
    assert session.wanprep("runs", "list") == 0
    assert session.wanprep("runs", "show", run_id) == 0
    assert session.wanprep("runs", "wait", run_id) == 2
    assert "EVOLINK_API_KEY" in session.err
    assert session.wanprep("runs", "list", "--refresh") == 2


@pytest.mark.parametrize("name", ["list", "show", "wait", "fetch", "cancel"])
def test_every_command_has_help_with_examples(session: Desktop, name: str) -> None:
    assert session.wanprep("runs", name, "--help") == 0
    assert "Examples:" in session.out
    assert f"wanprep runs {name}" in session.out


def test_a_damaged_ledger_is_reported_and_nothing_is_sent(session: Desktop) -> None:
    (session.folder / "state").mkdir()
    (session.folder / "state/ledger.sqlite3").write_text("no database at all " * 99)
    assert session.wanprep("runs", "list") == 2
    assert "seems damaged" in session.err
    assert session.wanprep("submit", session.job()) == 2
    assert session.orders() == 0
