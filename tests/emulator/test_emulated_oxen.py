from __future__ import annotations

import base64
import json
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from emulated import FPS, client, color_at, emulate, frames, is_near, until

from wanprep.emulator import Emulator

pytest_plugins = ["emulated_fixtures"]

QUEUE = "/api/ai/queue"
BODY: dict[str, Any] = {
    "model": "wan-v2-7-reference-to-video",
    "prompt": "Image 1 walks.",
    "reference_images": [{"url": "https://example.com/a.png"}],
    "duration": 2,
}
ENDED = {"succeeded", "failed", "cancelled"}


def submit(site: httpx.Client, **changes: Any) -> str:
    answer = site.post(QUEUE, json=BODY | changes).json()
    assert answer["generations"][0]["status"] == "queued"
    return str(answer["generations"][0]["generation_id"])


def finish(site: httpx.Client, name: str) -> dict[str, Any]:
    return until(
        lambda: dict(site.get(f"{QUEUE}/{name}").json()), lambda job: job["status"] in ENDED
    )


def test_from_upload_to_result(emulator: Emulator, red_image: Path, tmp_path: Path) -> None:
    place = "/api/repos/me/refs/file/main/images/hero%20one.png"
    form = {"message": "an image", "name": "Me", "email": "me@example.com"}
    with client(emulator, "oxen") as site, client(emulator, key="") as world:
        file = {"file": ("hero one.png", red_image.read_bytes(), "image/png")}
        stored = site.put(place, files=file, data=form).json()
        url = f"{emulator.url}/oxen{place}"
        assert world.get(url).content == red_image.read_bytes(), "the repository is public"

        name = submit(site, reference_images=[{"url": url}], seed=42)
        job = finish(site, name)
        video = world.get(job["result_url"])

    assert stored["file"]["path"] == "images/hero one.png"
    assert stored["commit"]["message"] == "an image"
    assert (job["seed"], job["prompt"]) == (42, BODY["prompt"]), "parameters are echoed"
    assert job["enqueued_at"] <= job["started_at"] <= job["completed_at"]
    path = tmp_path / "result.mp4"
    path.write_bytes(video.content)
    assert frames(path) == 2 * FPS
    assert is_near(color_at(path, 1), (220, 20, 20))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        pytest.param({"resolution": "1080p"}, "resolution", id="case"),
        pytest.param({"reference_images": ["https://a.example/a"]}, "object", id="plain-urls"),
        pytest.param({"reference_images": []}, "reference_images", id="no-reference"),
        pytest.param({"strange": 1}, "strange", id="unknown-key"),
        pytest.param(
            {"reference_videos": [{"url": "https://a.example/a"}] * 5}, "more than 5", id="six"
        ),
        pytest.param(
            {"reference_videos": [{"url": "https://a.example/a"}], "duration": 11},
            "duration",
            id="11-seconds",
        ),
        pytest.param({"input_image": "http://a.example/a.png"}, "public https", id="plain-http"),
        pytest.param(
            {"reference_images": [{"url": "https://a.example/a", "reference_voice": "/v.wav"}]},
            "public https",
            id="voice",
        ),
    ],
)
def test_invalid_jobs_fail_when_they_run(
    shared_emulator: Emulator, changes: dict[str, Any], message: str
) -> None:
    with client(shared_emulator, "oxen") as site:
        job = finish(site, submit(site, **changes))
    assert (job["status"], job["result_url"]) == ("failed", None)
    assert message in job["error_message"]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        pytest.param({"model": "bad"}, "Model not found: bad", id="model"),
        pytest.param(
            {"num_generations": 5},
            "num_generations must be an integer between 1 and 4",
            id="five",
        ),
        pytest.param({"num_generations": True}, "num_generations must be", id="no-number"),
    ],
)
def test_refused_at_once(emulator: Emulator, changes: dict[str, Any], message: str) -> None:
    with client(emulator, "oxen") as site:
        answer = site.post(QUEUE, json=BODY | changes)
    assert answer.status_code == 400
    assert answer.json()["error"]["message"].startswith(message)
    assert emulator.jobs == []


def test_several_generations_lists_and_cancelling() -> None:
    with emulate(faults=["never-finishes"]) as emulator, client(emulator, "oxen") as site:
        generations = site.post(QUEUE, json=BODY | {"num_generations": 3}).json()["generations"]
        names = [one["generation_id"] for one in generations]
        active = site.get(QUEUE, params={"model": BODY["model"]}).json()
        cancelled = site.delete(f"{QUEUE}/{names[0]}").json()
        left = site.get(QUEUE).json()
        gone = site.get(QUEUE, params={"status": "cancelled"}).json()
        other = site.get(QUEUE, params={"model": "other"}).json()
        again = site.delete(f"{QUEUE}/{names[0]}")
        unknown = site.delete(f"{QUEUE}/missing")

    assert active["count"] == 3
    assert cancelled == {"status": "success", "generation_id": names[0]}
    assert [one["generation_id"] for one in left["generations"]] == [names[2], names[1]]
    assert [one["generation_id"] for one in gone["generations"]] == [names[0]]
    assert other["count"] == 0
    assert again.is_success
    assert unknown.status_code == 404
    assert unknown.json()["error"]["type"] == "resource_not_found"


def test_the_blocking_endpoint(emulator: Emulator) -> None:
    path = "/api/ai/videos/generate"
    with client(emulator, "oxen") as site, client(emulator, key="") as world:
        by_url = site.post(path, json=BODY).json()
        inline = site.post(path, json=BODY | {"response_format": "b64_json"}).json()
        wrong = site.post(path, json=BODY | {"duration": 1})
        missing = {"reference_images": [{"url": f"{emulator.url}/files/none"}]}
        late = site.post(path, json=BODY | missing)
        video = world.get(by_url["videos"][0]["url"]).content
    assert b"ftyp" in video[:12]
    assert b"ftyp" in base64.b64decode(inline["videos"][0]["b64_json"])[:12]
    assert wrong.json()["error"]["type"] == wrong.json()["status_message"] == "invalid_params"
    assert late.json()["error"]["message"].startswith("Getting model response error: 422")


def read_events(lines: Iterator[str]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Read an event stream."""
    name = ""
    for line in lines:
        if line.startswith("event: "):
            name = line.removeprefix("event: ")
        elif line.startswith("data: "):
            yield name, json.loads(line.removeprefix("data: "))


def test_events(emulator: Emulator) -> None:
    with client(emulator, "oxen") as site, client(emulator, key="") as world:
        finish(site, submit(site))  # ends before the stream: not announced
        with site.stream("GET", "/api/events") as stream:
            assert stream.headers["content-type"] == "text/event-stream"
            good = submit(site)
            bad = submit(site, duration=99)
            emulator.switch("never-finishes=1")
            site.delete(f"{QUEUE}/{submit(site)}")  # cancelled: not announced
            events = read_events(stream.iter_lines())
            received = [next(events) for _ in range(4)]
        ends = {
            data["generation_id"]: data
            for name, data in received
            if name == "media_generation_completed"
        }
        assert set(ends) == {good, bad}
        assert {name for name, _ in received} > {"media_generation_completed"}, "and other kinds"
        assert ends[good]["status"] == "succeeded"
        assert world.get(ends[good]["url"]).is_success
        assert (ends[bad]["status"], "duration" in ends[bad]["error"]) == ("failed", True)


def test_an_idle_event_stream() -> None:
    with emulate(speed=100) as emulator, client(emulator, "oxen") as site:
        with site.stream("GET", "/api/events") as stream:
            lines = stream.iter_lines()
            assert [next(lines) for _ in range(4)] == [": keep-alive", ""] * 2
            closer = threading.Thread(target=emulator.close)
            closer.start()
            rest = list(lines)
        closer.join(30)
        assert not closer.is_alive()
        assert not [line for line in rest if line not in {": keep-alive", ""}]


def test_repositories_and_models(emulator: Emulator) -> None:
    repository = {"namespace": "me", "name": "refs", "user": {"name": "Me", "email": "m@e.com"}}
    with client(emulator, "oxen") as site:
        made, again = (site.post("/api/repos", json=repository) for _ in range(2))
        bare = site.put("/api/repos/me/refs/file/main/a.png", files={"file": b"x"})
        missing = site.get("/api/repos/me/refs/file/main/none.png")
        model = site.get("/api/ai/models/wan-v2-7-reference-to-video").json()
        listed = site.get("/api/ai/models").json()
        unknown = site.get("/api/ai/models/bad")
    assert (made.status_code, again.status_code) == (200, 409)
    assert "message, name, email" in bare.json()["error"]["detail"]
    assert missing.status_code == unknown.status_code == 404
    assert set(model["request_schema"]["reference"]["properties"]) == {"url", "reference_voice"}
    assert model["pricing"]["method"] == "per_video_output_second"
    assert listed["models"] == [model]
