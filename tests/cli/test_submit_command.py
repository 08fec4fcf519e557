"""`wanprep submit` as people and scripts call it, against the emulator."""

from __future__ import annotations

import json
import os
import pty
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from emulated import emulate
from submitting import EVOLINK, OXEN, RUNCOMFY, WAVESPEED, Desktop, until

from wanprep.media import probe


@pytest.fixture
def desk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> Iterator[Desktop]:
    with emulate(speed=8) as emulator:
        yield Desktop(tmp_path, emulator, monkeypatch, capfd)


@pytest.mark.parametrize("target", [EVOLINK, OXEN, RUNCOMFY, WAVESPEED])
def test_the_whole_journey(desk: Desktop, target: str) -> None:
    [run] = desk.json("submit", desk.job(target=target), "--wait", "-o", "out")

    [video] = run["outputs"]
    assert Path(video) == desk.folder / f"out/job-{run['id']}.mp4"
    assert probe(video).kind == "video"
    assert run["state"] == "succeeded"
    assert run["target"] == target
    assert run["provider_id"]
    assert run["job"] == str(desk.folder / "job.yaml")
    assert run["error"] is None
    assert "succeeded" in desk.err
    assert desk.runs() == [run]
    about = json.loads((desk.folder / f"out/job-{run['id']}.json").read_text())
    assert about["run"] == run["id"]
    assert about["assets"][0]["file"] in {"hero.png", "dance.mp4"}
    assert desk.orders() == 1


def test_a_job_is_paid_once(desk: Desktop) -> None:
    [first] = desk.json("submit", desk.job())
    assert first["state"] == "accepted"
    assert f"wanprep runs wait {first['id']}" in desk.err

    (desk.folder / "job.yaml").rename(desk.folder / "other.yaml")
    [second] = desk.json("submit", "other.yaml")
    assert second["id"] == first["id"]
    assert f"not sent: it was sent before, as run {first['id']} (accepted)" in desk.err

    [third] = desk.json("submit", "other.yaml", "--wait")
    assert third["state"] == "succeeded"
    [video] = third["outputs"]
    assert Path(video).parent == desk.folder
    assert desk.orders() == 1

    Path(video).unlink()
    [fourth] = desk.json("submit", "other.yaml", "--wait")
    assert fourth["outputs"] == [video]
    assert Path(video).is_file(), "fetched again, since it was missing"
    requests = len(desk.emulator.requests)
    desk.json("submit", "other.yaml", "--wait")
    assert len(desk.emulator.requests) == requests, "nothing is asked when all is there"
    assert desk.orders() == 1

    [again] = desk.json("submit", "other.yaml", "--again")
    assert again["id"] != first["id"]
    assert desk.orders() == 2
    assert len(desk.runs()) == 2


def test_the_same_job_twice_on_one_line(desk: Desktop) -> None:
    told = desk.json("submit", desk.job("a.yaml"), desk.job("b.yaml"), "--wait")
    assert told[0] == told[1]
    assert desk.orders() == 1

    [run, _] = desk.json("submit", desk.job("a.yaml", prompt="x"), desk.job("b.yaml", prompt="x"))
    assert desk.err.rstrip().endswith(f"wanprep runs wait {run['id']}")
    assert desk.err.count(f"runs wait {run['id']} ") == 0, "each is named once"


def test_many_jobs_side_by_side(desk: Desktop) -> None:
    names = [desk.job(f"{number}.yaml", prompt=f"Walk {number}.") for number in range(4)]
    names.append(desk.job("w.yaml", WAVESPEED))
    told = desk.json("submit", *names, "--wait")
    assert [run["state"] for run in told] == ["succeeded"] * 5
    assert len({run["outputs"][0] for run in told}) == 5
    uploads = [each for each in desk.emulator.requests if "upload/stream" in each.path]
    assert len(uploads) == 1, "one picture for all"


def test_a_refusal_by_the_check_sends_nothing(desk: Desktop) -> None:
    good = desk.job("good.yaml")
    (desk.folder / "bad.yaml").write_text(f"target: {EVOLINK}\nprompt: Image 3 walks.\n"
                                          "references: [{image: ghost.png}]\n")  # fmt: skip
    assert desk.json("submit", good, "bad.yaml", status=1) == []
    assert "asset-missing" in desk.err
    assert "Nothing was sent." in desk.err
    assert (desk.orders(), desk.runs()) == (0, [])


def test_a_job_that_cannot_be_read_stops_the_others(desk: Desktop) -> None:
    assert desk.wanprep("submit", desk.job()) == 0
    (desk.folder / "broken.yaml").write_text("target: [\n")
    assert desk.wanprep("submit", "job.yaml", "broken.yaml") == 1
    assert "Nothing was sent." in desk.err
    with (desk.folder / "job.yaml").open("a") as file:
        file.write("---\nprompt: [\n")
    assert desk.wanprep("submit", "job.yaml") == 1


def test_what_was_sent_before_needs_no_judge(desk: Desktop) -> None:
    desk.json("submit", desk.job())
    (desk.folder / "other.yaml").write_text(
        (desk.folder / "job.yaml").read_text().replace("She walks.", "Image 1 walks.")
    )
    (desk.folder / "wanprep.toml").write_text("")
    assert desk.wanprep("submit", "job.yaml", "other.yaml") == 0
    assert desk.orders() == 2


def test_addresses_that_nobody_looked_at_are_excused_on_request(desk: Desktop) -> None:
    (desk.folder / "job.yaml").write_text(
        f"target: {EVOLINK}\nprompt: She walks.\n"
        "references: [{image: 'https://example.com/hero.png'}]\nparameters: {duration: 2}\n"
    )
    assert desk.wanprep("submit", "job.yaml", "--offline", "--wait") == 0


@pytest.mark.parametrize(
    ("arguments", "text", "says"),
    [
        pytest.param([], "target: [{e}, {w}]\n", f"-t {EVOLINK}", id="several targets"),
        pytest.param([], "", "wan/2.7 is what several providers share", id="no target"),
        pytest.param(["hero.png"], "target: {e}\n", "only jobs can be submitted", id="a picture"),
        pytest.param(["ghost.yaml"], "target: {e}\n", "no file, folder or match", id="no file"),
        pytest.param(["-t", "evolink/wan"], "", "there is no target", id="no such target"),
        pytest.param(["--max-cost", "-1"], "target: {e}\n", "not in the range", id="no sum"),
    ],
)
def test_wrong_use(desk: Desktop, arguments: list[str], text: str, says: str) -> None:
    desk.job()
    rest = (desk.folder / "job.yaml").read_text().partition("\n")[2]
    (desk.folder / "job.yaml").write_text(text.format(e=EVOLINK, w=WAVESPEED) + rest)
    assert desk.wanprep("submit", "job.yaml", *arguments) == 2
    assert says in desk.err
    assert (desk.orders(), desk.runs()) == (0, [])


@pytest.mark.parametrize("folder", ["job.yaml", "job.yaml/out", "shut/out"])
def test_a_folder_that_takes_no_results_is_told_before_one_is_paid_for(
    desk: Desktop, folder: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    shut = desk.folder / "shut"
    shut.mkdir(0o500)
    if os.geteuid() == 0:  # whom no folder is shut to
        monkeypatch.setattr(os, "access", lambda path, _: not Path(path).samefile(shut))
    assert desk.wanprep("submit", desk.job(), "--wait", "-o", folder) == 2
    assert "results cannot be put into" in desk.err
    assert desk.orders() == 0
    assert desk.runs() == []


def test_a_target_is_chosen_among_several(desk: Desktop) -> None:
    desk.job(target=f"[{EVOLINK}, {WAVESPEED}]")
    [run] = desk.json("submit", "job.yaml", "-t", WAVESPEED)
    assert run["target"] == WAVESPEED
    told = desk.json("submit", "job.yaml", "-t", WAVESPEED, "-t", EVOLINK)
    assert {each["target"] for each in told} == {EVOLINK, WAVESPEED}
    assert desk.orders() == 2


def test_without_a_key_nothing_is_uploaded(desk: Desktop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("EVOLINK_API_KEY")
    before = len(desk.emulator.requests)
    assert desk.wanprep("submit", desk.job()) == 2
    assert "EVOLINK_API_KEY" in desk.err
    assert len(desk.emulator.requests) == before
    assert desk.runs() == []


def test_what_has_no_field_is_refused_or_dropped(desk: Desktop) -> None:
    desk.job(target=RUNCOMFY)
    with (desk.folder / "job.yaml").open("a") as file:
        file.write("first_frame: hero.png\n")
    assert desk.wanprep("submit", "job.yaml") == 2
    assert "RunComfy has no field for the first frame" in desk.err
    assert "--drop" in desk.err
    assert desk.orders() == 0
    assert desk.wanprep("submit", "job.yaml", "--drop") == 0
    assert "sent without the first frame" in desk.err

    assert desk.wanprep("submit", "job.yaml", "--dry-run", "--drop") == 0
    assert "# without the first frame" in desk.out


# Money.


def test_the_price_is_said_and_held_against_what_may_be_paid(desk: Desktop) -> None:
    job = desk.job()
    assert desk.wanprep("submit", job, "--max-cost", "0.01") == 1
    assert "more than --max-cost 0.01. Nothing was sent." in desk.err
    assert desk.wanprep("submit", desk.job("r.yaml", RUNCOMFY), "--max-cost", "100") == 1
    assert "price is unknown" in desk.err
    assert desk.orders() == 0
    assert desk.wanprep("submit", job, "--max-cost", "1") == 0
    assert f"job.yaml -> {EVOLINK}: about 0.17 USD" in desk.err
    assert "(not in the estimate: " in desk.err


def test_above_a_sum_it_asks_and_without_a_terminal_says_what_to_pass(desk: Desktop) -> None:
    settings = (desk.folder / "wanprep.toml").read_text()
    (desk.folder / "wanprep.toml").write_text(f"submit = {{ask-above = 0.1}}\n{settings}")
    assert desk.wanprep("submit", desk.job()) == 2
    assert "say --yes, or --max-cost" in desk.err
    assert desk.orders() == 0
    assert desk.wanprep("submit", "job.yaml", "--yes") == 0
    assert desk.wanprep("submit", "job.yaml", "--again", "--max-cost", "1") == 0
    assert desk.orders() == 2


@pytest.mark.parametrize(
    ("reply", "status", "orders"),
    [pytest.param(b"n\n", 1, 0, id="no"), pytest.param(b"y\n", 0, 1, id="yes")],
)
def test_at_a_terminal_it_asks(desk: Desktop, reply: bytes, status: int, orders: int) -> None:
    (desk.folder / "wanprep.toml").write_text("submit = {ask-above = 0.1}\n")
    ended, shown = at_a_terminal(desk, "submit", desk.job(), reply=reply)
    assert "This may cost up to 0.17 USD. Send it?" in shown
    assert ended == status, shown
    assert desk.orders() == orders


# What goes wrong.


def test_a_lost_answer_is_looked_for(desk: Desktop) -> None:
    desk.emulator.switch("lost-reply")
    [run] = desk.json("submit", desk.job(), "--wait")
    assert run["state"] == "succeeded"
    assert desk.orders() == 1


def test_where_nothing_can_be_looked_for_it_stays_uncertain(desk: Desktop) -> None:
    desk.emulator.switch("lost-reply")
    [run] = desk.json("submit", desk.job(target=RUNCOMFY), "--wait", status=4)
    assert run["state"] == "uncertain"
    assert "--again" in desk.err
    [same] = desk.json("submit", "job.yaml", "--wait", status=4)
    assert same["id"] == run["id"]
    assert desk.orders() == 1, "and is never sent again by itself"
    [same] = desk.json("runs", "wait", run["id"], status=4)
    assert same["id"] == run["id"]

    [new] = desk.json("submit", "job.yaml", "--again", "--wait")
    assert new["id"] != run["id"]
    assert desk.orders() == 2


def test_an_idempotent_order_is_repeated_under_its_own_key(desk: Desktop) -> None:
    desk.emulator.switch("lost-request")
    [run] = desk.json("submit", desk.job(), status=4)
    assert run["state"] == "uncertain"
    assert desk.orders() == 0

    [again] = desk.json("submit", "job.yaml", "--again", "--wait")
    assert (again["id"], again["state"]) == (run["id"], "succeeded")
    keys = [
        each.headers["idempotency-key"]
        for each in desk.emulator.requests[-40:]
        if each.method == "POST" and each.path.endswith("/v1/videos/generations")
    ]
    assert keys[-1] == keys[-2]
    assert desk.orders() == 1


@pytest.mark.parametrize(
    ("fault", "target", "status", "state", "orders"),
    [
        pytest.param("server-error", RUNCOMFY, 4, "uncertain", 0, id="500"),
        pytest.param("server-error-taken", RUNCOMFY, 4, "uncertain", 1, id="500, but taken"),
        pytest.param("server-error-taken", OXEN, 0, "succeeded", 1, id="500, and found"),
        pytest.param("half-answer", WAVESPEED, 0, "succeeded", 1, id="half an answer, and found"),
        pytest.param("bad-key", RUNCOMFY, 1, "refused", 0, id="refused"),
        pytest.param("rate-limit=1", RUNCOMFY, 0, "succeeded", 1, id="429, then taken"),
        pytest.param("fail", EVOLINK, 1, "failed", 1, id="failed"),
        pytest.param("poll-error", EVOLINK, 0, "succeeded", 1, id="no answer for a while"),
        pytest.param("unknown-state", EVOLINK, 0, "succeeded", 1, id="a word nobody knows"),
        pytest.param("html-result", EVOLINK, 1, "succeeded", 1, id="a page for a video"),
    ],
)
def test_faults(
    desk: Desktop, fault: str, target: str, status: int, state: str, orders: int
) -> None:
    desk.job(target=target)
    desk.emulator.switch(fault)
    [run] = desk.json("submit", "job.yaml", "--wait", "-o", "out", status=status)
    assert run["state"] == state
    assert desk.orders() == orders
    assert (run["error"] is None) == (state == "succeeded" and status == 0)
    if status:
        assert run["outputs"] == [] or run["outputs"][0].startswith("http")
        assert not list(desk.folder.glob("out/*.mp4"))


def test_a_refused_or_failed_job_is_sent_anew(desk: Desktop) -> None:
    desk.emulator.switch("fail")
    [failed] = desk.json("submit", desk.job(), "--wait", status=1)
    assert "failed" in desk.err
    desk.emulator.switch()
    [run] = desk.json("submit", "job.yaml", "--wait")
    assert run["id"] != failed["id"]


def test_a_dead_link_is_asked_for_anew(desk: Desktop) -> None:
    desk.emulator.switch("expired-link")
    [run] = desk.json("submit", desk.job(), "--wait")
    assert Path(run["outputs"][0]).is_file()


# Emulated, and not at all.


def test_emulated_for_this_one_command(desk: Desktop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("EVOLINK_API_KEY")
    monkeypatch.setenv("WANPREP_EVOLINK_FILES_BASE_URL", "https://files.example")
    [run] = desk.json("submit", desk.job(), "--emulate", "-o", "out")
    assert Path(run["outputs"][0]).is_file()
    assert desk.orders() == 0, "in an emulator of its own"
    assert not (desk.folder / "state").exists()


def test_a_provider_without_an_emulator_is_sent_nothing(desk: Desktop) -> None:
    evolink = Path(__file__).parents[2] / "plugins/wanprep_evolink"
    targets = desk.folder / "wanprep_own/targets"
    targets.mkdir(parents=True)
    for file in [evolink / "provider.json", *(evolink / "targets").iterdir()]:
        text = file.read_text().replace('"evolink', '"own')
        (desk.folder / "wanprep_own" / file.relative_to(evolink)).write_text(text)
    (desk.folder / "wanprep.toml").write_text('target-folders = ["wanprep_own/targets"]\n')
    desk.job(target="own/wan2.7-reference-video")
    assert desk.wanprep("submit", "job.yaml", "--emulate") == 2
    assert "own has no emulator. Submit without --emulate" in desk.err
    assert desk.emulator.requests == []


def test_a_dry_run_touches_nothing(desk: Desktop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WANPREP_EVOLINK_BASE_URL", "https://127.0.0.1:1")
    monkeypatch.setenv("EVOLINK_API_KEY", "canary-0123456789")
    [shown] = desk.json("submit", desk.job(), "--dry-run")
    upload, order = shown["requests"]
    assert upload["file"]["content_type"] == "image/png"
    assert order["method"] == "POST"
    assert order["url"] == "https://127.0.0.1:1/v1/videos/generations"
    assert order["headers"]["Authorization"] == "Bearer ***"
    assert order["body"]["quality"] == "720p"
    assert not (desk.folder / "state").exists()

    assert desk.wanprep("submit", "job.yaml", "--dry-run") == 0
    assert "POST https://127.0.0.1:1/v1/videos/generations\n" in desk.out
    assert '"duration": 2' in desk.out
    assert "canary" not in desk.out + desk.err

    (desk.folder / "job.yaml").write_text(f"target: {EVOLINK}\nreferences: []\n")
    assert desk.wanprep("submit", "job.yaml", "--dry-run") == 1


def test_a_dry_run_says_what_is_not_confirmed(desk: Desktop) -> None:
    assert desk.wanprep("submit", desk.job(target=OXEN), "--dry-run") == 0
    assert "# no documentation confirms the name of " in desk.out


def test_no_key_is_written_anywhere(desk: Desktop, monkeypatch: pytest.MonkeyPatch) -> None:
    canary = "canary-b7c2e9d4f1a8"
    for name in ("EVOLINK_API_KEY", "RUNCOMFY_API_TOKEN"):
        monkeypatch.setenv(name, canary)
    said = []
    for fault, target in (("slow=1", EVOLINK), ("bad-key", RUNCOMFY), ("lost-reply", RUNCOMFY)):
        desk.emulator.switch(fault)
        desk.wanprep("submit", desk.job(target=target, prompt=f"A {fault}."), "--wait")
        said += [desk.out, desk.err]
    for run in desk.runs():
        desk.wanprep("runs", "show", run["id"])
        said += [desk.out, desk.err]
    assert any(canary in str(each.headers) for each in desk.emulator.requests), "it was sent"
    assert canary not in "".join(said)
    for file in desk.folder.rglob("*"):
        if file.is_file():
            assert canary.encode() not in file.read_bytes(), file


# Processes.


def test_two_at_once_send_once(desk: Desktop) -> None:
    desk.job()
    desk.emulator.switch("slow=2")
    racers = [desk.start("submit", "job.yaml", "--wait", "-o", "out") for _ in range(2)]
    told = [racer.communicate(timeout=60) for racer in racers]
    assert [racer.returncode for racer in racers] == [0] * 2, told
    assert desk.orders() == 1
    assert len(list(desk.folder.glob("out/*.mp4"))) == 1


def test_ctrl_c_ends_the_waiting_and_not_the_job(desk: Desktop) -> None:
    desk.emulator.switch("never-finishes")
    process = desk.start("submit", desk.job(), "--wait")
    until(lambda: desk.orders() == 1)
    until(lambda: [run["state"] for run in desk.runs()] == ["accepted"])
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=30)
    assert process.returncode == 130
    [run] = desk.runs()
    assert f"wanprep runs wait {run['id']}" in err
    assert f"{run['id']}  accepted" in out
    assert run["state"] == "accepted"
    assert "Traceback" not in err


def test_ctrl_c_lets_an_order_finish(desk: Desktop) -> None:
    desk.emulator.switch("slow=10")
    desk.job()
    process = desk.start("submit", "job.yaml", "--wait")
    until(lambda: "sending" in [run["state"] for run in desk.runs()])
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=30)
    assert process.returncode == 130, err
    assert "Finishing what is being sent" in err
    [run] = desk.runs()
    assert run["state"] == "accepted"
    assert desk.orders() == 1
    assert run["id"] in out


def test_ctrl_c_twice_leaves_at_once_and_the_order_uncertain(desk: Desktop) -> None:
    desk.emulator.switch("slow=10")
    desk.job(target=RUNCOMFY)
    process = desk.start("submit", "job.yaml")
    until(lambda: "sending" in [run["state"] for run in desk.runs()])
    process.send_signal(signal.SIGINT)
    assert process.stderr
    until(lambda: "Finishing" in (process.stderr.readline() if process.stderr else ""))
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=30)
    assert process.returncode == 130
    [run] = desk.runs()
    assert run["state"] == "uncertain"


def test_a_terminal_sees_a_line_for_each_job(desk: Desktop) -> None:
    names = [desk.job("one.yaml"), desk.job("two.yaml", prompt="Two.")]
    ended, shown = at_a_terminal(desk, "submit", *names, "--wait")
    assert ended == 0, shown
    assert "0:0" in shown
    assert "about 0.17 USD" in shown
    assert "one.yaml" in shown
    assert "two.yaml" in shown


def at_a_terminal(desk: Desktop, *arguments: str, reply: bytes = b"") -> tuple[int, str]:
    """Run wanprep where somebody sits, and return its exit status and all that is shown."""
    reader, writer = pty.openpty()
    os.write(reader, reply)
    process = subprocess.Popen(
        [sys.executable, "-m", "wanprep", *arguments],
        cwd=desk.folder, stdin=writer, stdout=writer, stderr=writer,
    )  # fmt: skip
    os.close(writer)
    pieces: list[bytes] = []
    while piece := _read(reader):
        pieces.append(piece)
    os.close(reader)
    return process.wait(30), b"".join(pieces).decode()


def _read(reader: int) -> bytes:
    try:
        return os.read(reader, 65536)
    except OSError:  # how Linux says that the other end is closed
        return b""
