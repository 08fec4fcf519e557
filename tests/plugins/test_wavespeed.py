from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from replay import answer, image, order, play, sent

from wanprep.plugins import Accepted, HostedUrl, Unclear
from wanprep.plugins.loading import installed

PROVIDER = installed().provider("wavespeed")
MODEL = "alibaba/wan-2.7/reference-to-video"
BODY = {"prompt": "Video 1 dances.", "videos": ["https://x.example/a.mp4"], "duration": 5}
ORDER = order(
    "wavespeed/wan-2.7-reference-to-video",
    MODEL,
    BODY,
    query={"webhook": "https://hooks.example.com/w?a=b"},
)
ID = "pred_abc123"
SENT = sent(ORDER, ID)
PREDICTION = {
    "id": ID,
    "model": MODEL,
    "outputs": [],
    "urls": {"get": f"https://evil.example/{ID}"},
    "has_nsfw_contents": [],
    "status": "created",
    "created_at": "2023-04-01T12:34:56.789Z",
    "error": "",
    "timings": {"inference": 0},
}


def envelope(data: Any, code: Any = 200, message: str = "success") -> dict[str, Any]:
    return {"code": code, "message": message, "data": data}


def test_submit_sends_one_paid_request_with_its_webhook() -> None:
    played = play(PROVIDER.submit(ORDER), answer(200, envelope(PREDICTION)))
    (request,) = played.requests
    assert played.lines == [f"POST /api/v3/{MODEL}"]
    assert (request.paid, request.json, request.query) == (True, BODY, ORDER.query)
    assert played.outcome == Accepted(provider_id=ID)


@pytest.mark.parametrize(
    ("status", "body", "message", "code", "advice"),
    [
        pytest.param(200, envelope(None, 1401, "bad seed"), "bad seed", "1401", "check", id="200"),
        pytest.param(200, envelope(None, "1400", "lacking"), "lacking", "1400", "check", id="text"),
        pytest.param(
            200, envelope(None, 401, "no key"), "no key", "401", "top-up", id="key in 200"
        ),
        pytest.param(401, {"message": "no", "error_code": "K1"}, "no", "K1", "top-up", id="401"),
        pytest.param(402, envelope(None, 402, "poor"), "poor", "402", "Top up", id="402"),
        pytest.param(429, b"slow", "HTTP 429, and no reason", "", "Wait", id="429"),
        pytest.param(400, {"error": {"message": "m"}}, "m", "", "check", id="other shape"),
    ],
)
def test_refusals(status: int, body: Any, message: str, code: str, advice: str) -> None:
    refusal = play(PROVIDER.submit(ORDER), answer(status, body)).refusal
    assert (str(refusal), refusal.code) == (f"WaveSpeedAI refuses: {message}", code)
    assert advice in refusal.advice


@pytest.mark.parametrize(
    ("status", "body"),
    [
        pytest.param(200, envelope(None), id="no data"),
        pytest.param(200, envelope({"id": "a/../b"}), id="an id that leads elsewhere"),
        pytest.param(200, envelope(None, 5000, "internal"), id="internal error"),
        pytest.param(200, envelope(None, 500, "internal"), id="as HTTP counts"),
        pytest.param(504, b"", id="504"),
        pytest.param(200, b"", id="nothing"),
    ],
)
def test_unclear_answers(status: int, body: Any) -> None:
    assert isinstance(play(PROVIDER.submit(ORDER), answer(status, body)).outcome, Unclear)


VIDEO = "https://r.example/v.mp4"


@pytest.mark.parametrize(
    ("data", "state", "outputs"),
    [
        pytest.param({"status": "created"}, "queued", (), id="created"),
        pytest.param({"status": "processing"}, "running", (), id="processing"),
        pytest.param({"status": "dreaming"}, "unknown", (), id="unknown"),
        pytest.param({"status": "completed", "outputs": [VIDEO]}, "succeeded", (VIDEO,), id="done"),
        pytest.param(
            {"status": "completed", "outputs": [{"url": VIDEO}, VIDEO]},
            "succeeded",
            (VIDEO,),
            id="objects",
        ),
        pytest.param(
            {"status": "completed", "outputs": {"video": VIDEO}},
            "succeeded",
            (VIDEO,),
            id="one object",
        ),
        pytest.param({"status": "completed", "outputs": []}, "failed", (), id="without result"),
        pytest.param({"status": "failed", "error": "boom"}, "failed", (), id="failed"),
        pytest.param({"status": "timeout"}, "failed", (), id="timeout"),
        pytest.param({"status": "cancelled"}, "cancelled", (), id="cancelled"),
        pytest.param({"status": "deleted"}, "cancelled", (), id="deleted"),
    ],
)
def test_states(data: dict[str, Any], state: str, outputs: Any) -> None:
    played = play(PROVIDER.poll(SENT), answer(200, envelope(PREDICTION | data)))
    assert played.lines == [f"GET /api/v3/predictions/{ID}/result"]
    assert (played.outcome.state, played.outcome.outputs) == (state, outputs)
    assert bool(played.outcome.error) == (state == "failed")


def test_failures_have_a_reason() -> None:
    failed = PREDICTION | {"status": "failed", "error": "real people"}
    status = play(PROVIDER.poll(SENT), answer(200, envelope(failed, 1200))).outcome
    assert status.error.startswith("real people (1200). Moderation")
    late = PREDICTION | {"status": "timeout"}
    assert (
        play(PROVIDER.poll(SENT), answer(200, envelope(late))).outcome.error == "it took too long"
    )
    shy = PREDICTION | {"status": "completed", "has_nsfw_contents": [True]}
    assert "NSFW" in play(PROVIDER.poll(SENT), answer(200, envelope(shy))).outcome.error


def test_a_task_error_without_data() -> None:
    status = play(PROVIDER.poll(SENT), answer(200, envelope(None, 1405, "task failed"))).outcome
    assert (status.state, status.error) == ("failed", "task failed (1405)")


def test_an_unknown_prediction_is_refused() -> None:
    assert play(PROVIDER.poll(SENT), answer(404, envelope(None, 404, "gone"))).refusal.args
    assert play(PROVIDER.poll(SENT), answer(200, envelope(None, 404, "gone"))).refusal.args
    broken = play(PROVIDER.poll(SENT), answer(200, envelope(None, 5003, "down")))
    assert isinstance(broken.outcome, Unclear)


@pytest.mark.parametrize(
    ("word", "done"), [("deleted", True), ("cancelled", True), ("processing", False), ("", False)]
)
def test_cancelling_deletes(word: str, done: bool) -> None:
    assert PROVIDER.cancel is not None
    played = play(PROVIDER.cancel(SENT), answer(200, envelope({"id": ID, "status": word})))
    assert played.lines == [f"DELETE /api/v3/predictions/{ID}"]
    assert played.outcome.done is done
    assert "record" in played.outcome.message or not done


def test_cancelling_may_be_refused() -> None:
    assert PROVIDER.cancel is not None
    assert play(PROVIDER.cancel(SENT), answer(403, envelope(None, 403, "not yours"))).refusal.args


def listed(name: str, **more: Any) -> dict[str, Any]:
    return PREDICTION | {"id": name, "created_at": "2026-11-20T12:00:01Z"} | more


@pytest.mark.parametrize(
    ("predictions", "found"),
    [
        pytest.param([listed("a")], "a", id="the only one"),
        pytest.param([listed("a", input=BODY | {"seed": -1})], "a", id="with defaults"),
        pytest.param(
            [listed("a", input=BODY), listed("b", input={"prompt": "x"})], "a", id="input"
        ),
        pytest.param([listed("a", input=BODY), listed("b", input=BODY)], None, id="twins"),
        pytest.param([listed("a"), listed("known")], "a", id="another run's"),
        pytest.param([listed("a", model="other/model")], None, id="another model"),
        pytest.param([listed("a", created_at="2026-11-20T10:00:00Z")], None, id="too early"),
        pytest.param([listed("a", created_at="soon")], None, id="no time"),
        pytest.param([listed("../a")], None, id="nonsense"),
        pytest.param(
            [listed(f"p{each}", model="x") for each in range(100)], None, id="a full page"
        ),
    ],
)
def test_find(predictions: list[Any], found: Any) -> None:
    assert PROVIDER.find is not None
    for data in (predictions, {"items": predictions}, {"predictions": predictions}):
        played = play(PROVIDER.find(sent(ORDER, "", "known")), answer(200, envelope(data)))
        assert played.outcome == (Accepted(provider_id=found) if found else None)
    (request,) = played.requests
    assert not request.paid
    assert request.json == {
        "page": 1,
        "page_size": 100,
        "model": MODEL,
        "created_after": "2026-11-20T11:59:30Z",
    }


def test_lists_by_get_and_refused_ones() -> None:
    assert PROVIDER.find is not None
    played = play(
        PROVIDER.find(sent(ORDER)), answer(405, b""), answer(200, envelope([listed("a")]))
    )
    assert played.lines == ["POST /api/v3/predictions", "GET /api/v3/predictions"]
    assert played.requests[1].query["page"] == "1"
    assert played.outcome.provider_id == "a"
    assert play(PROVIDER.find(sent(ORDER)), answer(200, envelope(None, 1400, "no"))).refusal.args


HOSTED = {"type": "image", "download_url": "https://f.example/a.jpg", "filename": "a", "size": 3}


def test_upload_in_one_step(tmp_path: Path) -> None:
    assert PROVIDER.upload is not None
    played = play(PROVIDER.upload(image(tmp_path), ORDER), answer(200, envelope(HOSTED)))
    (request,) = played.requests
    assert played.lines == ["POST /api/v3/media/upload/binary"]
    assert request.file is not None
    assert request.file.form_field == "file"
    assert played.outcome == HostedUrl("https://f.example/a.jpg")


def test_upload_in_two_steps_the_second_without_the_key(tmp_path: Path) -> None:
    assert PROVIDER.upload is not None
    place = {
        "method": "PUT",
        "url": "https://bucket.example/put?sig=1",
        "headers": {
            "content-type": "image/jpeg",
            "x-amz-acl": "private",
            "Authorization": "x",
            "n": 1,
        },
    }
    played = play(
        PROVIDER.upload(image(tmp_path), ORDER),
        answer(404, b""),
        answer(200, envelope({"upload": place, "download_url": "https://f.example/a.jpg"})),
        answer(200, b""),
    )
    _, announced, put = played.requests
    assert announced.json == {"filename": "hero.jpg", "size": 11, "content_type": "image/jpeg"}
    assert (put.method, put.url, put.key) == ("PUT", "https://bucket.example/put?sig=1", False)
    assert put.headers == {"Content-Type": "image/jpeg", "x-amz-acl": "private"}
    assert put.file is not None
    assert put.file.form_field is None
    assert played.outcome.url == "https://f.example/a.jpg"


@pytest.mark.parametrize(
    "answers",
    [
        pytest.param([answer(413, envelope(None, 413, "too large"))], id="too large"),
        pytest.param([answer(200, envelope(None, 1401, "no"))], id="in HTTP 200"),
        pytest.param([answer(404, b""), answer(403, b"")], id="the second way, too"),
        pytest.param(
            [
                answer(404, b""),
                answer(200, envelope({"upload": {"url": "https://b.example/x"}})),
                answer(403, b"<Error>"),
            ],
            id="the bucket",
        ),
    ],
)
def test_uploads_may_be_refused(tmp_path: Path, answers: list[Any]) -> None:
    assert PROVIDER.upload is not None
    assert play(PROVIDER.upload(image(tmp_path), ORDER), *answers).refusal.args


@pytest.mark.parametrize(
    "answers",
    [
        pytest.param([answer(200, envelope({"download_url": "ftp://x"}))], id="no URL"),
        pytest.param([answer(404, b""), answer(200, envelope({}))], id="no upload URL"),
    ],
)
def test_uploads_may_be_unclear(tmp_path: Path, answers: list[Any]) -> None:
    assert PROVIDER.upload is not None
    assert isinstance(play(PROVIDER.upload(image(tmp_path), ORDER), *answers).outcome, Unclear)
