from __future__ import annotations

import base64
from pathlib import Path
from typing import Any

import httpx
import pytest
from emulated import FPS, client, color_at, emulate, frames, is_near, until
from PIL import Image

from wanprep.emulator import Emulator

pytest_plugins = ["emulated_fixtures"]

REFERENCES = "/v1/models/wan-ai/wan-2-7/reference-to-video"
IMAGE = "/v1/models/wan-ai/wan-2-2/image-to-video"
BODY: dict[str, Any] = {
    "prompt": "Image 1 walks.",
    "reference_image_urls": ["https://example.com/a.png"],
    "duration": 2,
}


def finish(site: httpx.Client, name: str) -> dict[str, Any]:
    until(
        lambda: site.get(f"/v1/requests/{name}/status").json()["status"],
        lambda status: status == "completed",
    )
    answer = site.get(f"/v1/requests/{name}/result", params={"include_cost": "true"})
    return dict(answer.json())


def put(world: httpx.Client, name: str, path: Path) -> str:
    """Use the bucket, as RunComfy takes no uploads."""
    sent = world.put(f"/files/{name}", content=path.read_bytes())
    assert sent.is_success
    return str(sent.url)


def test_from_upload_to_result(emulator: Emulator, red_image: Path, tmp_path: Path) -> None:
    with client(emulator, "runcomfy") as site, client(emulator, key="") as world:
        url = put(world, "hero one.png", red_image)
        accepted = site.post(REFERENCES, json=BODY | {"reference_image_urls": [url]}).json()
        early = site.get(f"/v1/requests/{accepted['request_id']}/result").json()
        result = finish(site, accepted["request_id"])
        video = world.get(result["output"]["video"])

    base = f"{emulator.url}/runcomfy/v1/requests/{accepted['request_id']}"
    assert accepted["status_url"] == f"{base}/status"
    assert accepted["cancel_url"] == f"{base}/cancel"
    assert early["status"] in {"in_queue", "in_progress"}
    assert early["output"] is None
    assert result["error"] is None
    assert result["cost"] == pytest.approx(0.2)
    assert result["finished_at"] > result["created_at"]
    path = tmp_path / "result.mp4"
    path.write_bytes(video.content)
    assert frames(path) == 2 * FPS
    assert is_near(color_at(path, 1), (220, 20, 20))


def test_one_image_becomes_a_video(emulator: Emulator, red_image: Path, tmp_path: Path) -> None:
    with client(emulator, "runcomfy") as site, client(emulator, key="") as world:
        url = put(world, "a.png", red_image)
        accepted = site.post(IMAGE, json={"prompt": "It moves.", "img_url": url}).json()
        video = world.get(finish(site, accepted["request_id"])["output"]["video"])
    path = tmp_path / "result.mp4"
    path.write_bytes(video.content)
    assert frames(path) == 5 * FPS
    assert is_near(color_at(path, 1), (220, 20, 20))
    assert emulator.jobs[0].body["seed"] == 58366538


@pytest.mark.parametrize(
    ("path", "changes", "message"),
    [
        pytest.param(REFERENCES, {"prompt": 5}, "prompt", id="prompt"),
        pytest.param(REFERENCES, {"watermark": True}, "watermark", id="unknown-key"),
        pytest.param(REFERENCES, {"resolution": "720P"}, "resolution", id="case"),
        pytest.param(REFERENCES, {"duration": 11}, "duration", id="11-seconds"),
        pytest.param(
            REFERENCES, {"reference_image_urls": ["http://a.example/a"]}, "Image 1", id="http"
        ),
        pytest.param(REFERENCES, {"reference_image_urls": ["data:a;base64,%"]}, "base64"),
        pytest.param(IMAGE, {"prompt": "x"}, "img_url", id="no-image"),
    ],
)
def test_refused(
    shared_emulator: Emulator, path: str, changes: dict[str, Any], message: str
) -> None:
    with client(shared_emulator, "runcomfy") as site:
        answer = site.post(path, json=(BODY if path == REFERENCES else {}) | changes)

    assert answer.status_code == 422
    assert answer.json()["error_code"] == 422001
    assert message in answer.json()["error_message"]
    assert shared_emulator.jobs == []


@pytest.mark.parametrize("images", [{}, {"reference_image_urls": []}])
def test_without_images_the_promo_image_is_added(
    emulator: Emulator, images: dict[str, Any]
) -> None:
    body = {"prompt": "x", "reference_video_urls": ["https://example.com/a.mp4"], **images}
    with client(emulator, "runcomfy") as site:
        assert site.post(REFERENCES, json=body).is_success
    assert "ref-promo" in emulator.jobs[0].body["reference_image_urls"][0]


def test_a_data_uri_is_taken(emulator: Emulator, red_image: Path, tmp_path: Path) -> None:
    text = base64.b64encode(red_image.read_bytes()).decode()
    body = BODY | {"reference_image_urls": [f"data:image/png;base64,{text}"]}
    with client(emulator, "runcomfy") as site, client(emulator, key="") as world:
        name = site.post(REFERENCES, json=body).json()["request_id"]
        video = world.get(finish(site, name)["output"]["video"])
    path = tmp_path / "result.mp4"
    path.write_bytes(video.content)
    assert is_near(color_at(path, 1), (220, 20, 20))


@pytest.mark.parametrize(
    ("size", "fits"),
    [((361, 361), True), ((360, 400), False), ((1999, 400), True), ((2000, 400), False)],
)
def test_strict_image_bounds(
    emulator: Emulator, tmp_path: Path, size: tuple[int, int], fits: bool
) -> None:
    Image.new("RGB", size).save(tmp_path / "a.jpg")
    with client(emulator, "runcomfy") as site, client(emulator, key="") as world:
        url = put(world, "a.jpg", tmp_path / "a.jpg")
        name = site.post(IMAGE, json={"prompt": "x", "img_url": url}).json()["request_id"]
        result = finish(site, name)

    # There is no documented word for failure.
    assert result["status"] == "completed"
    assert (result["output"] is not None) is fits
    assert (result["error"] is None) is fits


def test_only_queued_jobs_can_be_cancelled() -> None:
    with emulate(speed=0.5) as emulator, client(emulator, "runcomfy") as site:
        names = [site.post(REFERENCES, json=BODY).json()["request_id"] for _ in range(2)]
        second = site.get(f"/v1/requests/{names[1]}/status").json()
        cancelled = site.post(f"/v1/requests/{names[1]}/cancel").json()
        result = site.get(f"/v1/requests/{names[1]}/result").json()
        until(
            lambda: site.get(f"/v1/requests/{names[0]}/status").json()["status"],
            lambda status: status == "in_progress",
        )
        late = site.post(f"/v1/requests/{names[0]}/cancel")

    assert (second["status"], second["queue_position"]) == ("in_queue", 2)
    assert (cancelled["status"], cancelled["outcome"]) == ("cancelled", "cancelled")
    assert (result["status"], result["output"]) == ("cancelled", None)
    assert late.status_code == 200, "which proves nothing"
    assert (late.json()["status"], late.json()["outcome"]) == ("in_progress", "not_cancellable")


def test_models_and_unknown_ones(emulator: Emulator) -> None:
    with client(emulator, "runcomfy") as site:
        found = site.get("/v1/models", params={"search": "2-2"}).json()
        one = site.get(REFERENCES, params={"include_schema": "true"}).json()
        dotted = site.post("/v1/models/wan-ai/wan-2.7/reference-to-video", json=BODY)
        encoded = site.post(REFERENCES.replace("ai/wan-2-7", "ai%2Fwan-2-7"), json=BODY)
        unknown = [
            site.post("/v1/models/wan-ai/wan-9/x", json=BODY),
            site.get("/v1/requests/missing/status"),
        ]
    assert [model["model_id"] for model in found["models"]] == ["wan-ai/wan-2-2/image-to-video"]
    assert one["price_unit"] == "second"
    assert "prompt" in one["input_schema"]["properties"]
    assert dotted.is_success
    assert encoded.status_code == 404, "the slashes must stay slashes"
    assert [answer.status_code for answer in unknown] == [404, 404]
    assert [answer.json()["error_code"] for answer in unknown] == [400001, 404001]
