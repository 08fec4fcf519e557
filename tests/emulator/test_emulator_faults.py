from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from emulated import FPS, SERVICES, Service, client, emulate, frames, submit, until

from wanprep.emulator import Emulator
from wanprep.emulator.faults import FAULTS, Faults
from wanprep.errors import UsageError

pytest_plugins = ["emulated_fixtures"]

EVERYWHERE = pytest.mark.parametrize("name", SERVICES)


@pytest.fixture
def service(name: str) -> Service:
    return SERVICES[name]


@pytest.fixture
def site(emulator: Emulator, name: str) -> Iterator[httpx.Client]:
    with client(emulator, name) as opened:
        yield opened


def finished_link(service: Service, site: httpx.Client) -> str:
    name = service.name(submit(service, site).json())
    answer = until(
        lambda: site.get(service.poll.format(name)).json(),
        lambda answer: service.word(answer) == service.done,
    )
    return service.link(answer)


@EVERYWHERE
@pytest.mark.parametrize(("fault", "jobs"), [("lost-reply", 1), ("lost-request", 0)])
def test_lost_requests_and_replies(
    emulator: Emulator, service: Service, site: httpx.Client, fault: str, jobs: int
) -> None:
    emulator.switch(fault)
    with pytest.raises(httpx.RemoteProtocolError):
        submit(service, site)
    assert len(emulator.jobs) == jobs
    assert submit(service, site).is_success, "it happens once"


def test_a_replay_after_a_lost_reply(emulator: Emulator) -> None:
    emulator.switch("lost-reply")
    evolink = SERVICES["evolink"]
    key = {"Idempotency-Key": "0123456789abcdef"}
    with client(emulator, "evolink") as site:
        with pytest.raises(httpx.RemoteProtocolError):
            site.post(evolink.submit, json=evolink.body, headers=key)
        again = site.post(evolink.submit, json=evolink.body, headers=key)
    assert again.headers["idempotency-replayed"] == "true"
    assert [job.id for job in emulator.jobs] == [evolink.name(again.json())]


@EVERYWHERE
@pytest.mark.parametrize(
    ("fault", "status", "jobs"),
    [
        ("bad-key", 401, 0),
        ("rate-limit", 429, 0),
        ("server-error", 500, 0),
        ("server-error-taken", 500, 1),
    ],
)
def test_errors_on_submit(
    emulator: Emulator, service: Service, site: httpx.Client, fault: str, status: int, jobs: int
) -> None:
    emulator.switch(f"{fault}=1")
    answer = submit(service, site)
    assert answer.status_code == status
    assert service.message(answer.json())
    assert answer.headers.get("retry-after") == ("1" if status == 429 else None)
    assert len(emulator.jobs) == jobs
    assert submit(service, site).is_success


@EVERYWHERE
def test_half_a_reply(emulator: Emulator, service: Service, site: httpx.Client) -> None:
    emulator.switch("half-answer")
    with pytest.raises(httpx.RemoteProtocolError, match="complete message"):
        submit(service, site)
    assert len(emulator.jobs) == 1


@EVERYWHERE
def test_errors_on_poll(emulator: Emulator, service: Service, site: httpx.Client) -> None:
    emulator.switch("never-finishes=1", "poll-error=1", "unknown-state=1")
    path = service.poll.format(service.name(submit(service, site).json()))
    answers = [site.get(path) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [503, 200, 200]
    assert service.word(answers[1].json()) == "warming_up"
    assert service.word(answers[2].json()) != "warming_up"


@EVERYWHERE
def test_a_job_fails(emulator: Emulator, service: Service, site: httpx.Client) -> None:
    emulator.switch("fail=1")
    path = service.poll.format(service.name(submit(service, site).json()))
    ends = {"failed", "completed"}
    answer = until(lambda: site.get(path), lambda answer: service.word(answer.json()) in ends)
    assert "usage policy" in answer.text
    with pytest.raises((KeyError, IndexError, TypeError, AssertionError)):
        assert service.link(answer.json()) != "None"


def test_a_job_never_finishes() -> None:
    with emulate(speed=50, faults=["never-finishes"]) as emulator:
        runcomfy = SERVICES["runcomfy"]
        with client(emulator, "runcomfy") as site:
            path = runcomfy.poll.format(runcomfy.name(submit(runcomfy, site).json()))
            time.sleep(0.3)  # ten lives of a job
            assert runcomfy.word(site.get(path).json()) == "in_progress"
        assert list(emulator._state.folder.iterdir()) == [], "no video is rendered"


def test_faults_of_downloads(emulator: Emulator) -> None:
    evolink = SERVICES["evolink"]
    with client(emulator, "evolink") as site, client(emulator, key="") as world:
        link = finished_link(evolink, site)
        whole = world.get(link).content

        emulator.switch("truncated-download")
        with pytest.raises(httpx.RemoteProtocolError, match="complete message"):
            world.get(link)

        emulator.switch("html-result", "expired-link", "damaged-result")
        assert world.head(link).status_code == 403, "links expire for HEAD as well"
        assert world.head(link).headers["content-type"] == "video/mp4"
        page = world.get(link)
        assert page.is_success
        assert page.headers["content-type"] == "text/html"
        half = world.get(link).content
        assert half == whole[: len(whole) // 2]
        assert world.get(link).content == whole, "each happens once"


def test_a_video_is_shorter_than_ordered(emulator: Emulator, tmp_path: Path) -> None:
    emulator.switch("short-result")
    with client(emulator, "runcomfy") as site, client(emulator, key="") as world:
        video = world.get(finished_link(SERVICES["runcomfy"], site)).content
    path = tmp_path / "v.mp4"
    path.write_bytes(video)
    assert frames(path) == 2 * FPS, "half of five seconds"


def test_slow_replies(emulator: Emulator) -> None:
    emulator.switch("slow=1")
    with client(emulator, "evolink") as site:
        before = time.monotonic()
        site.get("/v1/credits")
        assert time.monotonic() - before >= 0.25, "2 s at speed 1"


def test_faults_are_switched_over_http(emulator: Emulator) -> None:
    with client(emulator, key="") as world:
        on = world.post("/_faults", json={"faults": ["fail", "rate-limit", "lost-reply=7"]}).json()
        wrong = [
            world.post("/_faults", json={"faults": ["flood"]}),
            world.post("/_faults", json={"faults": "fail"}),
            world.post("/_faults", content=b"{"),
            world.post("/_faults", content=b"[]"),
        ]
        assert world.get("/_faults").json() == on, "what is wrong changes nothing"
        off = world.post("/_faults", json={"faults": []}).json()
    assert on == {"faults": {"fail": None, "rate-limit": 2, "lost-reply": 7}}
    assert [answer.status_code for answer in wrong] == [400] * 4
    assert "Choose from: bad-key" in wrong[0].json()["error"]
    assert off == {"faults": {}}


def test_faults_are_counted() -> None:
    faults = Faults(["fail", "rate-limit=2"])
    assert [faults.trigger("rate-limit") for _ in range(3)] == [True, True, False]
    assert all(faults.trigger("fail") for _ in range(5))
    assert faults.left() == {"fail": None}


@pytest.mark.parametrize("name", ["flood", "fail=", "fail=0", "fail=-1", "fail=often"])
def test_invalid_faults(name: str) -> None:
    with pytest.raises(UsageError, match=r"Choose from: |whole number from 1"):
        Faults([name])


def test_the_table_is_sorted() -> None:
    assert list(FAULTS) == sorted(FAULTS)
