from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from wanprep.job.model import Job
from wanprep.job.read import read_jobs
from wanprep.rules.intent import Intent, intent_of
from wanprep.rules.target import all_targets

TARGETS = all_targets()
A, B, C = (f"https://cdn.example.com/{name}" for name in "abc")


def job(folder: Path, target: str, body: Any) -> Job:
    path = folder / "job.json"
    path.write_text(json.dumps({"target": target, "body": body}))
    (intent,) = read_jobs(str(path)).jobs
    return intent


def meant(folder: Path, target: str, body: Any) -> Intent:
    return intent_of(job(folder, target, body), TARGETS[target])


def media(intent: Intent) -> list[tuple[str, str, str]]:
    return [(asset.role, asset.written, asset.pointer) for asset in intent.assets]


@pytest.mark.parametrize(
    ("target", "body", "expected"),
    [
        pytest.param(
            "evolink/wan2.7-reference-video",
            {
                "image_urls": [A],
                "video_urls": [B],
                "image_start": C,
                "model_params": {"voice_bindings": {"video1": C}},
            },
            [
                ("reference_image", A, "/body/image_urls/0"),
                ("reference_video", B, "/body/video_urls/0"),
                ("voice", C, "/body/model_params/voice_bindings/video1"),
                ("first_frame", C, "/body/image_start"),
            ],
            id="EvoLink, voices by name",
        ),
        pytest.param(
            "evolink/wan2.7-reference-video",
            {"image_urls": [A], "video_urls": [B], "audio_urls": [B, A, C]},
            [
                ("reference_image", A, "/body/image_urls/0"),
                ("reference_video", B, "/body/video_urls/0"),
                ("voice", B, "/body/audio_urls/0"),
                ("voice", A, "/body/audio_urls/1"),
                ("voice", C, "/body/audio_urls/2"),
            ],
            id="EvoLink, voices by place",
        ),
        pytest.param(
            "oxen/wan-v2-7-reference-to-video",
            {
                "reference_images": [{"url": A, "reference_voice": B}, C],
                "reference_videos": [{"url": B, "reference_voice": A}],
                "input_image": C,
            },
            [
                ("reference_image", A, "/body/reference_images/0/url"),
                ("voice", B, "/body/reference_images/0/reference_voice"),
                ("reference_image", C, "/body/reference_images/1"),
                ("reference_video", B, "/body/reference_videos/0/url"),
                ("voice", A, "/body/reference_videos/0/reference_voice"),
                ("first_frame", C, "/body/input_image"),
            ],
            id="Oxen",
        ),
        pytest.param(
            "runcomfy/wan-2-7-reference-to-video",
            {"reference_image_urls": [A], "reference_video_urls": [B, C]},
            [
                ("reference_image", A, "/body/reference_image_urls/0"),
                ("reference_video", B, "/body/reference_video_urls/0"),
                ("reference_video", C, "/body/reference_video_urls/1"),
            ],
            id="RunComfy 2.7",
        ),
        pytest.param(
            "runcomfy/wan-2-2-image-to-video",
            {"img_url": A},
            [("reference_image", A, "/body/img_url")],
            id="RunComfy 2.2",
        ),
        pytest.param(
            "wavespeed/wan-2.7-reference-to-video",
            {"image": A, "videos": [B]},
            [("reference_image", A, "/body/image"), ("reference_video", B, "/body/videos/0")],
            id="WaveSpeedAI",
        ),
    ],
)
def test_media(
    tmp_path: Path, target: str, body: dict[str, Any], expected: list[tuple[str, str, str]]
) -> None:
    assert media(meant(tmp_path, target, {"prompt": "x", **body})) == expected


def test_voices_belong_to_references_by_name(tmp_path: Path) -> None:
    body = {
        "image_urls": [A, B],
        "video_urls": [C],
        "model_params": {"voice_bindings": {"image2": A, "video01": B, "hero": C, "image1": 7}},
    }
    intent = meant(tmp_path, "evolink/wan2.7-reference-video", body)
    assert [(each.kind, each.voice) for each in intent.references] == [
        ("image", False),
        ("image", True),
        ("video", False),
    ]


def test_voices_belong_to_references_by_place_videos_first(tmp_path: Path) -> None:
    body = {"image_urls": [A, B], "video_urls": [C], "audio_urls": [A, 7, B, C]}
    intent = meant(tmp_path, "evolink/wan2.7-reference-video", body)
    assert [(each.kind, each.voice) for each in intent.references] == [
        ("image", False),
        ("image", True),
        ("video", True),
    ]


def test_parameters_have_our_names_and_values(tmp_path: Path) -> None:
    body = {"prompt": "x", "quality": "720p", "duration": 5, "seed": "7", "callback_url": A}
    intent = meant(tmp_path, "evolink/wan2.7-reference-video", body)
    assert intent.parameters == {
        "resolution": "720p",
        "duration": 5,
        "seed": "7",
        "callback_url": A,
    }
    assert intent.places["resolution"] == "/body/quality"

    intent = meant(tmp_path, "runcomfy/wan-2-2-image-to-video", {"resolution": "480P"})
    assert intent.parameters == {"resolution": "480p"}
    intent = meant(tmp_path, "runcomfy/wan-2-2-image-to-video", {"resolution": "720P"})
    assert intent.parameters == {"resolution": "720P"}


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"prompt": " ", "negative_prompt": "", "image_urls": [], "image_start": " "},
        {"image_urls": 7, "video_urls": {"a": 1}, "audio_urls": "x", "model_params": []},
        {"image_urls": [None, 7, "", []], "model_params": {"voice_bindings": [A]}},
    ],
)
def test_what_is_nothing_or_of_another_type_is_left_out(
    tmp_path: Path, body: dict[str, Any]
) -> None:
    intent = meant(tmp_path, "evolink/wan2.7-reference-video", body)
    assert media(intent) == []
    assert intent.prompt is None
    assert intent.negative_prompt is None
    assert intent.first_frame is None
    assert intent.references == ()


def test_a_prompt_that_is_no_text_is_wrong_but_not_missing(tmp_path: Path) -> None:
    intent = meant(tmp_path, "evolink/wan2.7-reference-video", {"prompt": ["Image 1"]})
    assert intent.prompt
    assert intent.prompt.pointer == "/body/prompt"


def test_local_paths_begin_where_the_job_lies(tmp_path: Path) -> None:
    intent = meant(tmp_path, "wavespeed/wan-2.7-reference-to-video", {"videos": ["refs/a.mp4"]})
    assert [asset.location for asset in intent.assets] == [str(tmp_path / "refs/a.mp4")]
