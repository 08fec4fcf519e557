from __future__ import annotations

from pathlib import Path
from typing import Any

import httpx
import pytest
from emulated import FPS, client, color_at, frames, is_near, until

from wanprep.emulator import Emulator

pytest_plugins = ["emulated_fixtures"]

SUBMIT = "/api/v3/alibaba/wan-2.7/reference-to-video"
BODY: dict[str, Any] = {
    "prompt": "Video 1 dances.",
    "videos": ["https://example.com/a.mp4"],
    "duration": 2,
}


def submit(site: httpx.Client, **changes: Any) -> httpx.Response:
    return site.post(SUBMIT, json=BODY | changes)


def data(answer: httpx.Response) -> Any:
    body = answer.json()
    assert (body["code"], body["message"]) == (200, "success")
    return body["data"]


def finish(site: httpx.Client, name: str) -> dict[str, Any]:
    return until(
        lambda: dict(data(site.get(f"/api/v3/predictions/{name}/result"))),
        lambda job: job["status"] in {"completed", "failed"},
    )


def test_from_upload_to_result(emulator: Emulator, blue_clip: Path, tmp_path: Path) -> None:
    with client(emulator, "wavespeed") as site, client(emulator, key="") as world:
        file = {"file": ("dance.mp4", blue_clip.read_bytes(), "video/mp4")}
        stored = data(site.post("/api/v3/media/upload/binary", files=file))
        assert world.get(stored["download_url"]).content == blue_clip.read_bytes()

        accepted = data(submit(site, videos=[stored["download_url"]], aspect_ratio="1:1"))
        assert accepted["status"] == "created"
        assert accepted["outputs"] == []
        assert accepted["error"] == ""
        job = finish(site, accepted["id"])
        video = world.get(job["outputs"][0])

    assert (stored["type"], stored["filename"]) == ("video", "dance.mp4")
    assert stored["size"] == blue_clip.stat().st_size
    assert job["has_nsfw_contents"] == [False]
    assert job["timings"]["inference"] > 0
    path = tmp_path / "result.mp4"
    path.write_bytes(video.content)
    assert frames(path) == 2 * FPS
    assert is_near(color_at(path, 1), (20, 20, 220))


def test_the_upload_in_two_steps(emulator: Emulator, red_image: Path) -> None:
    content = red_image.read_bytes()
    file = {"filename": "hero one.png", "size": len(content), "content_type": "image/png"}
    with client(emulator, "wavespeed") as site, client(emulator, key="") as world:
        announced = data(site.post("/api/v3/media/uploads", json=file))
        way = announced["upload"]
        early = world.get(announced["download_url"])
        with_key = site.put(way["url"], content=content, headers=way["headers"])
        short = world.put(way["url"], content=content[:9], headers=way["headers"])
        other = world.put(way["url"], content=content, headers={"Content-Type": "image/jpeg"})
        nowhere = world.put("/announced/x/y", content=content)
        done = world.put(way["url"], content=content, headers=way["headers"])
        got = world.get(announced["download_url"])

    assert way["method"] == "PUT"
    refused = [early, with_key, short, other, nowhere]
    assert [answer.status_code for answer in refused] == [404, 400, 403, 403, 403]
    assert b"Only one auth mechanism" in with_key.content
    assert done.is_success
    assert got.content == content
    assert got.headers["content-type"] == "image/png"


def test_an_announcement_needs_a_size_and_a_kind(emulator: Emulator) -> None:
    with client(emulator, "wavespeed") as site:
        by_name = site.post("/api/v3/media/uploads", json={"filename": "a.png", "size": 3})
        wrong = [
            site.post("/api/v3/media/uploads", json={"filename": "a.png"}),
            site.post("/api/v3/media/uploads", json={"filename": "a.xyz", "size": 3}),
        ]
    assert data(by_name)["upload"]["headers"] == {"Content-Type": "image/png"}
    assert [answer.json()["code"] for answer in wrong] == [1400, 1401]


@pytest.mark.parametrize(
    ("changes", "code", "message"),
    [
        pytest.param({"videos": []}, 1401, "videos", id="no-video"),
        pytest.param({"videos": ["https://a.example/a.mp4"] * 5}, 1401, "videos", id="five"),
        pytest.param({"duration": 11}, 1401, "duration", id="11-seconds"),
        pytest.param({"resolution": "720P"}, 1401, "resolution", id="case"),
        pytest.param({"image": "refs/a.png"}, 1401, "Image", id="local-path"),
        pytest.param({"seed": -2}, 1401, "seed", id="seed"),
    ],
)
def test_refused(
    shared_emulator: Emulator, changes: dict[str, Any], code: int, message: str
) -> None:
    with client(shared_emulator, "wavespeed") as site:
        answer = submit(site, **changes)

    assert answer.status_code == 400
    assert answer.json()["code"] == code
    assert message in answer.json()["message"]
    assert answer.json()["data"] is None
    assert shared_emulator.jobs == []


def test_a_missing_field_and_an_unsafe_webhook(emulator: Emulator) -> None:
    with client(emulator, "wavespeed") as site:
        missing = site.post(SUBMIT, json={"prompt": "x"})
        unsafe = site.post(SUBMIT, params={"webhook": "http://a.example/hook"}, json=BODY)
        fine = site.post(SUBMIT, params={"webhook": "https://a.example/hook"}, json=BODY)
    assert missing.json()["code"] == 1400
    assert unsafe.json()["code"] == 1401
    assert fine.is_success


def test_an_unknown_key_is_dropped_and_defaults_are_billed(emulator: Emulator) -> None:
    with client(emulator, "wavespeed") as site:
        body = {name: value for name, value in BODY.items() if name != "duration"}
        assert site.post(SUBMIT, json=body | {"durations": 10}).is_success
    assert emulator.jobs[0].body["duration"] == 5
    assert "durations" not in emulator.jobs[0].body


def test_lists(emulator: Emulator) -> None:
    with client(emulator, "wavespeed") as site:
        names = [data(submit(site))["id"] for _ in range(2)]
        found = data(site.post("/api/v3/predictions", json={"page": 1, "page_size": 1}))
        old = data(
            site.post("/api/v3/predictions", json={"created_before": "2020-01-01T00:00:00Z"})
        )
        by_get = data(site.get("/api/v3/predictions", params={"status": "completed"}))
        wrong = site.post("/api/v3/predictions", json={"created_after": "yesterday"})
    assert [one["id"] for one in found["items"]] == [names[1]]
    assert found["total"] == 2
    assert old["items"] == by_get["items"] == []
    assert wrong.json()["code"] == 1401


def test_deleting_forgets(emulator: Emulator) -> None:
    with client(emulator, "wavespeed") as site:
        names = [data(submit(site))["id"] for _ in range(3)]
        one = data(site.delete(f"/api/v3/predictions/{names[0]}"))
        many = data(site.post("/api/v3/predictions/delete", json={"ids": names[1:]}))
        gone = site.get(f"/api/v3/predictions/{names[0]}/result")
        wrong = site.post("/api/v3/predictions/delete", json={"ids": "all"})
    assert one == {"id": names[0], "status": "deleted"}
    assert many["ids"] == names[1:]
    assert (gone.status_code, gone.json()["code"]) == (404, 404)
    assert wrong.status_code == 400
    assert emulator.jobs == []


@pytest.mark.parametrize(
    ("inputs", "usd"),
    [({}, 1.0), ({"duration": 10}, 1.5), ({"duration": 5, "resolution": "1080p"}, 1.6)],
)
def test_prices(emulator: Emulator, inputs: dict[str, Any], usd: float) -> None:
    query = {"model_id": "alibaba/wan-2.7/reference-to-video", "inputs": inputs}
    with client(emulator, "wavespeed") as site:
        assert data(site.post("/api/v3/model/price", json=query))["price"] == usd
        assert site.post("/api/v3/model/price", json={"model_id": "x"}).status_code == 404
        assert data(site.get("/api/v3/balance"))["balance"] > 0
        schema = data(site.get("/api/v3/models"))[0]["request_schema"]
    assert schema["required"] == ["prompt", "videos"]


def test_a_file_of_the_wrong_kind_fails_when_the_job_runs(
    emulator: Emulator, red_image: Path
) -> None:
    with client(emulator, "wavespeed") as site:
        file = {"file": ("a.png", red_image.read_bytes(), "image/png")}
        url = data(site.post("/api/v3/media/upload/binary", files=file))["download_url"]
        job = finish(site, data(submit(site, videos=[url]))["id"])
        missing = finish(site, data(submit(site, videos=[f"{emulator.url}/files/x"]))["id"])
        noise = site.put(f"{emulator.url}/files/noise.mp4", content=b"no video at all")
        torn = finish(site, data(submit(site, videos=[str(noise.url)]))["id"])
        inside = [
            finish(site, data(submit(site, videos=[f"https://{host}/a.mp4"]))["id"])
            for host in ("192.168.1.5", "localhost", "nas.local")
        ]
    assert job["error"].startswith("1403: Video 1")
    assert missing["error"].startswith("1402: 404 Not Found")
    assert torn["error"].startswith("1403: Video 1 cannot be decoded")
    for job in inside:
        assert job["error"].endswith("is not on the public internet")
