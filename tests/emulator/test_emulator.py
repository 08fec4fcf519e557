from __future__ import annotations

import contextlib
import json
import socket
import threading
import time
from pathlib import Path

import httpx
import pytest
from emulated import SERVICES, client, emulate, submit, until

from wanprep.emulator import Emulator, Failure
from wanprep.errors import UsageError

pytest_plugins = ["emulated_fixtures"]


def test_environment(emulator: Emulator) -> None:
    environment = emulator.environment
    assert environment["WANPREP_EVOLINK_BASE_URL"] == f"{emulator.url}/evolink"
    assert emulator.url.startswith("http://127.0.0.1:")
    files = (Path(__file__).parents[2] / "plugins").glob("wanprep_*/provider.json")
    keys = {json.loads(file.read_text("utf-8"))["keys"]["environment"][0] for file in files}
    assert {name for name, value in environment.items() if "emulated" in value} == keys


@pytest.mark.parametrize("name", SERVICES)
def test_any_key_is_accepted_but_none(emulator: Emulator, name: str) -> None:
    service = SERVICES[name]
    for key, status in (("", 401), ("any", 200)):
        with client(emulator, name, key=key) as site:
            assert submit(service, site).status_code == status
    basic = {"Authorization": "Basic emulated"}
    with client(emulator, name, key="") as site:
        assert site.post(service.submit, json={}, headers=basic).status_code == 401


@pytest.mark.parametrize("name", SERVICES)
def test_unknown_paths_and_invalid_bodies(emulator: Emulator, name: str) -> None:
    service = SERVICES[name]
    with client(emulator, name) as site:
        unknown = site.get("/strange")
        method = site.delete(service.submit)
        broken = site.post(service.submit, content=b"{")
    assert [unknown.status_code, method.status_code, broken.status_code] == [404, 404, 400]
    assert service.message(broken.json()) == "the body is not JSON"


def test_requests_are_remembered(emulator: Emulator) -> None:
    with client(emulator, "wavespeed") as site:
        site.post("/api/v3/x?webhook=https%3A%2F%2Fa.example", content=b"y" * 2_000_000)
    (request,) = emulator.requests
    assert (request.method, request.path) == ("POST", "/wavespeed/api/v3/x")
    assert request.query == {"webhook": "https://a.example"}
    assert request.key == "emulated"
    assert len(request.body) == 1_000_000, "of a long body only the beginning"


def test_the_log_has_no_secrets() -> None:
    lines: list[str] = []
    with emulate(log=lines.append) as emulator:
        with client(emulator, "evolink", key="canary") as site:
            site.get("/v1/credits?token=canary", headers={"X-Note": "canary"})
        assert lines == ["GET /evolink/v1/credits 200"]
        emulator.switch("lost-request")
        with client(emulator, "oxen") as site, pytest.raises(httpx.RemoteProtocolError):
            site.post("/api/ai/queue", json={})
    assert lines[1:] == ["POST /oxen/api/ai/queue cut"]


def test_a_port_that_is_taken() -> None:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        port = listener.getsockname()[1]
        with pytest.raises(UsageError, match=f"port {port} is not available"):
            emulate(port=port)


def test_the_bucket_ranges_and_head(emulator: Emulator) -> None:
    content = bytes(range(256)) * 4
    with client(emulator, key="") as world:
        url = "/files/folder/name%20with%20blank.bin"
        assert world.put(url, content=content, headers={"Content-Type": "image/png"}).is_success
        head = world.head(url)
        answers = {
            ranges: world.get(url, headers={"Range": f"bytes={ranges}"})
            for ranges in ("0-9", "1000-", "-4", "1020-9999", "5000-", "9-2", "-", "a-b")
        }
        missing = world.get("/files/none")
    assert head.headers["content-length"] == "1024"
    assert head.headers["content-type"] == "image/png"
    assert head.content == b""
    assert answers["0-9"].status_code == 206
    assert answers["0-9"].headers["content-range"] == "bytes 0-9/1024"
    assert answers["0-9"].content == content[:10]
    assert answers["1000-"].content == content[1000:]
    assert answers["-4"].content == content[-4:]
    assert answers["1020-9999"].content == content[1020:]
    assert answers["5000-"].status_code == answers["9-2"].status_code == 416
    assert answers["-"].content == answers["a-b"].content == content
    assert missing.status_code == 404
    assert b"<Code>NoSuchKey</Code>" in missing.content


def test_forms_keep_every_byte(emulator: Emulator) -> None:
    ends = [b"\r", b"\n", b"\r\n", b"--", b"", b"\x0b\x0c\x1c\x85\xff", b"\r\n--"]
    contents = [bytes(range(256)) * 3 + end for end in ends]
    with client(emulator, "wavespeed") as site, client(emulator, key="") as world:
        for content in contents:
            file = {"file": ("ä'\"b.png", content, "image/png")}
            stored = site.post("/api/v3/media/upload/binary", files=file).json()["data"]
            assert stored["size"] == len(content)
            assert world.get(stored["download_url"]).content == content


def test_bodies_in_chunks(emulator: Emulator) -> None:
    pieces = [b"a" * 10, b"b" * 100_000]
    with client(emulator, key="") as world:
        world.put("/files/a", content=iter(pieces))
        assert world.get("/files/a").content == b"".join(pieces)


def test_a_body_that_is_too_large(emulator: Emulator) -> None:
    address = emulator.url.removeprefix("http://").split(":")
    with socket.create_connection((address[0], int(address[1])), 20) as connection:
        connection.sendall(b"PUT /files/a HTTP/1.1\r\nContent-Length: 300000001\r\n\r\n")
        assert connection.recv(100).startswith(b"HTTP/1.1 413 ")


def test_results_need_a_signed_link_and_no_key(emulator: Emulator) -> None:
    evolink = SERVICES["evolink"]
    with client(emulator, "evolink") as site, client(emulator, key="") as world:
        name = evolink.name(submit(evolink, site).json())
        task = until(
            lambda: site.get(evolink.poll.format(name)).json(),
            lambda task: evolink.word(task) == "completed",
        )
        link = evolink.link(task)
        assert world.get(link).is_success
        for tampered in ("Expires=9999999999&Signature=0", ""):
            assert world.get(f"{link.partition('?')[0]}?{tampered}").status_code == 403
        assert site.get(link).status_code == 400, "a key must not be sent there"


def test_links_and_uploads_expire(
    emulator: Emulator, red_image: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    evolink = SERVICES["evolink"]
    with client(emulator, "evolink") as site, client(emulator, key="") as world:
        file = {"file": ("a.png", red_image.read_bytes(), "image/png")}
        file_url = site.post("/api/v1/files/upload/stream", files=file).json()["data"]["file_url"]
        path = evolink.poll.format(evolink.name(submit(evolink, site).json()))
        task = until(lambda: site.get(path).json(), lambda task: evolink.word(task) == "completed")
        clock = time.time
        for hours, link, upload in ((23, 200, 200), (25, 403, 200), (73, 403, 404)):
            monkeypatch.setattr(time, "time", lambda late=hours * 3600: clock() + late)
            assert world.get(evolink.link(task)).status_code == link
            assert world.get(file_url).status_code == upload
        again = evolink.link(site.get(path).json())
        assert world.get(again).is_success, "asking once more gives a fresh link"


def test_a_link_to_an_unfinished_job(emulator: Emulator) -> None:
    with client(emulator, "wavespeed") as site, client(emulator, key="") as world:
        emulator.switch("never-finishes")
        submit(SERVICES["wavespeed"], site)
        early = world.get(emulator._state.result_link(emulator.jobs[0], lifetime=60))
    assert early.status_code == 404


def test_the_same_video_is_rendered_once(
    emulator: Emulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    runcomfy = SERVICES["runcomfy"]
    with client(emulator, "runcomfy") as site:
        submit(runcomfy, site)
        first = emulator.jobs[0].outcome.result(30)
        monkeypatch.setenv("IMAGEIO_FFMPEG_EXE", "false")  # which renders nothing
        submit(runcomfy, site)
        site.post(runcomfy.submit, json={**runcomfy.body, "duration": 3})
    again, another = (job.outcome.result(30) for job in emulator.jobs[1:])
    assert isinstance(first, Path)
    assert isinstance(again, Path)
    assert again.read_bytes() == first.read_bytes()
    assert isinstance(another, Failure)


def test_closing_leaves_nothing_behind(red_image: Path) -> None:
    before = set(threading.enumerate())
    emulator = emulate()
    folder = emulator._state.folder
    with client(emulator, "oxen") as site, client(emulator, key="") as idle:
        idle.put("/files/a", content=red_image.read_bytes())
        for _ in range(8):
            submit(SERVICES["oxen"], site)  # their videos are being made
        blocked = threading.Thread(target=lambda: _generate(site))
        blocked.start()
        until(lambda: len(emulator.requests), lambda count: count >= 10)
        emulator.close()
        emulator.close()
        blocked.join(30)
    assert not folder.exists()
    assert {job.phase for job in emulator.jobs} <= {"queued", "running", "succeeded", "failed"}
    assert set(threading.enumerate()) <= before
    with pytest.raises(httpx.ConnectError):
        httpx.get(emulator.url, trust_env=False)


def _generate(site: httpx.Client) -> None:
    body = SERVICES["oxen"].body
    with contextlib.suppress(httpx.HTTPError):
        site.post("/api/ai/videos/generate", json=body)
