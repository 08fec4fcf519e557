"""`wanprep submit` as people and scripts call it, against the emulator."""

from __future__ import annotations

import json
import os
import pty
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import httpx
import pytest
from emulated import emulate
from loopback import Loopback
from names import Names, names
from PIL import Image
from submitting import DANCE, EVOLINK, OXEN, RUNCOMFY, WAVESPEED, Desktop, until

from wanprep.media import probe
from wanprep.plugins import (
    Accepted,
    Flow,
    HostedUrl,
    LocalFile,
    Order,
    Request,
    Sent,
    Settings,
    Status,
)
from wanprep.plugins.loading import installed

__all__ = ["names"]


@pytest.fixture
def session(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> Iterator[Desktop]:
    with emulate(speed=8) as emulator:
        yield Desktop(tmp_path, emulator, monkeypatch, capfd)


@pytest.mark.parametrize("target", [EVOLINK, OXEN, RUNCOMFY, WAVESPEED])
def test_submit_wait_and_download(session: Desktop, target: str) -> None:
    [run] = session.json("submit", "--yes", session.job(target=target), "--wait", "-o", "out")

    [video] = run["outputs"]
    assert Path(video) == session.folder / f"out/job-{run['id']}.mp4"
    assert probe(video).kind == "video"
    assert run["state"] == "succeeded"
    assert run["target"] == target
    assert run["provider_id"]
    assert run["job"] == str(session.folder / "job.yaml")
    assert run["error"] is None
    assert "succeeded" in session.err
    assert session.runs() == [run]
    about = json.loads((session.folder / f"out/job-{run['id']}.json").read_text())
    assert about["run"] == run["id"]
    assert about["assets"][0]["file"] in {"hero.png", "dance.mp4"}
    assert session.orders() == 1


def test_a_job_is_paid_once(session: Desktop) -> None:
    [first] = session.json("submit", session.job())
    assert first["state"] == "accepted"
    assert f"wanprep runs wait {first['id']}" in session.err

    (session.folder / "job.yaml").rename(session.folder / "other.yaml")
    [second] = session.json("submit", "other.yaml")
    assert second["id"] == first["id"]
    assert f"not sent: it was sent before, as run {first['id']} (accepted)" in session.err

    [third] = session.json("submit", "other.yaml", "--wait")
    assert third["state"] == "succeeded"
    [video] = third["outputs"]
    assert Path(video).parent == session.folder
    assert session.orders() == 1

    Path(video).unlink()
    [fourth] = session.json("submit", "other.yaml", "--wait")
    assert fourth["outputs"] == [video]
    assert Path(video).is_file(), "fetched again, since it was missing"
    requests = len(session.emulator.requests)
    session.json("submit", "other.yaml", "--wait")
    assert len(session.emulator.requests) == requests, "nothing is asked when all is there"
    assert session.orders() == 1

    [again] = session.json("submit", "other.yaml", "--again")
    assert again["id"] != first["id"]
    assert session.orders() == 2
    assert len(session.runs()) == 2


def test_the_same_job_twice_on_one_line(session: Desktop) -> None:
    output = session.json("submit", session.job("a.yaml"), session.job("b.yaml"), "--wait")
    assert output[0] == output[1]
    assert session.orders() == 1

    [run, _] = session.json(
        "submit", session.job("a.yaml", prompt="x"), session.job("b.yaml", prompt="x")
    )
    assert session.err.rstrip().endswith(f"wanprep runs wait {run['id']}")
    assert session.err.count(f"runs wait {run['id']} ") == 0, "each is named once"


def test_many_jobs_side_by_side(session: Desktop) -> None:
    names = [session.job(f"{number}.yaml", prompt=f"Walk {number}.") for number in range(4)]
    names.append(session.job("w.yaml", WAVESPEED))
    output = session.json("submit", "--yes", *names, "--wait")
    assert [run["state"] for run in output] == ["succeeded"] * 5
    assert len({run["outputs"][0] for run in output}) == 5
    uploads = [each for each in session.emulator.requests if "upload/stream" in each.path]
    assert len(uploads) == 1, "one image for all"


def test_a_refusal_by_the_check_sends_nothing(session: Desktop) -> None:
    good = session.job("good.yaml")
    (session.folder / "bad.yaml").write_text(f"target: {EVOLINK}\nprompt: Image 3 walks.\n"
                                          "references: [{image: ghost.png}]\n")  # fmt: skip
    assert session.json("submit", good, "bad.yaml", status=1) == []
    assert "asset-missing" in session.err
    assert "Nothing was sent." in session.err
    assert (session.orders(), session.runs()) == (0, [])


def test_a_job_that_cannot_be_read_stops_the_others(session: Desktop) -> None:
    assert session.wanprep("submit", session.job()) == 0
    (session.folder / "broken.yaml").write_text("target: [\n")
    assert session.wanprep("submit", "job.yaml", "broken.yaml") == 1
    assert "Nothing was sent." in session.err
    with (session.folder / "job.yaml").open("a") as file:
        file.write("---\nprompt: [\n")
    assert session.wanprep("submit", "job.yaml") == 1


def test_what_was_sent_before_needs_no_check(session: Desktop) -> None:
    session.json("submit", session.job())
    (session.folder / "other.yaml").write_text(
        (session.folder / "job.yaml").read_text().replace("She walks.", "Image 1 walks.")
    )
    (session.folder / "wanprep.toml").write_text("")
    assert session.wanprep("submit", "job.yaml", "other.yaml") == 0
    assert session.orders() == 2


def test_what_no_check_can_find_is_printed_once_before_it_is_sent(session: Desktop) -> None:
    jobs = [session.job(), session.job("other.yaml", prompt="She runs.")]
    assert session.wanprep("submit", *jobs) == 0
    assert session.err.count("Not checked:\n- Moderation") == 1
    assert session.wanprep("submit", *jobs) == 0
    assert "Not checked" not in session.err  # nothing is sent
    assert session.wanprep("submit", session.job("third.yaml", prompt="She sits."), "-q") == 0
    assert "Not checked" not in session.err


def test_unchecked_urls_are_accepted_with_offline(session: Desktop) -> None:
    (session.folder / "job.yaml").write_text(
        f"target: {EVOLINK}\nprompt: She walks.\n"
        "references: [{image: 'https://example.com/hero.png'}]\nparameters: {duration: 2}\n"
    )
    assert session.wanprep("submit", "job.yaml", "--offline", "--wait") == 0


@pytest.mark.parametrize(
    ("arguments", "text", "says"),
    [
        pytest.param([], "target: [{e}, {w}]\n", f"-t {EVOLINK}", id="several targets"),
        pytest.param([], "", "wan/2.7 is what several providers share", id="no target"),
        pytest.param(["hero.png"], "target: {e}\n", "only jobs can be submitted", id="an image"),
        pytest.param(["hero.txt"], "target: {e}\n", "that end in .yaml, .yml or .json", id="text"),
        pytest.param(["ghost.yaml"], "target: {e}\n", "no file, folder or match", id="no file"),
        pytest.param(["-t", "evolink/wan"], "", "there is no target", id="no such target"),
        pytest.param(["--max-cost", "-1"], "target: {e}\n", "not in the range", id="no sum"),
    ],
)
def test_usage_errors(session: Desktop, arguments: list[str], text: str, says: str) -> None:
    session.job()
    (session.folder / "hero.txt").write_text("She walks.\n")
    rest = (session.folder / "job.yaml").read_text().partition("\n")[2]
    (session.folder / "job.yaml").write_text(text.format(e=EVOLINK, w=WAVESPEED) + rest)
    assert session.wanprep("submit", "job.yaml", *arguments) == 2
    assert says in session.err
    assert (session.orders(), session.runs()) == (0, [])


@pytest.mark.parametrize("folder", ["job.yaml", "job.yaml/out", "shut/out"])
def test_an_unusable_output_folder_is_reported_before_anything_is_paid(
    session: Desktop, folder: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    shut = session.folder / "shut"
    shut.mkdir(0o500)
    if os.geteuid() == 0:  # whom no folder is shut to
        monkeypatch.setattr(os, "access", lambda path, _: not Path(path).samefile(shut))
    assert session.wanprep("submit", session.job(), "--wait", "-o", folder) == 2
    assert "results cannot be put into" in session.err
    assert session.orders() == 0
    assert session.runs() == []


def test_a_target_is_chosen_among_several(session: Desktop) -> None:
    session.job(target=f"[{EVOLINK}, {WAVESPEED}]")
    [run] = session.json("submit", "job.yaml", "-t", WAVESPEED)
    assert run["target"] == WAVESPEED
    output = session.json("submit", "job.yaml", "-t", WAVESPEED, "-t", EVOLINK)
    assert {each["target"] for each in output} == {EVOLINK, WAVESPEED}
    assert session.orders() == 2


def test_without_a_key_nothing_is_uploaded(
    session: Desktop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("EVOLINK_API_KEY")
    before = len(session.emulator.requests)
    assert session.wanprep("submit", session.job()) == 2
    assert "EVOLINK_API_KEY" in session.err
    assert len(session.emulator.requests) == before
    assert session.runs() == []


def test_what_has_no_field_is_refused_or_dropped(session: Desktop) -> None:
    session.job(target=RUNCOMFY)
    with (session.folder / "job.yaml").open("a") as file:
        file.write("first_frame: hero.png\n")
    assert session.wanprep("submit", "--yes", "job.yaml") == 2
    assert "RunComfy has no field for the first frame" in session.err
    assert "--drop" in session.err
    assert session.orders() == 0
    assert session.wanprep("submit", "--yes", "job.yaml", "--drop") == 0
    assert "sent without the first frame" in session.err

    assert session.wanprep("submit", "--yes", "job.yaml", "--dry-run", "--drop") == 0
    assert "# without the first frame" in session.out


# Money.


@pytest.mark.parametrize(
    ("targets", "arguments", "status", "says", "orders"),
    [
        pytest.param([EVOLINK], [], 0, "about 0.17 USD", 1, id="known"),
        pytest.param([EVOLINK], ["--max-cost", "0.01"], 1, "--max-cost 0.01. Nothing was", 0,
                     id="more than the maximum"),
        pytest.param([EVOLINK], ["--max-cost", "0.2", "--yes"], 0, "  not known: EvoLink's cur", 1,
                     id="less than the maximum"),
        pytest.param([RUNCOMFY], [], 2, "price of the job is unknown, and there is no terminal to "
                     "confirm it at. Pass --yes. Nothing was sent", 0, id="unknown"),
        pytest.param([RUNCOMFY], ["--yes"], 0, "price unknown", 1, id="any price"),
        pytest.param([RUNCOMFY], ["--yes", "--max-cost", "100"], 1, "price is unknown", 0,
                     id="unknown, and a maximum"),
        pytest.param([EVOLINK, RUNCOMFY], [], 2, "of 1 of 2 jobs is unknown, and the others may "
                     "cost up to 0.17 USD", 0, id="one unknown"),
        pytest.param([EVOLINK, RUNCOMFY], ["--max-cost", "9"], 1, "price is unknown", 0,
                     id="one unknown, and a maximum"),
    ],
)  # fmt: skip
def test_prices_without_a_terminal(
    session: Desktop, targets: list[str], arguments: list[str], status: int, says: str, orders: int
) -> None:
    jobs = [session.job(f"{number}.yaml", target) for number, target in enumerate(targets)]
    assert session.wanprep("submit", *jobs, *arguments) == status, session.err
    assert says in session.err
    assert session.orders() == orders
    uploads = [each for each in session.emulator.requests if each.method != "GET"]
    assert orders or not uploads


@pytest.mark.parametrize(
    ("ask_above", "status"),
    [pytest.param("", 2, id="1 USD"), pytest.param("submit = {ask-above = 2}\n", 0, id="set")],
)
def test_a_known_price_is_asked_about_above_a_sum(
    session: Desktop, ask_above: str, status: int
) -> None:
    settings = (session.folder / "wanprep.toml").read_text()
    (session.folder / "wanprep.toml").write_text(ask_above + settings)
    jobs = [session.job(f"{number}.yaml", prompt=f"Walk {number}.") for number in range(6)]
    assert session.wanprep("submit", *jobs) == status
    assert ("this may cost up to 1.03 USD" in session.err) == bool(status)
    assert ("Pass --yes, or --max-cost USD" in session.err) == bool(status)
    assert session.orders() == (0 if status else 6)
    assert session.wanprep("submit", *jobs, "--max-cost", "1.1") == 0
    assert session.orders() == 6


def test_a_dry_run_answers_the_maximum_as_the_submission_would(session: Desktop) -> None:
    job = session.job()
    assert session.wanprep("submit", job, "--dry-run", "--max-cost", "0.01") == 1
    assert "more than --max-cost 0.01" in session.err
    assert "POST " in session.out
    assert session.wanprep("submit", job, "--dry-run", "--max-cost", "0.2") == 0
    assert not (session.folder / "state").exists()
    other = session.job("r.yaml", RUNCOMFY)
    assert session.wanprep("submit", other, "--dry-run", "--max-cost", "100") == 1
    assert "price is unknown" in session.err
    assert session.wanprep("submit", job, other, "--yes") == 0
    command = ("submit", job, other, "--dry-run", "--max-cost", "0.01")
    assert session.wanprep(*command) == 0, "what was sent before is not paid for again"
    assert session.wanprep(*command, "--again") == 1
    assert session.orders() == 2


# Errors.


def test_a_lost_answer_is_recovered(session: Desktop) -> None:
    session.emulator.switch("lost-reply")
    [run] = session.json("submit", session.job(), "--wait")
    assert run["state"] == "succeeded"
    assert session.orders() == 1


def test_without_a_lookup_it_stays_uncertain(session: Desktop) -> None:
    session.emulator.switch("lost-reply")
    [run] = session.json("submit", "--yes", session.job(target=RUNCOMFY), "--wait", status=4)
    assert run["state"] == "uncertain"
    assert "--again" in session.err
    [same] = session.json("submit", "--yes", "job.yaml", "--wait", status=4)
    assert same["id"] == run["id"]
    assert session.orders() == 1, "and is never sent again by itself"
    [same] = session.json("runs", "wait", run["id"], status=4)
    assert same["id"] == run["id"]

    [new] = session.json("submit", "--yes", "job.yaml", "--again", "--wait")
    assert new["id"] != run["id"]
    assert session.orders() == 2


def test_an_idempotent_order_is_repeated_under_its_own_key(session: Desktop) -> None:
    session.emulator.switch("lost-request")
    [run] = session.json("submit", session.job(), status=4)
    assert run["state"] == "uncertain"
    assert session.orders() == 0

    [again] = session.json("submit", "job.yaml", "--again", "--wait")
    assert (again["id"], again["state"]) == (run["id"], "succeeded")
    keys = [
        each.headers["idempotency-key"]
        for each in session.emulator.requests[-40:]
        if each.method == "POST" and each.path.endswith("/v1/videos/generations")
    ]
    assert keys[-1] == keys[-2]
    assert session.orders() == 1


@pytest.mark.untraced
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
        pytest.param("unknown-state", EVOLINK, 0, "succeeded", 1, id="an undocumented word"),
        pytest.param("html-result", EVOLINK, 1, "succeeded", 1, id="a page for a video"),
    ],
)
def test_faults(
    session: Desktop, fault: str, target: str, status: int, state: str, orders: int
) -> None:
    session.job(target=target)
    session.emulator.switch(fault)
    [run] = session.json("submit", "--yes", "job.yaml", "--wait", "-o", "out", status=status)
    assert run["state"] == state
    assert session.orders() == orders
    assert (run["error"] is None) == (state == "succeeded" and status == 0)
    if status:
        assert run["outputs"] == [] or run["outputs"][0].startswith("http")
        assert not list(session.folder.glob("out/*.mp4"))


def test_a_refused_or_failed_job_is_sent_anew(session: Desktop) -> None:
    session.emulator.switch("fail")
    [failed] = session.json("submit", session.job(), "--wait", status=1)
    assert "failed" in session.err
    session.emulator.switch()
    [run] = session.json("submit", "job.yaml", "--wait")
    assert run["id"] != failed["id"]


def test_an_unknown_state_that_stays_is_uncertain(session: Desktop) -> None:
    session.emulator.switch("unknown-state=1000", "never-finishes")
    [run] = session.json("submit", session.job(), "--wait", status=4)
    assert run["state"] == "accepted"
    assert "EvoLink has reported 'warming_up' 30 times in a row" in session.err
    assert f"wanprep runs wait {run['id']}" in session.err
    session.emulator.switch()
    [job] = session.emulator.jobs
    job.endless = False
    job.outcome.set_result(DANCE)
    [run] = session.json("runs", "wait", run["id"])
    assert run["state"] == "succeeded"
    assert session.orders() == 1


def test_a_dead_link_is_renewed(session: Desktop) -> None:
    session.emulator.switch("expired-link")
    [run] = session.json("submit", session.job(), "--wait")
    assert Path(run["outputs"][0]).is_file()


def test_a_file_that_changes_meanwhile_is_not_paid_for(
    session: Desktop, monkeypatch: pytest.MonkeyPatch
) -> None:
    def change_and_host(file: LocalFile, _: str) -> HostedUrl:
        Image.new("RGB", (320, 320), "red").save(file.path)
        url = f"{session.emulator.url}/files/{file.name}"
        httpx.put(url, content=Path(file.path).read_bytes()).raise_for_status()
        return HostedUrl(url)

    monkeypatch.setitem(installed().load_all().hosts, "odd", change_and_host)
    settings = session.folder / "wanprep.toml"
    settings.write_text('[hosts]\nevolink = "odd://x"\n')
    assert session.wanprep("submit", session.job()) == 1
    assert "hero.png has changed since it was checked. Run this again" in session.err
    assert "It was not sent." in session.err
    assert (session.orders(), session.runs()) == (0, [])
    settings.write_text("")
    assert session.wanprep("submit", "job.yaml") == 0
    assert session.orders() == 1


# Emulation and dry runs.


def test_emulated_for_this_one_command(session: Desktop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("EVOLINK_API_KEY")
    monkeypatch.setenv("WANPREP_EVOLINK_FILES_BASE_URL", "https://files.example")
    [run] = session.json("submit", session.job(), "--emulate", "-o", "out")
    assert Path(run["outputs"][0]).is_file()
    assert session.orders() == 0, "in an emulator of its own"
    assert run["id"] is None, "it would lead nowhere"
    assert session.wanprep("submit", "job.yaml", "--emulate", "-o", "out") == 0
    assert session.out.startswith("emulated  succeeded  evolink/")
    [video, _] = sorted((session.folder / "out").glob("*.mp4"))
    assert video.stem.removeprefix("job-") not in session.err
    assert not (session.folder / "state").exists()


def test_emulation_leaves_urls_alone(session: Desktop, monkeypatch: pytest.MonkeyPatch) -> None:
    job = session.folder / session.job()
    job.write_text(job.read_text().replace("hero.png", "https://cdn.example.com/a.png"))
    with Loopback({}) as proxy:
        monkeypatch.setenv("https_proxy", proxy.url)
        [run] = session.json("submit", job.name, "--emulate", status=None)
    assert run["state"] in {"succeeded", "failed"}
    assert proxy.heard == []


ELSEWHERE: Final = "https://api.example.com/v1"


def orders_elsewhere(_: Order) -> Flow[Accepted]:
    yield Request(method="POST", url=ELSEWHERE)
    return Accepted(provider_id="job-1")


def uploads_elsewhere(_: LocalFile, __: Settings) -> Flow[HostedUrl]:
    yield Request(method="PUT", url=ELSEWHERE, json={})
    return HostedUrl(ELSEWHERE)


def polls_elsewhere(_: Sent) -> Flow[Status]:
    yield Request(method="GET", url=ELSEWHERE)
    return Status(state="succeeded", word="x", outputs=(ELSEWHERE,))


def ends_elsewhere(_: Sent) -> Flow[Status]:
    yield from ()
    return Status(state="succeeded", word="x", outputs=(ELSEWHERE,))


@pytest.mark.parametrize(
    ("flow", "status", "proxy"),
    [
        pytest.param({"submit": orders_elsewhere}, 1, False, id="order"),
        pytest.param({"submit": orders_elsewhere}, 1, True, id="order, through a proxy"),
        pytest.param({"upload": uploads_elsewhere}, 1, True, id="upload"),
        pytest.param({"poll": polls_elsewhere}, 4, False, id="poll"),
        pytest.param({"poll": ends_elsewhere}, 1, True, id="result"),
    ],
)
def test_emulation_connects_to_this_machine_alone(
    session: Desktop,
    names: Names,
    monkeypatch: pytest.MonkeyPatch,
    flow: dict[str, Any],
    status: int,
    proxy: bool,
) -> None:
    evolink = installed().provider("evolink")
    monkeypatch.setitem(installed().providers, "evolink", replace(evolink, **flow))
    with Loopback({}) as outside:
        if proxy:  # on this machine, as those of companies often are
            monkeypatch.setenv("https_proxy", outside.url)
        assert session.wanprep("submit", session.job(), "--emulate") == status, session.err
    assert "leads away from this machine" in session.err
    assert set(names.connected) <= {"127.0.0.1"}
    assert names.asked == []
    assert outside.heard == []


def test_a_provider_without_an_emulator_is_sent_nothing(session: Desktop) -> None:
    evolink = Path(__file__).parents[2] / "plugins/wanprep_evolink"
    targets = session.folder / "wanprep_own/targets"
    targets.mkdir(parents=True)
    for file in [evolink / "provider.json", *(evolink / "targets").iterdir()]:
        text = file.read_text().replace('"evolink', '"own')
        (session.folder / "wanprep_own" / file.relative_to(evolink)).write_text(text)
    (session.folder / "wanprep.toml").write_text('target-folders = ["wanprep_own/targets"]\n')
    session.job(target="own/wan2.7-reference-video")
    assert session.wanprep("submit", "job.yaml", "--emulate") == 2
    assert "own has no emulator. Submit without --emulate" in session.err
    assert session.emulator.requests == []


def test_a_dry_run_touches_nothing(session: Desktop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WANPREP_EVOLINK_BASE_URL", "https://127.0.0.1:1")
    monkeypatch.setenv("EVOLINK_API_KEY", "canary-0123456789")
    [shown] = session.json("submit", session.job(), "--dry-run")
    upload, order = shown["requests"]
    assert upload["file"]["content_type"] == "image/png"
    assert order["method"] == "POST"
    assert order["url"] == "https://127.0.0.1:1/v1/videos/generations"
    assert order["headers"]["Authorization"] == "Bearer ***"
    assert order["body"]["quality"] == "720p"
    assert not (session.folder / "state").exists()

    assert session.wanprep("submit", "job.yaml", "--dry-run") == 0
    assert "POST https://127.0.0.1:1/v1/videos/generations\n" in session.out
    assert '"duration": 2' in session.out
    assert "canary" not in session.out + session.err

    (session.folder / "job.yaml").write_text(f"target: {EVOLINK}\nreferences: []\n")
    assert session.wanprep("submit", "job.yaml", "--dry-run") == 1


def test_a_dry_run_says_what_is_not_confirmed(session: Desktop) -> None:
    assert session.wanprep("submit", session.job(target=OXEN), "--dry-run") == 0
    assert "# no documentation confirms the name of " in session.out


def test_no_key_is_written_anywhere(session: Desktop, monkeypatch: pytest.MonkeyPatch) -> None:
    canary = "canary-b7c2e9d4f1a8"
    for name in ("EVOLINK_API_KEY", "RUNCOMFY_API_TOKEN"):
        monkeypatch.setenv(name, canary)
    printed = []
    for fault, target in (("slow=1", EVOLINK), ("bad-key", RUNCOMFY), ("lost-reply", RUNCOMFY)):
        session.emulator.switch(fault)
        session.wanprep(
            "submit", "--yes", session.job(target=target, prompt=f"A {fault}."), "--wait"
        )
        printed += [session.out, session.err]
    for run in session.runs():
        session.wanprep("runs", "show", run["id"])
        printed += [session.out, session.err]
    assert any(canary in str(each.headers) for each in session.emulator.requests), "it was sent"
    assert canary not in "".join(printed)
    for file in session.folder.rglob("*"):
        if file.is_file():
            assert canary.encode() not in file.read_bytes(), file


# Processes.


def test_two_at_once_send_once(session: Desktop) -> None:
    session.job()
    session.emulator.switch("slow=2")
    racers = [session.start("submit", "job.yaml", "--wait", "-o", "out") for _ in range(2)]
    output = [racer.communicate(timeout=60) for racer in racers]
    assert [racer.returncode for racer in racers] == [0] * 2, output
    assert session.orders() == 1
    assert len(list(session.folder.glob("out/*.mp4"))) == 1


def test_ctrl_c_ends_the_waiting_and_not_the_job(session: Desktop) -> None:
    session.emulator.switch("never-finishes")
    process = session.start("submit", session.job(), "--wait")
    until(lambda: session.orders() == 1)
    until(lambda: [run["state"] for run in session.runs()] == ["accepted"])
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=30)
    assert process.returncode == 130
    [run] = session.runs()
    assert f"wanprep runs wait {run['id']}" in err
    assert f"{run['id']}  accepted" in out
    assert run["state"] == "accepted"
    assert "Traceback" not in err


def test_ctrl_c_lets_an_order_finish(session: Desktop) -> None:
    session.emulator.switch("slow=10")
    session.job()
    process = session.start("submit", "job.yaml", "--wait")
    until(lambda: "sending" in [run["state"] for run in session.runs()])
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=30)
    assert process.returncode == 130, err
    assert "Finishing what is being sent" in err
    [run] = session.runs()
    assert run["state"] == "accepted"
    assert session.orders() == 1
    assert run["id"] in out


def test_ctrl_c_twice_leaves_at_once_and_the_order_uncertain(session: Desktop) -> None:
    session.emulator.switch("slow=10")
    session.job(target=RUNCOMFY)
    process = session.start("submit", "--yes", "job.yaml")
    until(lambda: "sending" in [run["state"] for run in session.runs()])
    process.send_signal(signal.SIGINT)
    assert process.stderr
    until(lambda: "Finishing" in (process.stderr.readline() if process.stderr else ""))
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=30)
    assert process.returncode == 130
    [run] = session.runs()
    assert run["state"] == "uncertain"


def test_at_a_terminal_it_asks_and_shows_a_row_for_each_job(session: Desktop) -> None:
    names = [session.job("one.yaml", RUNCOMFY), session.job("two.yaml", prompt="Two.")]
    ended, shown = at_a_terminal(session, "submit", "one.yaml", reply=b"n\n")
    assert "The price of the job is unknown. Send it?" in shown
    assert (ended, session.orders()) == (1, 0), shown

    ended, shown = at_a_terminal(session, "submit", *names, "--wait", reply=b"y\n")
    question, rows = shown.split("Send it?")
    assert "about 0.17 USD" in question
    assert "The price of 1 of 2 jobs is unknown, and the others may cost up to 0.17" in question
    assert (ended, session.orders()) == (0, 2), shown
    assert "0:0" in rows
    assert "one.yaml" in rows
    assert "two.yaml" in rows


def at_a_terminal(session: Desktop, *arguments: str, reply: bytes = b"") -> tuple[int, str]:
    """Run wanprep at a terminal, and return its exit status and all that is shown."""
    reader, writer = pty.openpty()
    os.write(reader, reply)
    process = subprocess.Popen(
        [sys.executable, "-m", "wanprep", *arguments],
        cwd=session.folder, stdin=writer, stdout=writer, stderr=writer,
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
