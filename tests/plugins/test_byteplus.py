"""BytePlus: jobs in our words and native bodies of Seedance."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Final

import pytest
from commands import Command, wanprep
from sample_videos import make

__all__ = ["wanprep"]

MODEL: Final = "dreamina-seedance-2-0-260128"
PLAIN: Final[dict[str, Any]] = {
    "model": MODEL,
    "content": [
        {"type": "text", "text": "Image 1 waves."},
        {
            "type": "image_url",
            "image_url": {"url": "https://x.example/a.png"},
            "role": "reference_image",
        },
    ],
}
FRAME: Final = {
    "type": "image_url",
    "image_url": {"url": "https://x.example/z.png"},
    "role": "first_frame",
}


@pytest.mark.parametrize(
    ("changes", "rules"),
    [
        pytest.param({}, [], id="as documented"),
        pytest.param({"duration": -1, "ratio": "adaptive"}, [], id="the model decides"),
        pytest.param({"duration": 16}, ["parameter-invalid"], id="too long"),
        pytest.param({"aspect_ratio": "9:16"}, ["parameter-unknown"], id="the shape's other name"),
        pytest.param({"service_tier": "flex"}, ["parameter-unknown"], id="a field of 1.5"),
        pytest.param(
            {"model": "seedance-2-0"}, ["target-unknown"], id="a model without its prefix"
        ),
        pytest.param(
            {"content": [*PLAIN["content"], FRAME]},
            ["roles-exclusive"],
            id="a frame and references",
        ),
    ],
)
def test_native_bodies(
    wanprep: Command, tmp_path: Path, changes: dict[str, Any], rules: list[str]
) -> None:
    job = tmp_path / "job.json"
    job.write_text(json.dumps({"target": "byteplus/seedance-2.0", "body": PLAIN | changes}))
    report = json.loads(wanprep("check", str(job), "--offline", "--format", "json").out)
    assert [each["rule"] for each in report["findings"]] == rules
    if "aspect_ratio" in changes:
        assert "Did you mean `ratio`?" in report["findings"][0]["message"]


def test_videos_that_are_short_enough_alone_and_too_long_together(
    wanprep: Command, tmp_path: Path
) -> None:
    for name in ("a.mp4", "b.mp4"):
        make(tmp_path / name, "color=teal:size=640x640:rate=24:duration=9")
    job = tmp_path / "job.yaml"
    job.write_text(
        "target: byteplus/seedance-2.0\nprompt: Video 1 meets Video 2.\n"
        "references: [{video: a.mp4}, {video: b.mp4}]\n"
        "parameters: {duration: auto, aspect_ratio: adaptive}\n"
    )
    report = json.loads(wanprep("check", str(job), "--format", "json").out)
    [finding] = report["findings"]
    assert finding["rule"] == "total-too-long"
    assert "at most 15 s together" in finding["message"]
