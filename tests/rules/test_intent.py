"""What a job asks for, in our own keys or as a request body."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from wanprep.job.model import Asset, Job, read_jobs
from wanprep.net.urls import is_private
from wanprep.rules.intent import (
    IntendedReference,
    Intent,
    Text,
    intent_of,
    resolve,
    resolve_callback,
)
from wanprep.rules.target import all_targets

NOTHING: dict[str, Any] = {
    "prompt": None,
    "negative_prompt": None,
    "references": (),
    "parameters": {},
    "places": {},
    "assets": (),
}


def test_what_is_absent_stays_absent() -> None:
    found = resolve(Intent(**NOTHING))
    assert {total["count"] for total in found.pop("totals").values()} == {0}
    assert found == {
        "references": [],
        "images": 0,
        "videos": 0,
        "audios": 0,
        "voices": 0,
        "first_frame": False,
        "frames": 0,
        "parameters": {},
    }


def test_everything_is_counted_and_measured() -> None:
    intent = Intent(
        **NOTHING
        | {
            "prompt": Text("Image 1 dances with Video 2. 跳舞", "/prompt"),
            "negative_prompt": Text("模糊", "/negative_prompt"),
            "references": (
                IntendedReference("reference_image", "image", "/references/0/image", voice=True),
                IntendedReference("reference_video", "video", "/references/1/video"),
            ),
            "assets": (Asset("first_frame", "a.png", "/first_frame", "file", "a.png"),),
            "parameters": {"callback_url": "https://a.example/"},
        }
    )

    found = resolve(intent)

    assert (found["images"], found["videos"]) == (1, 1)
    assert (found["first_frame"], found["frames"]) == (True, 1)
    assert found["references"] == [
        {"kind": "image", "role": "reference_image", "voice": True, "repeats": False},
        {"kind": "video", "role": "reference_video", "voice": False, "repeats": False},
    ]
    assert found["prompt"]["length"] == 31
    assert [token["bound"] for token in found["prompt"]["tokens"]] == [True, False]
    assert found["negative_prompt"] == {
        "text": "模糊", "length": 2, "utf8_bytes": 6, "utf16_units": 2,
    }  # fmt: skip
    assert found["callback"]["https"]


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        pytest.param("https://a.example/x", (True, True, False), id="public https"),
        pytest.param("HTTPS://A.EXAMPLE", (True, True, False), id="capitals"),
        pytest.param("http://a.example", (True, False, False), id="plain http"),
        pytest.param("https://localhost:3000", (True, True, True), id="localhost"),
        pytest.param("https://[::1]/x", (True, True, True), id="IPv6"),
        pytest.param("a.example/x", (False, False, True), id="no scheme"),
        pytest.param("https://", (False, True, True), id="no host"),
    ],
)
def test_callbacks(url: str, expected: tuple[bool, bool, bool]) -> None:
    found = resolve_callback(url)
    assert (found["valid"], found["https"], found["private"]) == expected
    assert found["length"] == len(url)


@pytest.mark.parametrize(
    ("url", "login"),
    [
        ("https://me:secret@a.example", True),
        ("https://me@a.example", True),
        ("https://a.example/@x", False),
    ],
)
def test_callbacks_with_a_login(url: str, login: bool) -> None:
    assert resolve_callback(url)["login"] is login


@pytest.mark.parametrize("url", ["https://[::1", "https://a.example:99999"])
def test_callbacks_that_are_no_urls(url: str) -> None:
    assert resolve_callback(url) == {"valid": False, "length": len(url)}


@pytest.mark.parametrize("url", [7, None, ["https://a.example"]])
def test_callbacks_that_are_no_strings(url: object) -> None:
    assert resolve_callback(url) == {"valid": False}


@pytest.mark.parametrize(
    ("host", "private"),
    [
        ("a.example.com", False),
        ("8.8.8.8", False),
        ("2606:4700::1111", False),
        ("127.0.0.1", True),
        ("10.0.0.1", True),
        ("172.16.0.1", True),
        ("172.31.255.255", True),
        ("172.32.0.1", False),
        ("192.168.0.1", True),
        ("169.254.169.254", True),
        ("0.0.0.0", True),  # noqa: S104 - an address to refuse
        ("[fe80::1%eth0]", True),
        ("localhost", True),
        ("LOCALHOST.", True),
        ("printer.local", True),
        ("db.internal", True),
        ("nas.lan", True),
        ("127.1", True),
        ("0x7f.0.0.1", True),
        ("1.example.com", False),
        ("intranet", True),
        ("", True),
    ],
)
def test_hosts_that_lead_nowhere_from_outside(host: str, private: bool) -> None:
    assert is_private(host) is private


TARGETS = all_targets()
A, B, C = (f"https://cdn.example.com/{name}" for name in "abc")


def job(folder: Path, target: str, body: Any) -> Job:
    path = folder / "job.json"
    path.write_text(json.dumps({"target": target, "body": body}))
    (intent,) = read_jobs(str(path)).jobs
    return intent


def native_intent(folder: Path, target: str, body: Any) -> Intent:
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
    assert media(native_intent(tmp_path, target, {"prompt": "x", **body})) == expected


def test_voices_belong_to_references_by_name(tmp_path: Path) -> None:
    body = {
        "image_urls": [A, B],
        "video_urls": [C],
        "model_params": {"voice_bindings": {"image2": A, "video01": B, "hero": C, "image1": 7}},
    }
    intent = native_intent(tmp_path, "evolink/wan2.7-reference-video", body)
    assert [(each.kind, each.voice) for each in intent.references] == [
        ("image", False),
        ("image", True),
        ("video", False),
    ]


def test_voices_belong_to_references_by_place_videos_first(tmp_path: Path) -> None:
    body = {"image_urls": [A, B], "video_urls": [C], "audio_urls": [A, 7, B, C]}
    intent = native_intent(tmp_path, "evolink/wan2.7-reference-video", body)
    assert [(each.kind, each.voice) for each in intent.references] == [
        ("image", False),
        ("image", True),
        ("video", True),
    ]


def test_parameters_have_our_names_and_values(tmp_path: Path) -> None:
    body = {"prompt": "x", "quality": "720p", "duration": 5, "seed": "7", "callback_url": A}
    intent = native_intent(tmp_path, "evolink/wan2.7-reference-video", body)
    assert intent.parameters == {
        "resolution": "720p",
        "duration": 5,
        "seed": "7",
        "callback_url": A,
    }
    assert intent.places["resolution"] == "/body/quality"

    intent = native_intent(tmp_path, "runcomfy/wan-2-2-image-to-video", {"resolution": "480P"})
    assert intent.parameters == {"resolution": "480p"}
    intent = native_intent(tmp_path, "runcomfy/wan-2-2-image-to-video", {"resolution": "720P"})
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
    intent = native_intent(tmp_path, "evolink/wan2.7-reference-video", body)
    assert media(intent) == []
    assert intent.prompt is None
    assert intent.negative_prompt is None
    assert intent.references == ()


def test_a_prompt_that_is_no_text_is_wrong_but_not_missing(tmp_path: Path) -> None:
    intent = native_intent(tmp_path, "evolink/wan2.7-reference-video", {"prompt": ["Image 1"]})
    assert intent.prompt
    assert intent.prompt.pointer == "/body/prompt"


def test_local_paths_begin_where_the_job_lies(tmp_path: Path) -> None:
    intent = native_intent(
        tmp_path, "wavespeed/wan-2.7-reference-to-video", {"videos": ["refs/a.mp4"]}
    )
    assert [asset.location for asset in intent.assets] == [str(tmp_path / "refs/a.mp4")]
