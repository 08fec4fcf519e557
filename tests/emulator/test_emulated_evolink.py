from __future__ import annotations

import base64
import threading
from pathlib import Path
from typing import Any

import httpx
import pytest
from emulated import FPS, client, color_at, emulate, frames, is_near, until

from wanprep.emulator import Emulator

pytest_plugins = ["emulated_fixtures"]

BODY: dict[str, Any] = {
    "model": "wan2.7-reference-video",
    "prompt": "Image 1 walks.",
    "image_urls": ["https://example.com/hero.jpg"],
    "duration": 2,
}
SUBMIT = "/v1/videos/generations"


def submit(site: httpx.Client, **changes: Any) -> httpx.Response:
    return site.post(SUBMIT, json=BODY | changes)


def finish(site: httpx.Client, name: str) -> dict[str, Any]:
    return until(
        lambda: dict(site.get(f"/v1/tasks/{name}").json()),
        lambda task: task["status"] in {"completed", "failed"},
    )


def upload(site: httpx.Client, path: Path, kind: str) -> dict[str, Any]:
    with path.open("rb") as file:
        files = {"file": (path.name, file, kind)}
        answer = site.post("/api/v1/files/upload/stream", files=files, data={"upload_path": "refs"})
    assert answer.json()["success"] is True
    return dict(answer.json()["data"])


def test_from_upload_to_result(
    emulator: Emulator, red_image: Path, blue_clip: Path, tmp_path: Path
) -> None:
    with client(emulator, "evolink") as site, client(emulator, key="") as world:
        image = upload(site, red_image, "image/png")
        clip = upload(site, blue_clip, "video/mp4")
        assert world.head(image["file_url"]).headers["content-length"] == str(
            red_image.stat().st_size
        )
        assert world.get(clip["file_url"]).content == blue_clip.read_bytes()
        urls = {"image_urls": [image["file_url"]], "video_urls": [clip["file_url"]]}

        accepted = submit(site, **urls, aspect_ratio="9:16", quality="1080p").json()
        assert accepted["status"] == "pending"
        assert accepted["object"] == "video.generation.task"
        assert accepted["usage"]["credits_reserved"] > 0
        task = finish(site, accepted["id"])
        video = world.get(task["results"][0])

    assert task["progress"] == 100
    assert task["result_data"] == [{"video_url": task["results"][0]}]
    assert task["usage"]["cost"]["usd"] == pytest.approx(2 * 0.144)
    assert video.headers["content-type"] == "video/mp4"
    assert int(video.headers["content-length"]) == len(video.content)
    path = tmp_path / "result.mp4"
    path.write_bytes(video.content)
    assert frames(path) == 2 * FPS
    assert is_near(color_at(path, 0.3), (220, 20, 20)), "the image is shown first"
    assert is_near(color_at(path, 1.7), (20, 20, 220)), "then the clip"


def test_states_come_in_their_order() -> None:
    statuses: list[str] = []
    with emulate() as emulator, client(emulator, "evolink") as site:
        name = submit(site).json()["id"]

        def poll() -> str:
            statuses.append(site.get(f"/v1/tasks/{name}").json()["status"])
            return statuses[-1]

        until(poll, lambda status: status == "completed")
    assert list(dict.fromkeys(statuses)) == ["pending", "processing", "completed"]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        pytest.param({"prompt": None}, "None is not of type 'string'", id="prompt"),
        pytest.param({"model": "wan2.6"}, "was expected", id="model"),
        pytest.param({"seed": 0}, "minimum", id="seed"),
        pytest.param({"duration": 5.5}, "integer", id="duration"),
        pytest.param({"quality": "1080P"}, "not one of", id="quality"),
        pytest.param({"resolution": "720p"}, "resolution", id="unknown-key"),
        pytest.param({"image_urls": []}, "one of image_urls and video_urls", id="no-reference"),
        pytest.param({"video_urls": ["https://a.example/v.mp4"] * 5}, "more than 5", id="six"),
        pytest.param(
            {"video_urls": ["https://a.example/v.mp4"], "duration": 11}, "maximum", id="11-seconds"
        ),
        pytest.param({"image_urls": ["hero.jpg"]}, "Image 1: must be", id="local-path"),
        pytest.param({"image_start": "http://a.example/a.png"}, "First frame", id="plain-http"),
        pytest.param({"image_urls": ["https://[bad/a.png"]}, "Image 1: must be", id="broken-url"),
        pytest.param({"audio_urls": ["https://a.example/v.wav"] * 2}, "more voices", id="voices"),
        pytest.param(
            {"model_params": {"voice_bindings": {"image2": "https://a.example/v.wav"}}},
            "no reference image2",
            id="unknown-voice",
        ),
        pytest.param({"callback_url": "https://10.0.0.1/hook"}, "callback_url", id="callback"),
    ],
)
def test_refused(shared_emulator: Emulator, changes: dict[str, Any], message: str) -> None:
    with client(shared_emulator, "evolink") as site:
        answer = submit(site, **changes)

    assert answer.status_code == 400
    error = answer.json()["error"]
    assert message in error["message"]
    assert error["code"] == "invalid_parameters"
    assert error["type"]
    assert shared_emulator.jobs == []


def test_long_prompts_are_cut(emulator: Emulator) -> None:
    with client(emulator, "evolink") as site:
        assert submit(site, prompt="x" * 5001, callback_url="https://a.example/h").is_success
    assert len(emulator.jobs[0].body["prompt"]) == 5000


def test_a_replay_is_the_same_job(emulator: Emulator) -> None:
    key = {"Idempotency-Key": "wanprep-0123456789"}
    with client(emulator, "evolink") as site:
        first, again = (site.post(SUBMIT, json=BODY, headers=key) for _ in range(2))
        other = site.post(SUBMIT, json=BODY | {"seed": 1}, headers=key)
        short = site.post(SUBMIT, json=BODY, headers={"Idempotency-Key": "short"})

    assert "idempotency-replayed" not in first.headers
    assert again.headers["idempotency-replayed"] == "true"
    assert again.json()["id"] == first.json()["id"]
    assert (other.status_code, other.json()["error"]["code"]) == (409, "idempotency_conflict")
    assert short.status_code == 400
    assert len(emulator.jobs) == 1


def test_two_at_once_with_one_key_are_one_job(emulator: Emulator) -> None:
    def send() -> None:
        with client(emulator, "evolink") as site:
            site.post(SUBMIT, json=BODY, headers={"Idempotency-Key": "x" * 16})

    threads = [threading.Thread(target=send) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(emulator.jobs) == 1


def test_lists_and_batches(emulator: Emulator) -> None:
    with client(emulator, "evolink") as site:
        names = [submit(site).json()["id"] for _ in range(3)]
        finish(site, names[0])
        listed = site.get("/v1/tasks", params={"model": BODY["model"], "page_size": 2}).json()
        failed = site.get("/v1/tasks", params={"status": "failed"}).json()
        batch = site.post("/v1/tasks/batch", json={"task_ids": [names[0], "unknown"]}).json()
        wrong = [
            site.get("/v1/tasks", params={"page": "0"}),
            site.post("/v1/tasks/batch", json={"task_ids": ["x"] * 51}),
            site.get("/v1/tasks/strange"),
        ]
        unknown = site.get("/v1/tasks/task-unified-1-abc")

    assert [one["id"] for one in listed["data"]] == [names[2], names[1]]
    assert listed["total"] == 3
    assert failed["data"] == []
    assert "results" not in listed["data"][0], "lists hold no result links"
    assert [one["id"] for one in batch["data"]] == [names[0]]
    assert [answer.status_code for answer in wrong] == [400, 400, 400]
    assert wrong[2].json()["error"]["code"] == "invalid_task_id"
    assert unknown.status_code == 404


def test_money(emulator: Emulator) -> None:
    with client(emulator, "evolink") as site, client(emulator, "evolink", key="") as world:
        assert site.get("/v1/credits").is_success
        assert world.get("/web/api/models/pricing").json()["data"][0]["price_range"]


@pytest.mark.parametrize(
    ("content", "kind", "message"),
    [
        pytest.param(b"BM" + b"0" * 60, "image/bmp", "image/bmp are not supported", id="bmp"),
        pytest.param(b"", "image/png", "empty", id="empty"),
    ],
)
def test_uploads_fail_with_http_200(
    shared_emulator: Emulator, content: bytes, kind: str, message: str
) -> None:
    with client(shared_emulator, "evolink") as site:
        answer = site.post("/api/v1/files/upload/stream", files={"file": ("a", content, kind)})

    assert answer.status_code == 200
    assert answer.json()["success"] is False
    assert message in answer.json()["msg"]


def test_uploads_in_other_ways(emulator: Emulator, red_image: Path) -> None:
    text = base64.b64encode(red_image.read_bytes()).decode()
    bodies = [
        ("base64", {"base64_data": text, "file_name": "a.png"}),
        ("base64", {"base64_data": f"data:image/png;base64,{text}", "uploadPath": "refs"}),
        ("url", {"file_url": "https://example.com/images/a.png"}),
    ]
    with client(emulator, "evolink") as site, client(emulator, key="") as world:
        answer = [
            site.post(f"/api/v1/files/upload/{way}", json=body).json()["data"]
            for way, body in bodies
        ]
        again = site.post(
            "/api/v1/files/upload/url", json={"file_url": answer[0]["file_url"]}
        ).json()["data"]
        wrong = [
            site.post("/api/v1/files/upload/base64", json={"base64_data": "%%"}).json(),
            site.post("/api/v1/files/upload/url", json={"file_url": "https://10.0.0.1/a"}).json(),
            site.post("/api/v1/files/upload/stream", json={}).json(),
            site.post("/api/v1/files/upload/stream", files={"other": b"x"}).json(),
        ]
        listed = site.get("/api/v1/files/list").json()["data"]
        gone = site.delete(f"/api/v1/files/{answer[0]['file_id']}").json()
        unknown = site.delete(f"/api/v1/files/{answer[0]['file_id']}")
        quota = site.get("/api/v1/files/quota").json()["data"]
        deleted = world.get(answer[0]["file_url"])

    assert [one["mime_type"] for one in (*answer, again)] == ["image/png"] * 4
    assert again["file_size"] == red_image.stat().st_size
    assert [one["success"] for one in wrong] == [False] * 4
    assert listed["total"] == 4
    assert gone["success"] is True
    assert unknown.status_code == 404
    assert quota["used_files"] == 3
    assert deleted.status_code == 404


def test_an_unfit_file_fails_when_the_job_runs(emulator: Emulator, tmp_path: Path) -> None:
    from PIL import Image

    path = tmp_path / "clear.png"
    Image.new("RGBA", (300, 300)).save(path)
    with client(emulator, "evolink") as site:
        url = upload(site, path, "image/png")["file_url"]
        task = finish(site, submit(site, image_urls=[url]).json()["id"])

    assert task["status"] == "failed"
    assert task["error"]["code"] == "image_processing_error"
    assert "Image 1" in task["error"]["message"]
    assert task["error"]["suggestion"]


@pytest.mark.parametrize(
    ("bound", "used"), [pytest.param(False, "old", id="legacy"), pytest.param(True, "new")]
)
def test_bindings_switch_the_older_voices_off(emulator: Emulator, bound: bool, used: str) -> None:
    """A missing voice fails the job, and the message has its URL."""
    old, new = (f"{emulator.url}/files/{name}" for name in ("old", "new"))
    params = {"model_params": {"voice_bindings": {"image1": new}}} if bound else {}
    with client(emulator, "evolink") as site:
        task = finish(site, submit(site, audio_urls=[old], **params).json()["id"])
    assert task["error"]["message"].endswith(f"/files/{used}")


def test_the_first_frame_gives_the_shape(
    emulator: Emulator, red_image: Path, tmp_path: Path
) -> None:
    from PIL import Image

    with client(emulator, "evolink") as site, client(emulator, key="") as world:
        start = upload(site, red_image, "image/png")["file_url"]
        name = submit(site, image_start=start, aspect_ratio="16:9").json()["id"]
        video = world.get(finish(site, name)["results"][0]).content
    path = tmp_path / "v.mp4"
    path.write_bytes(video)
    assert is_near(color_at(path, 0), (220, 20, 20))
    with Image.open(path.with_suffix(".png")) as shot:
        assert shot.size == (320, 480)
