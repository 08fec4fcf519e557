from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from replay import UNIX, answer, image, order, play, sent

from wanprep.plugins import Accepted, HostedUrl, Unclear
from wanprep.plugins.loading import installed

PROVIDER = installed().provider("oxen")
MODEL = "wan-v2-7-reference-to-video"
BODY = {
    "model": MODEL,
    "prompt": "Image 1 waves.",
    "reference_images": [{"url": "https://x.example/a"}],
    "duration": 5,
}
ORDER = order(f"oxen/{MODEL}", MODEL, BODY)
TWO = order(f"oxen/{MODEL}", MODEL, BODY | {"num_generations": 2, "target_namespace": "studio"})
ID, OTHER = "bb8f5eb7-361e-4e13-ab73-67457bc8057e", "7cf9b23a-1234-5678-9abc-def012345678"
SENT = sent(ORDER, ID)
VIDEO = "https://hub.oxen.ai/r/v.mp4"


def queued(*ids: str) -> dict[str, Any]:
    return {"generations": [{"generation_id": each, "status": "queued"} for each in ids]}


def generation(status: str, name: str = ID, **more: Any) -> dict[str, Any]:
    shown = {"generation_id": name, "model_name": MODEL, "prompt": BODY["prompt"]}
    times = {"enqueued_at": UNIX + 1, "started_at": None, "completed_at": None}
    return shown | times | {"status": status, "result_url": None, "error_message": None} | more


def test_submit_sends_one_paid_request() -> None:
    played = play(PROVIDER.submit(ORDER), answer(200, queued(ID)))
    (request,) = played.requests
    assert played.lines == ["POST /api/ai/queue"]
    assert (request.paid, request.json) == (True, BODY)
    assert played.outcome == Accepted(provider_id=ID)


def test_several_videos_are_one_order() -> None:
    assert play(PROVIDER.submit(TWO), answer(200, queued(ID, OTHER))).outcome.provider_id == (
        f"{ID},{OTHER}"
    )


@pytest.mark.parametrize(
    ("status", "body", "message", "advice"),
    [
        pytest.param(
            401,
            {
                "error": {"type": "unauthenticated", "title": "t", "detail": "Bad key."},
                "status": "error",
                "status_message": "unauthenticated",
            },
            "Bad key.",
            "Check the key",
            id="key",
        ),
        pytest.param(
            400, {"error": {"message": "Model not found: x"}}, "Model not found: x", "", id="model"
        ),
        pytest.param(
            200,
            {"error": {"message": "Insufficient credits"}},
            "Insufficient credits",
            "Top up",
            id="200",
        ),
        pytest.param(
            400,
            {"status": "error", "status_message": "invalid_params"},
            "invalid_params",
            "",
            id="bare",
        ),
        pytest.param(402, b"", "HTTP 402, and no reason", "Top up", id="nothing"),
    ],
)
def test_refusals(status: int, body: Any, message: str, advice: str) -> None:
    refusal = play(PROVIDER.submit(ORDER), answer(status, body)).refusal
    assert str(refusal) == f"Oxen.ai refuses: {message}"
    assert advice in refusal.advice


@pytest.mark.parametrize(
    ("status", "body"),
    [
        pytest.param(200, {}, id="nothing"),
        pytest.param(200, {"generations": []}, id="no generation"),
        pytest.param(200, queued("a/b"), id="an id that leads elsewhere"),
        pytest.param(200, queued("a,b"), id="an id that looks like two"),
        pytest.param(200, [1], id="a list"),
        pytest.param(500, {"error": {"type": "unknown_error"}}, id="500"),
    ],
)
def test_unclear_answers(status: int, body: Any) -> None:
    assert isinstance(play(PROVIDER.submit(ORDER), answer(status, body)).outcome, Unclear)


@pytest.mark.parametrize(
    ("shown", "state", "outputs", "error"),
    [
        pytest.param(generation("queued"), "queued", (), "", id="queued"),
        pytest.param(generation("processing"), "running", (), "", id="processing"),
        pytest.param(generation("musing"), "unknown", (), "", id="unknown"),
        pytest.param(
            generation("succeeded", result_url=VIDEO), "succeeded", (VIDEO,), "", id="succeeded"
        ),
        pytest.param(generation("succeeded"), "failed", (), "without a result", id="no result"),
        pytest.param(
            generation("failed", error_message="bad seed"), "failed", (), "bad seed", id="failed"
        ),
        pytest.param(generation("failed"), "failed", (), "no reason", id="failed silently"),
        pytest.param(generation("cancelled"), "cancelled", (), "", id="cancelled"),
    ],
)
def test_states(shown: dict[str, Any], state: str, outputs: Any, error: str) -> None:
    played = play(PROVIDER.poll(SENT), answer(200, shown))
    assert played.lines == [f"GET /api/ai/queue/{ID}"]
    status = played.outcome
    assert (status.state, status.outputs) == (state, outputs)
    assert error in status.error
    assert bool(error) == bool(status.error)


def test_poll_reads_the_lists_after_404() -> None:
    played = play(
        PROVIDER.poll(SENT),
        answer(404, {"error": {"type": "resource_not_found"}}),
        answer(200, {"count": 0, "generations": []}),
        answer(200, {"generations": [generation("failed", error_message="bad")]}),
    )
    assert [request.query.get("status") for request in played.requests] == [
        None,
        "succeeded",
        "failed",
    ]
    assert played.outcome.error == "bad"


def test_poll_may_be_refused() -> None:
    missing = answer(404, {"error": {"type": "resource_not_found"}})
    played = play(PROVIDER.poll(SENT), missing, *[answer(200, {"generations": []})] * 3)
    assert played.refusal.code == "resource_not_found"
    assert play(PROVIDER.poll(SENT), missing, answer(401, {})).refusal.args
    assert play(PROVIDER.poll(SENT), answer(401, {})).refusal.args
    assert play(PROVIDER.poll(SENT), answer(200, {"error": "x", "status": "error"})).refusal.args


@pytest.mark.parametrize(
    ("first", "second", "state", "outputs"),
    [
        pytest.param(
            generation("succeeded", result_url=VIDEO),
            generation("processing"),
            "running",
            (),
            id="one goes on",
        ),
        pytest.param(
            generation("queued"), generation("musing"), "unknown", (), id="one is strange"
        ),
        pytest.param(
            generation("succeeded", result_url=VIDEO),
            generation("failed", error_message="bad"),
            "succeeded",
            (VIDEO,),
            id="one failed",
        ),
        pytest.param(
            generation("failed"), generation("cancelled"), "failed", (), id="none is left"
        ),
        pytest.param(
            generation("succeeded", result_url=VIDEO),
            generation("succeeded", result_url=f"{VIDEO}?2"),
            "succeeded",
            (VIDEO, f"{VIDEO}?2"),
            id="both",
        ),
    ],
)
def test_states_of_several_generations(first: Any, second: Any, state: str, outputs: Any) -> None:
    played = play(
        PROVIDER.poll(sent(TWO, f"{ID},{OTHER}")), answer(200, first), answer(200, second)
    )
    assert played.lines == [f"GET /api/ai/queue/{ID}", f"GET /api/ai/queue/{OTHER}"]
    assert (played.outcome.state, played.outcome.outputs) == (state, outputs)
    if "bad" in str(second):
        assert played.outcome.error == "2: bad"


@pytest.mark.parametrize(
    ("word", "done"),
    [("cancelled", True), ("processing", True), ("succeeded", False), ("failed", False)],
)
def test_cancel_polls_afterwards(word: str, done: bool) -> None:
    assert PROVIDER.cancel is not None
    played = play(
        PROVIDER.cancel(SENT),
        answer(200, {"status": "success", "generation_id": ID}),
        answer(200, generation(word)),
    )
    assert played.lines == [f"DELETE /api/ai/queue/{ID}", f"GET /api/ai/queue/{ID}"]
    assert played.outcome.done is done
    assert ("cannot cancel" in played.outcome.message) is not done


def test_cancel_of_deleted_generations() -> None:
    assert PROVIDER.cancel is not None
    assert play(PROVIDER.cancel(SENT), answer(404, {"error": {"detail": "no"}})).refusal.args
    assert play(PROVIDER.cancel(SENT), answer(204, b""), answer(404, b"")).outcome.done
    assert play(PROVIDER.cancel(SENT), answer(200, b""), answer(200, b"<")).outcome.done


@pytest.mark.parametrize(
    ("order", "listed", "found"),
    [
        pytest.param(ORDER, [generation("queued", duration=5)], ID, id="the only one"),
        pytest.param(ORDER, [generation("queued", duration=6)], None, id="another length"),
        pytest.param(ORDER, [generation("queued", prompt="x")], None, id="another prompt"),
        pytest.param(ORDER, [generation("queued", model_name="x")], None, id="another model"),
        pytest.param(
            ORDER,
            [generation("queued", reference_images=[{"url": "https://x"}])],
            None,
            id="another image",
        ),
        pytest.param(ORDER, [generation("queued", enqueued_at=UNIX - 900)], None, id="too early"),
        pytest.param(ORDER, [generation("queued", enqueued_at=None)], None, id="no time"),
        pytest.param(ORDER, [generation("queued"), generation("queued", OTHER)], None, id="twins"),
        pytest.param(
            ORDER, [generation("queued"), generation("queued", "known")], ID, id="another's"
        ),
        pytest.param(ORDER, [generation("queued", "a/b")], None, id="nonsense"),
        pytest.param(
            TWO, [generation("queued"), generation("queued", OTHER)], f"{ID},{OTHER}", id="both"
        ),
        pytest.param(TWO, [generation("queued")], None, id="one of two"),
    ],
)
def test_find(order: Any, listed: list[Any], found: str | None) -> None:
    assert PROVIDER.find is not None
    none = answer(200, {"count": 0, "generations": []})
    played = play(
        PROVIDER.find(sent(order, "", "also,known")),
        answer(200, {"generations": listed}),
        none,
        answer(200, {"generations": listed}),  # it may move from list to list meanwhile
        none,
    )
    assert played.outcome == (Accepted(provider_id=found) if found else None)
    assert [request.query.get("status") for request in played.requests] == [
        *(None, "succeeded", "failed", "cancelled")
    ]
    assert played.requests[0].query["model"] == MODEL
    assert played.requests[0].query.get("namespace") == order.body.get("target_namespace")


def test_events() -> None:
    assert PROVIDER.events is not None
    request = PROVIDER.events.connect()
    assert (request.method, request.url) == ("GET", "/api/events")
    assert request.headers == {"Accept": "text/event-stream"}
    read, name = PROVIDER.events.read, "media_generation_completed"

    done = read(name, json.dumps({"generation_id": ID, "status": "succeeded", "url": VIDEO}))
    assert done is not None
    assert (done[0], done[1].state, done[1].outputs) == (ID, "succeeded", (VIDEO,))
    failed = read(name, json.dumps({"generation_id": ID, "status": "failed", "error": "Poor."}))
    assert failed is not None
    assert (failed[1].state, failed[1].error) == ("failed", "Poor.")
    for event, data in [
        ("other", "{}"),
        (name, "["),
        (name, "[]"),
        (name, "{}"),
        (name, "[" * 9999),
    ]:
        assert read(event, data) is None


SETTINGS = {
    "repository": "studio/inputs",
    "branch": "for/wan",
    "name": "Ann",
    "email": "ann@x.example",
}


def test_upload_commits_a_file_under_its_hash(tmp_path: Path) -> None:
    assert PROVIDER.upload is not None
    url = (
        "https://hub.oxen.ai/api/repos/studio/inputs/file/for/wan/wanprep/0123456789abcdef-hero.jpg"
    )
    body = {"commit": {"id": "c"}, "file": {"path": "p", "size": 3, "hash": "h"}}
    played = play(
        PROVIDER.upload(image(tmp_path), replace(ORDER, settings=SETTINGS)),
        answer(200, body, url=url),
    )
    (request,) = played.requests
    assert played.lines == [
        "PUT /api/repos/studio/inputs/file/for/wan/wanprep/0123456789abcdef-hero.jpg"
    ]
    assert request.file is not None
    assert request.file.form_field == "file"
    assert request.file.form == {
        "message": "Add hero.jpg for a video",
        "name": "Ann",
        "email": "ann@x.example",
    }
    assert played.outcome == HostedUrl(url)


@pytest.mark.parametrize("repository", ["", "inputs", "a/../b", "../b", "a/b?c", "a//b"])
def test_upload_needs_a_repository(tmp_path: Path, repository: str) -> None:
    assert PROVIDER.upload is not None
    refusal = play(
        PROVIDER.upload(image(tmp_path), replace(ORDER, settings={"repository": repository}))
    ).refusal
    assert 'repository = "namespace/name" in [providers.oxen]' in refusal.advice


@pytest.mark.parametrize(
    ("status", "body", "advice"),
    [
        pytest.param(404, {"error": {"detail": "no repo"}}, "studio/inputs exists", id="missing"),
        pytest.param(200, {"status": "error", "status_message": "x"}, "exists", id="in HTTP 200"),
        pytest.param(401, {}, "Check the key", id="key"),
    ],
)
def test_uploads_may_be_refused(tmp_path: Path, status: int, body: Any, advice: str) -> None:
    assert PROVIDER.upload is not None
    played = play(
        PROVIDER.upload(image(tmp_path), replace(ORDER, settings=SETTINGS)), answer(status, body)
    )
    assert advice in played.refusal.advice


def test_an_upload_without_a_url_is_unclear(tmp_path: Path) -> None:
    assert PROVIDER.upload is not None
    played = play(
        PROVIDER.upload(image(tmp_path), replace(ORDER, settings=SETTINGS)), answer(200, {})
    )
    assert isinstance(played.outcome, Unclear)
