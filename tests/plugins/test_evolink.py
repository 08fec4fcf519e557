from __future__ import annotations

import base64
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from replay import SENT_AT, UNIX, answer, image, order, play, sent

from wanprep.plugins import Accepted, HostedUrl, Unclear
from wanprep.plugins.loading import installed

PROVIDER = installed().provider("evolink")
MODEL = "wan2.7-reference-video"
ORDER = order(
    f"evolink/{MODEL}",
    MODEL,
    {
        "model": MODEL,
        "prompt": "Image 1 waves.",
        "image_urls": ["https://x.example/a"],
        "duration": 5,
    },
    idempotency_key="0123456789abcdef",
)
ID = "task-unified-1757169743-7cvnl5zw"
SENT = sent(ORDER, ID)
PENDING = {
    "created": 1757169743,
    "id": ID,
    "model": MODEL,
    "object": "video.generation.task",
    "progress": 0,
    "status": "pending",
    "task_info": {"can_cancel": True, "estimated_time": 120, "video_duration": 5},
    "type": "video",
    "usage": {"billing_rule": "per_call", "credits_reserved": 5, "user_group": "default"},
}


def test_submit_sends_one_paid_request_with_its_key() -> None:
    played = play(PROVIDER.submit(ORDER), answer(200, PENDING))

    (request,) = played.requests
    assert (request.method, request.url, request.base) == ("POST", "/v1/videos/generations", "api")
    assert request.paid
    assert request.json == ORDER.body
    assert request.headers == {"Idempotency-Key": "0123456789abcdef"}
    assert played.outcome.provider_id == ID
    assert played.outcome.details["usage"]["credits_reserved"] == 5


def test_invalid_idempotency_keys_are_not_sent() -> None:
    short = order(ORDER.target, MODEL, ORDER.body, idempotency_key="short")
    assert play(PROVIDER.submit(short), answer(200, PENDING)).requests[0].headers == {}


def test_replays_are_recorded() -> None:
    headers = {"idempotency-replayed": "true"}
    played = play(PROVIDER.submit(ORDER), answer(200, {"id": ID}, headers))
    assert played.outcome == Accepted(provider_id=ID, details={"replayed": True})


@pytest.mark.parametrize(
    ("status", "error", "advice"),
    [
        pytest.param(401, {"code": "invalid_api_key"}, "Check the key", id="key"),
        pytest.param(402, {"code": "insufficient_quota"}, "Top up", id="quota"),
        pytest.param(402, {"code": "something_new"}, "Top up", id="402 alone"),
        pytest.param(402, {"code": "insufficient_token_quota"}, "limit of this key", id="token"),
        pytest.param(403, {"code": "key_model_not_allowed"}, "Allow this model", id="model"),
        pytest.param(409, {"code": "idempotency_conflict"}, "under the same key", id="conflict"),
        pytest.param(413, {"code": "too_large"}, "smaller", id="too large"),
        pytest.param(429, {"code": "rate_limit"}, "Wait", id="rate"),
        pytest.param(400, {"code": "invalid_parameters"}, "wanprep check", id="parameters"),
        pytest.param(200, {"code": "insufficient_quota"}, "Top up", id="inside of HTTP 200"),
    ],
)
def test_refusals(status: int, error: dict[str, str], advice: str) -> None:
    body = {"error": error | {"message": "It is\nnot so.", "type": "t"}}
    refusal = play(PROVIDER.submit(ORDER), answer(status, body)).refusal
    assert str(refusal) == "EvoLink refuses: It is not so."
    assert refusal.code == error["code"]
    assert advice in refusal.advice


def test_a_refusal_in_html() -> None:
    refusal = play(PROVIDER.submit(ORDER), answer(404, b"<html>")).refusal
    assert str(refusal) == "EvoLink refuses: HTTP 404, and no reason"


@pytest.mark.parametrize(
    ("status", "body"),
    [
        pytest.param(200, {"status": "pending"}, id="no id"),
        pytest.param(200, {"id": "../credits"}, id="an id that leads elsewhere"),
        pytest.param(200, {"id": "a\r\nb"}, id="an id with a line break"),
        pytest.param(200, [], id="a list"),
        pytest.param(200, b"<html>", id="a page"),
        pytest.param(500, {"error": {"message": "m"}}, id="HTTP 500"),
        pytest.param(409, {"error": {"code": "paid_outcome_unknown"}}, id="outcome unknown"),
    ],
)
def test_unclear_answers(status: int, body: Any) -> None:
    assert isinstance(play(PROVIDER.submit(ORDER), answer(status, body)).outcome, Unclear)


@pytest.mark.parametrize(
    ("word", "state"),
    [
        ("pending", "queued"),
        ("processing", "running"),
        ("failed", "failed"),
        ("cancelled", "cancelled"),
        ("paused", "unknown"),
    ],
)
def test_states(word: str, state: str) -> None:
    played = play(PROVIDER.poll(SENT), answer(200, PENDING | {"status": word, "progress": 40}))
    assert played.lines == [f"GET /v1/tasks/{ID}"]
    assert (played.outcome.state, played.outcome.word) == (state, word)
    assert played.outcome.progress == 0.4


@pytest.mark.parametrize(
    "found",
    [
        pytest.param({"results": ["https://r.example/v.mp4"]}, id="results"),
        pytest.param({"result_data": [{"video_url": "https://r.example/v.mp4"}]}, id="data"),
        pytest.param(
            {
                "results": ["https://r.example/v.mp4"],
                "result_data": [{"video_url": "https://r.example/v.mp4"}],
            },
            id="both",
        ),
        pytest.param({"results": [{"url": "https://r.example/v.mp4"}]}, id="objects"),
        pytest.param(
            {"results": None, "result_data": {"video_url": "https://r.example/v.mp4"}}, id="one"
        ),
    ],
)
def test_results_in_every_shape(found: dict[str, Any]) -> None:
    usage = {"credits_used": 68, "cost": {"usd": 1.0}}
    body = {"status": "completed", "progress": 100, "usage": usage} | found
    status = play(PROVIDER.poll(SENT), answer(200, body)).outcome
    assert (status.state, status.outputs) == ("succeeded", ("https://r.example/v.mp4",))
    assert status.details == {"usage": usage}
    assert status.progress == 1


def test_a_completed_task_without_result_has_failed() -> None:
    status = play(PROVIDER.poll(SENT), answer(200, {"status": "completed", "results": []})).outcome
    assert (status.state, status.outputs) == ("failed", ())
    assert "without a result" in status.error


def test_failures_have_a_reason() -> None:
    error = {
        "code": "content_policy_violation",
        "message": "Real people.",
        "suggestion": "Draw them.",
    }
    status = play(PROVIDER.poll(SENT), answer(200, {"status": "failed", "error": error})).outcome
    assert status.error == "Real people. Draw them. (content_policy_violation)"
    silent = play(PROVIDER.poll(SENT), answer(200, {"status": "failed"})).outcome
    assert silent.error == "EvoLink gives no reason"


def test_an_unknown_task_is_refused() -> None:
    body = {"error": {"code": "invalid_task_id", "message": "no such task"}}
    assert play(PROVIDER.poll(SENT), answer(400, body)).refusal.code == "invalid_task_id"
    assert play(PROVIDER.poll(SENT), answer(200, body)).refusal.code == "invalid_task_id"


def test_no_cancel_and_no_events() -> None:
    assert PROVIDER.cancel is None
    assert PROVIDER.events is None


def task(name: str, begun: int = UNIX, **more: Any) -> dict[str, Any]:
    return {"id": name, "created": begun, "model": MODEL, "status": "pending", **more}


@pytest.mark.parametrize(
    ("tasks", "found"),
    [
        pytest.param([task("a")], "a", id="the only one"),
        pytest.param([], None, id="none"),
        pytest.param([task("a"), task("b")], None, id="two could be it"),
        pytest.param([task("a"), task("known")], "a", id="another run's"),
        pytest.param([task("a", UNIX - 3600)], None, id="too early"),
        pytest.param([task("a", UNIX - 60)], None, id="a minute too early"),
        pytest.param([task("a", UNIX + 3600)], None, id="too late"),
        pytest.param([task("a"), task("b", UNIX - 3600)], "a", id="one is too early"),
        pytest.param([task("a", prompt="Other.")], None, id="another prompt"),
        pytest.param([task("a", prompt="Image 1 waves.")], "a", id="the same prompt"),
        pytest.param([task("a", task_info={"video_duration": 9})], None, id="another length"),
        pytest.param([task("a", model="other")], None, id="another model"),
        pytest.param([task("../a"), {"id": "x"}, "y"], None, id="nonsense"),
    ],
)
def test_find(tasks: list[Any], found: Any) -> None:
    assert PROVIDER.find is not None
    for body in ({"data": tasks}, {"data": {"tasks": tasks}}, tasks):
        played = play(PROVIDER.find(sent(ORDER, "", "known")), answer(200, body))
        assert played.outcome == (Accepted(provider_id=found) if found else None)
    assert played.requests[0].query == {"model": MODEL, "page": "1", "page_size": "50"}


def test_find_reads_all_pages_of_that_time() -> None:
    assert PROVIDER.find is not None
    full = [task(f"other-{each}", UNIX + 5000) for each in range(50)]
    played = play(
        PROVIDER.find(sent(ORDER)), answer(200, {"data": full}), answer(200, {"data": [task("a")]})
    )
    assert played.outcome == Accepted(provider_id="a")
    assert played.requests[1].query["page"] == "2"
    endless = play(PROVIDER.find(sent(ORDER)), *[answer(200, {"data": full})] * 10)
    assert endless.outcome is None


def test_find_may_be_refused() -> None:
    assert PROVIDER.find is not None
    assert play(PROVIDER.find(SENT), answer(401, {})).refusal.args


UPLOADED = {
    "success": True,
    "code": 200,
    "msg": "ok",
    "data": {
        "file_id": "file_abc123",
        "file_url": "https://f.example/hero.jpg",
        "download_url": "https://f.example/d",
        "expires_at": "2026-11-23T12:00:00Z",
    },
}


def test_upload_as_a_form(tmp_path: Path) -> None:
    assert PROVIDER.upload is not None
    played = play(PROVIDER.upload(image(tmp_path), ORDER), answer(200, UPLOADED))
    (request,) = played.requests
    assert (request.base, request.url) == ("files", "/api/v1/files/upload/stream")
    assert request.file is not None
    assert (request.file.form_field, request.file.content_type) == ("file", "image/jpeg")
    assert not request.paid
    expires = datetime(2026, 11, 23, 12, tzinfo=UTC)
    assert played.outcome == HostedUrl("https://f.example/hero.jpg", expires)


@pytest.mark.parametrize(
    ("settings", "first"),
    [
        pytest.param({"upload": "base64"}, (), id="as set"),
        pytest.param({}, (answer(415, {"success": False, "code": 415}),), id="kind refused"),
        pytest.param({}, (answer(404, b"no"),), id="no such way"),
        pytest.param({}, (answer(200, {"success": False, "code": 415}),), id="refused in HTTP 200"),
    ],
)
def test_upload_as_base64(tmp_path: Path, settings: dict[str, str], first: tuple[Any, ...]) -> None:
    assert PROVIDER.upload is not None
    file = image(tmp_path)
    played = play(
        PROVIDER.upload(file, replace(ORDER, settings=settings)), *first, answer(200, UPLOADED)
    )
    request = played.requests[-1]
    assert (request.base, request.url) == ("files", "/api/v1/files/upload/base64")
    head, _, data = request.json["base64_data"].partition(",")
    assert head == "data:image/jpeg;base64"
    assert base64.b64decode(data) == Path(file.path).read_bytes()
    assert request.json["file_name"] == "hero.jpg"


def test_uploads_may_be_refused_with_http_200(tmp_path: Path) -> None:
    assert PROVIDER.upload is not None
    body = {"success": False, "code": 1001, "msg": "type not allowed"}
    refusal = play(PROVIDER.upload(image(tmp_path), ORDER), answer(200, body)).refusal
    assert str(refusal) == "EvoLink refuses: hero.jpg: type not allowed"
    assert refusal.code == "1001"


def test_an_upload_without_a_url_is_unclear(tmp_path: Path) -> None:
    assert PROVIDER.upload is not None
    body = {"success": True, "data": {"file_url": "file:///etc/passwd"}}
    assert isinstance(
        play(PROVIDER.upload(image(tmp_path), ORDER), answer(200, body)).outcome, Unclear
    )


def test_a_deleted_file_is_refused(tmp_path: Path) -> None:
    assert PROVIDER.upload is not None
    file = image(tmp_path)
    Path(file.path).unlink()
    played = play(PROVIDER.upload(file, replace(ORDER, settings={"upload": "base64"})))
    assert "can no longer be read" in str(played.refusal)


def test_find_compares_times_across_zones() -> None:
    assert PROVIDER.find is not None
    shown = SENT_AT.isoformat().replace("+00:00", "Z")
    listed = [{"id": "a", "created_at": shown, "model": MODEL}]
    assert play(PROVIDER.find(sent(ORDER)), answer(200, listed)).outcome.provider_id == "a"
