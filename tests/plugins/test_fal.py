"""fal: the URLs that its answers name, its errors, and whole jobs with local files."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Final

import pytest
from commands import Command, wanprep
from PIL import Image

from wanprep.plugins import Unclear
from wanprep.submit.services.keys import find_key
from wanprep.submit.services.service import load_service
from wanprep.testing import answer, order, replay, sent
from wanprep_fal.flows import poll

__all__ = ["wanprep"]

ORDER: Final = order("fal/wan2.7-reference-to-video", model="fal-ai/wan/v2.7/reference-to-video")
BY_RULE: Final = "/fal-ai/wan/requests/job-1"
NAMED: Final = "https://queue.fal.run/elsewhere/requests/job-1"


@pytest.mark.parametrize(
    ("details", "urls"),
    [
        ({}, [f"{BY_RULE}/status", BY_RULE]),
        (
            {"status_url": f"{NAMED}/status", "response_url": NAMED},
            [f"{NAMED}/status", NAMED],
        ),
    ],
)
def test_the_urls_of_a_request(details: dict[str, Any], urls: list[str]) -> None:
    done = answer(200, {"status": "COMPLETED"})
    result = answer(200, {"video": {"url": "https://v3.fal.media/a.mp4"}})
    requests, status = replay(poll(sent(ORDER, details=details)), [done, result])
    assert [each.url for each in requests] == urls
    assert getattr(status, "outputs", None) == ("https://v3.fal.media/a.mp4",)


@pytest.mark.parametrize(
    ("status", "body", "state"),
    [
        pytest.param(422, {"detail": [{"msg": "no face"}]}, "failed", id="refused by the model"),
        pytest.param(504, {"detail": [{"type": "generation_timeout"}]}, "failed", id="too slow"),
        pytest.param(500, {"detail": "oops", "error_type": "internal_error"}, None, id="the queue"),
        pytest.param(502, b"<html>", None, id="a gateway"),
    ],
)
def test_an_error_in_place_of_a_result(status: int, body: object, state: str | None) -> None:
    done = answer(200, {"status": "COMPLETED"})
    requests, outcome = replay(poll(sent(ORDER)), [done, answer(status, body)])
    assert requests[1].server_errors
    if state:
        assert getattr(outcome, "state", None) == state
    else:  # the job may have succeeded
        assert isinstance(outcome, Unclear)


def test_a_pair_of_variables_is_one_key() -> None:
    key = find_key(load_service("fal"), {"FAL_KEY_ID": "id", "FAL_KEY_SECRET": "secret"})
    assert key
    assert key.headers() == {"Authorization": "Key id:secret"}


@pytest.mark.parametrize(
    ("target", "text", "sent_body"),
    [
        pytest.param(
            "fal/seedance-2.0-reference-to-video",
            "prompt: '@Image1 waves.'\nreferences: [{image: a.png}]\n"
            "parameters: {duration: 5, aspect_ratio: adaptive, audio: false}\n",
            {"duration": "5", "aspect_ratio": "auto", "generate_audio": False},
            id="Seedance",
        ),
        pytest.param(
            "fal/kling-o1-reference-to-video",
            "prompt: '@Element1 waves.'\nreferences: [{element: a.png}]\n"
            "parameters: {duration: 5}\n",
            {"duration": "5"},
            id="Kling",
        ),
    ],
)
def test_a_job_of_local_files(
    wanprep: Command, tmp_path: Path, target: str, text: str, sent_body: dict[str, Any]
) -> None:
    Image.new("RGB", (640, 480)).save(tmp_path / "a.png")
    job = tmp_path / "job.yaml"
    job.write_text(f"target: {target}\n{text}")
    dry = wanprep("submit", str(job), "--dry-run", "--format", "json")
    assert dry.status == 0, dry.err
    body = json.dumps(json.loads(dry.out))
    assert all(f'"{name}": {json.dumps(value)}' in body for name, value in sent_body.items()), body
    done = wanprep("submit", str(job), "--emulate", "--wait", "-o", str(tmp_path / "results"),
                   "--format", "json")  # fmt: skip
    assert done.status == 0, done.err
    [run] = json.loads(done.out)
    assert Path(run["outputs"][0]).stat().st_size > 1000
