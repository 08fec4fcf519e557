from __future__ import annotations

import base64
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from replay import answer, image, order, play, sent

from wanprep.plugins import HostedUrl, LocalFile, Unclear
from wanprep.plugins.loading import installed

PROVIDER = installed().provider("runcomfy")
MODEL = "wan-ai/wan-2-7/reference-to-video"
ORDER = order(
    "runcomfy/wan-2-7-reference-to-video",
    MODEL,
    {"prompt": "Image 1 waves.", "reference_image_urls": ["https://x.example/a"]},
)
ID = "a1b2c3d4-5"
SENT = sent(ORDER, ID)
BASE = "https://model-api.runcomfy.net/v1/requests"


def test_submit_sends_one_paid_request() -> None:
    body = {"request_id": ID, "status_url": "https://evil.example/x", "cancel_url": "x"}
    played = play(PROVIDER.submit(ORDER), answer(200, body))
    (request,) = played.requests
    assert played.lines == [f"POST /v1/models/{MODEL}"]
    assert (request.paid, request.json) == (True, ORDER.body)
    assert played.outcome.provider_id == ID


@pytest.mark.parametrize(
    ("status", "body", "message", "advice"),
    [
        pytest.param(
            200,
            {"error_code": 400002, "message": "No balance.", "request_id": "trace-1"},
            "No balance.",
            "Top up",
            id="inside of HTTP 200",
        ),
        pytest.param(
            400, {"error_code": 400001, "error_message": "Bad id."}, "Bad id.", "model-ids", id="id"
        ),
        pytest.param(404, b"", "HTTP 404, and no reason", MODEL, id="404 for the model"),
        pytest.param(
            422,
            {
                "error_code": 422001,
                "detail": [{"loc": ["body", "duration"], "msg": "too long"}, {"msg": "x"}, 7],
            },
            "duration: too long; x",
            "wanprep check",
            id="fields",
        ),
        pytest.param(403, {"error": "no", "detail": "never"}, "no; never", "may use", id="403"),
        pytest.param(401, {"error": {"message": "who?"}}, "who?", "Check the key", id="401"),
        pytest.param(402, {}, "HTTP 402, and no reason", "Top up", id="402"),
        pytest.param(
            400, {"error_code": "400004", "message": "m"}, "m", "state of the account", id="text"
        ),
    ],
)
def test_refusals(status: int, body: Any, message: str, advice: str) -> None:
    refusal = play(PROVIDER.submit(ORDER), answer(status, body)).refusal
    assert str(refusal) == f"RunComfy refuses: {message}"
    assert advice in refusal.advice


@pytest.mark.parametrize(
    "body",
    [
        pytest.param({}, id="no id"),
        pytest.param({"request_id": "a/b"}, id="an id that leads elsewhere"),
        pytest.param({"request_id": "a" * 129}, id="an endless id"),
        pytest.param({"request_id": "a.b"}, id="a letter that no id has"),
        pytest.param({"error_code": 500001, "message": "oh"}, id="internal error"),
    ],
)
def test_unclear_answers(body: Any) -> None:
    assert isinstance(play(PROVIDER.submit(ORDER), answer(200, body)).outcome, Unclear)


@pytest.mark.parametrize(
    ("word", "state"),
    [
        ("in_queue", "queued"),
        ("pending", "queued"),
        ("waiting", "queued"),
        ("in_progress", "running"),
        ("starting", "running"),
        ("processing", "running"),
        ("thinking", "unknown"),
        ("", "unknown"),
    ],
)
def test_states_before_the_end(word: str, state: str) -> None:
    body = {"status": word, "queue_position": 3, "result_url": "https://evil.example"}
    played = play(PROVIDER.poll(SENT), answer(200, body))
    assert played.lines == [f"GET /v1/requests/{ID}/status"]
    assert (played.outcome.state, played.outcome.word, played.outcome.position) == (state, word, 3)


VIDEO = "https://o.runcomfy.net/v.mp4"


@pytest.mark.parametrize(
    ("status", "result", "expected"),
    [
        pytest.param(
            "completed", {"output": {"video": VIDEO}}, ("succeeded", (VIDEO,)), id="video"
        ),
        pytest.param(
            "completed", {"output": {"videos": [VIDEO]}}, ("succeeded", (VIDEO,)), id="list"
        ),
        pytest.param(
            "succeeded",
            {"output": {"video": VIDEO, "image": "https://o.runcomfy.net/p.png"}},
            ("succeeded", (VIDEO,)),
            id="client's word, image beside",
        ),
        pytest.param(
            "completed", {"output": {"images": [VIDEO]}}, ("succeeded", (VIDEO,)), id="images"
        ),
        pytest.param(
            "completed", {"output": {"video": {"url": VIDEO}}}, ("succeeded", (VIDEO,)), id="object"
        ),
        pytest.param("completed", {"output": [VIDEO]}, ("succeeded", (VIDEO,)), id="bare list"),
        pytest.param(
            "completed", {"output": {}, "error": "bad"}, ("failed", ()), id="completed, error"
        ),
        pytest.param("completed", {"output": None}, ("failed", ()), id="completed, nothing"),
        pytest.param("cancelled", {"error": "bad"}, ("failed", ()), id="cancelled with an error"),
        pytest.param("canceled", {"error": None}, ("cancelled", ()), id="cancelled"),
        pytest.param("failed", {}, ("failed", ()), id="failed"),
        pytest.param("completed", {"status": "in_progress"}, ("running", ()), id="too early"),
    ],
)
def test_ends(status: str, result: dict[str, Any], expected: tuple[str, Any]) -> None:
    played = play(
        PROVIDER.poll(SENT), answer(200, {"status": status}), answer(200, {"cost": 0.5} | result)
    )
    assert played.lines[1] == f"GET /v1/requests/{ID}/result"
    assert played.requests[1].query == {"include_cost": "true"}
    found = played.outcome
    assert (found.state, found.outputs) == expected
    assert bool(found.error) == (found.state == "failed")
    assert found.details["cost"] == 0.5


def test_a_request_that_expired_is_refused() -> None:
    gone = {"error_code": 404001, "message": "expired"}
    assert play(PROVIDER.poll(SENT), answer(404, gone)).refusal.code == "404001"
    assert play(PROVIDER.poll(SENT), answer(200, gone)).refusal.code == "404001"


@pytest.mark.parametrize(
    ("body", "done"),
    [
        pytest.param({"status": "cancelled"}, True, id="cancelled"),
        pytest.param({"outcome": "cancelled", "status": "in_queue"}, True, id="outcome"),
        pytest.param({"outcome": "not_cancellable", "status": "in_progress"}, False, id="running"),
        pytest.param({}, False, id="nothing"),
    ],
)
def test_cancel(body: dict[str, str], done: bool) -> None:
    assert PROVIDER.cancel is not None
    played = play(PROVIDER.cancel(SENT), answer(200, body))
    assert played.lines == [f"POST /v1/requests/{ID}/cancel"]
    assert played.requests[0].json is None
    assert played.outcome.done is done
    assert ("in_progress" in played.outcome.message) == (body.get("status") == "in_progress")


def test_no_find() -> None:
    assert PROVIDER.find is None


def test_data_uris_must_be_switched_on(tmp_path: Path) -> None:
    assert PROVIDER.upload is not None
    file = image(tmp_path)
    refusal = play(PROVIDER.upload(file, ORDER)).refusal
    assert "data-uris = true" in refusal.advice
    played = play(PROVIDER.upload(file, replace(ORDER, settings={"data-uris": True})))
    assert played.requests == []
    data = base64.b64encode(Path(file.path).read_bytes()).decode()
    assert played.outcome == HostedUrl(f"data:image/jpeg;base64,{data}")


@pytest.mark.parametrize(
    ("content_type", "size", "taken"),
    [
        pytest.param("image/png", 6 * 2**20, True, id="image"),
        pytest.param("image/png", 6 * 2**20 + 1, False, id="image too large"),
        pytest.param("video/mp4", 32 * 2**20, True, id="video"),
        pytest.param("video/mp4", 32 * 2**20 + 1, False, id="video too large"),
        pytest.param("audio/wav", 1, False, id="audio"),
    ],
)
def test_limits_of_data_uris(tmp_path: Path, content_type: str, size: int, taken: bool) -> None:
    assert PROVIDER.upload is not None
    path = tmp_path / "file"
    path.write_bytes(b"x")
    file = LocalFile(
        path=str(path), name="file", content_type=content_type, bytes=size, sha256="0" * 64
    )
    outcome = play(PROVIDER.upload(file, replace(ORDER, settings={"data-uris": True}))).outcome
    assert isinstance(outcome, HostedUrl) is taken


def test_limit_of_the_whole_request() -> None:
    clips = ["data:video/mp4;base64," + "A" * (33 * 2**20)] * 2
    large = order(ORDER.target, MODEL, {"prompt": "x", "reference_video_urls": clips})
    assert "too large together" in str(play(PROVIDER.submit(large)).refusal)
