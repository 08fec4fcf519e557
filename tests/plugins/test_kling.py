"""Kling: shots that add up, names of its own, and lost jobs that are found by an id of our own."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import pytest
from commands import Command, wanprep

from wanprep.plugins import Accepted
from wanprep.testing import answer, order, replay, sent
from wanprep_kling.flows import find, submit

__all__ = ["wanprep"]

TARGET: Final = "kling/kling-v3-omni"
SHOTS: Final = [
    {"index": 1, "prompt": "<<<image_1>>> waves.", "duration": "2"},
    {"index": 2, "prompt": "She leaves.", "duration": "3"},
]
BODY: Final[dict[str, Any]] = {
    "model_name": "kling-v3-omni",
    "multi_shot": True,
    "shot_type": "customize",
    "multi_prompt": SHOTS,
    "image_list": [{"image_url": "https://x.example/a.png"}],
    "aspect_ratio": "16:9",
    "duration": "5",
}
CLIP: Final = {"video_url": "https://x.example/a.mp4", "refer_type": "base"}
FRAME: Final = {"image_url": "https://x.example/z.png", "type": "end_frame"}


@pytest.mark.parametrize(
    ("changes", "rules"),
    [
        pytest.param({}, set(), id="shots that add up"),
        pytest.param({"duration": "6"}, {"parameter-invalid"}, id="shots that do not"),
        pytest.param({"multi_shot": False}, {"parameter-invalid"}, id="shots in a single one"),
        pytest.param({"multi_prompt": SHOTS * 4}, {"parameter-invalid"}, id="too many shots"),
        pytest.param({"aspect_ratio": "4:3"}, {"parameter-invalid"}, id="another shape"),
        pytest.param({"image_list": [FRAME]}, {"roles-exclusive", "role-missing"},
                     id="shots and a last frame alone"),
        pytest.param(
            {"video_list": [CLIP], "element_list": [{"element_id": n} for n in range(4)]},
            {"too-many-references", "parameter-ignored"},
            id="an image and four elements beside a video",
        ),
    ],
)  # fmt: skip
def test_native_bodies(
    wanprep: Command, tmp_path: Path, changes: dict[str, Any], rules: set[str]
) -> None:
    job = tmp_path / "job.json"
    job.write_text(json.dumps({"target": TARGET, "body": BODY | changes}))
    report = json.loads(wanprep("check", str(job), "--offline", "--format", "json").out)
    assert {each["rule"] for each in report["findings"]} == rules
    if changes == {"duration": "6"}:
        assert "`multi_prompt` is 1 s too short in all" in report["findings"][0]["message"]


def test_a_lost_job_is_found_by_its_own_id() -> None:
    placed = order(TARGET, {"prompt": "She waves."}, idempotency_key="own-1")
    accepted = answer(200, {"code": 0, "data": {"task_id": "77", "task_status": "submitted"}})
    [request], _ = replay(submit(placed), [accepted])
    assert request.json == {"prompt": "She waves.", "external_task_id": "own-1"}

    lost = replace(sent(placed), provider_id="")
    for own_id, expected in (("own-1", Accepted(provider_id="77")), ("another", None)):
        task = {"task_id": "77", "task_info": {"external_task_id": own_id}}
        [request], found = replay(find(lost), [answer(200, {"code": 0, "data": task})])
        assert request.url.endswith("/own-1")
        assert found == expected
