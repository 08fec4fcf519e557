from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from wanprep.job.model import read_jobs
from wanprep.rules.bounds import JobViolation
from wanprep.rules.intent import intent_of, resolve
from wanprep.rules.judge_job import judge_job
from wanprep.rules.target import all_targets

TARGETS = all_targets()
EVOLINK = "evolink/wan2.7-reference-video"
WAVESPEED = "wavespeed/wan-2.7-reference-to-video"
A = "https://cdn.example.com/a"
IMAGE: dict[str, Any] = {"references": [{"image": "a.png"}]}


def judge(folder: Path, target_id: str, **keys: Any) -> list[JobViolation]:
    path = folder / "job.json"
    path.write_text(json.dumps(keys))
    (job,) = read_jobs(str(path)).jobs
    intent = intent_of(job) if job.body is None else intent_of(job, TARGETS[target_id])
    return list(judge_job(resolve(intent), intent, TARGETS[target_id], job.body))


def places(found: list[JobViolation]) -> list[tuple[str, str, str]]:
    return [(each.violation.rule, each.pointer, each.name) for each in found]


@pytest.mark.parametrize(
    ("keys", "expected"),
    [
        pytest.param({"prompt": "She waves.", **IMAGE}, [], id="nothing"),
        pytest.param(IMAGE, [("prompt-missing", "", "prompt")], id="what is missing has no place"),
        pytest.param(
            {"prompt": "She waves."}, [("references-missing", "", "references")], id="no references"
        ),
        pytest.param(
            {"prompt": "She waves.", "references": [{"image": "a.png"}] * 7},
            [
                (
                    "prompt-ref-unused",
                    "/prompt",
                    "Image 1, Image 2, Image 3, Image 4, Image 5, Image 6 and Image 7",
                ),
                ("too-many-references", "/references/5/image", "references"),
            ],
            id="the first that is too many",
        ),
        pytest.param(
            {"prompt": "x" * 5001, "negative_prompt": "x" * 501, **IMAGE},
            [
                ("prompt-too-long", "/prompt", "prompt"),
                ("negative-prompt-too-long", "/negative_prompt", "negative_prompt"),
            ],
            id="strings",
        ),
        pytest.param(
            {"prompt": "x", **IMAGE, "parameters": {"seed": 0, "callback_url": "http://a.org"}},
            [
                ("parameter-invalid", "/parameters/seed", "seed"),
                ("callback-url-unsafe", "/parameters/callback_url", "callback_url"),
            ],
            id="parameters",
        ),
        pytest.param(
            {"prompt": "x", **IMAGE, "parameters": {"a/b": 1, "watermark": True}},
            [
                ("parameter-unknown", "/parameters/a~1b", "a/b"),
                ("parameter-unknown", "/parameters/watermark", "watermark"),
            ],
            id="names that a pointer must escape",
        ),
        pytest.param(
            {
                "prompt": "x",
                **IMAGE,
                "first_frame": "b.png",
                "parameters": {"aspect_ratio": "2:1"},
            },
            [
                ("parameter-ignored", "/parameters/aspect_ratio", "aspect_ratio"),
                ("parameter-invalid", "/parameters/aspect_ratio", "aspect_ratio"),
            ],
            id="two rules at one place",
        ),
    ],
)
def test_places(tmp_path: Path, keys: dict[str, Any], expected: list[tuple[str, str, str]]) -> None:
    assert sorted(places(judge(tmp_path, EVOLINK, **keys))) == sorted(expected)


def test_voices_and_frames_have_places_too(tmp_path: Path) -> None:
    found = judge(
        tmp_path,
        WAVESPEED,
        prompt="x",
        references=[{"video": "a.mp4"}, {"video": "b.mp4", "voice": "b.wav"}],
        first_frame="c.png",
    )
    assert ("voice-unsupported", "/references/1/voice", "voices") in places(found)
    assert ("first-frame-unsupported", "/first_frame", "first_frame") in places(found)


@pytest.mark.parametrize("gap", ["\u00a0", "  ", "\t"])
def test_an_invisible_space_is_explained(tmp_path: Path, gap: str) -> None:
    (found,) = judge(tmp_path, EVOLINK, prompt=f"Image{gap}1 waves.", **IMAGE)
    assert found.violation.rule == "prompt-ref-style"
    assert "one ordinary space" in found.detail


@pytest.mark.parametrize(
    ("prompt", "names"),
    [
        ("[Image 1] waves.", []),
        ("[图1] waves.", []),
        ("[image 1] waves.", ["[image 1]"]),
        ("<Image 1> waves.", ["<Image 1>"]),
    ],
)
def test_square_brackets_are_punctuation(tmp_path: Path, prompt: str, names: list[str]) -> None:
    assert [each.name for each in judge(tmp_path, EVOLINK, prompt=prompt, **IMAGE)] == names


def test_tokens_have_positions(tmp_path: Path) -> None:
    prompt = "Image 1 meets image2 and Image 3."
    found = judge(tmp_path, EVOLINK, prompt=prompt, **IMAGE)
    assert [(each.violation.rule, each.name, each.span) for each in found] == [
        ("prompt-ref-unbound", "image2", (14, 20)),
        ("prompt-ref-unbound", "Image 3", (25, 32)),
        ("prompt-ref-style", "image2", (14, 20)),
    ]
    assert [each.violation.found for each in found] == ["image2", "Image 3", "image2"]


@pytest.mark.parametrize(
    ("spelling", "severity"),
    [("Image 1", None), ("图1", None), ("image1", "error"), ("图 1", "warning")],
)
def test_spellings(tmp_path: Path, spelling: str, severity: str | None) -> None:
    found = judge(tmp_path, EVOLINK, prompt=f"{spelling} waves.", **IMAGE)
    assert [each.violation.severity for each in found] == ([severity] if severity else [])


def test_tokens_that_are_cut_off_are_named(tmp_path: Path) -> None:
    prompt = "Image 1 " + "x" * 4985 + " Image 2 and Image 1, Image 2"
    references = [{"image": "a.png"}, {"image": "b.png"}]
    (found,) = judge(tmp_path, EVOLINK, prompt=prompt, references=references)
    assert found.detail == "What is cut off names Image 2, Image 1."


@pytest.mark.parametrize(
    ("name", "severity", "detail"),
    [
        pytest.param("watermark", "warning", "", id="a parameter of another target"),
        pytest.param("durations", "error", "Did you mean `duration`?", id="misspelt"),
        pytest.param("ratio", "error", "Did you mean `aspect_ratio`?", id="by another name"),
        pytest.param("frobnicate", "error", "", id="unknown to every target"),
    ],
)
def test_parameters_without_a_field(tmp_path: Path, name: str, severity: str, detail: str) -> None:
    (found,) = judge(tmp_path, EVOLINK, prompt="x", **IMAGE, parameters={name: 1})
    assert (found.violation.rule, found.violation.severity) == ("parameter-unknown", severity)
    assert found.detail == detail


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        pytest.param({}, [], id="valid"),
        pytest.param(
            {"resolution": "720p"},
            [("parameter-unknown", "/body/resolution", "Did you mean `quality`?")],
            id="our name in place of theirs",
        ),
        pytest.param(
            {"durations": 5},
            [("parameter-unknown", "/body/durations", "Did you mean `duration`?")],
            id="a misspelt field",
        ),
        pytest.param({"a/b": 5}, [("parameter-unknown", "/body/a~1b", "")], id="an odd field"),
        pytest.param(
            {"quality": "1080P"}, [("parameter-invalid", "/body/quality", "")], id="reported once"
        ),
        pytest.param(
            {"model_params": {"voices": {}}},
            [("parameter-unknown", "/body/model_params/voices", "Did you mean `voice_bindings`?")],
            id="a field further down",
        ),
        pytest.param(
            {"model_params": {"voice_bindings": {"image01": A}}},
            [("parameter-invalid", "/body/model_params/voice_bindings/image01", "")],
            id="a key that names nothing",
        ),
        pytest.param(
            {"image_urls": [7, A]}, [("parameter-invalid", "/body/image_urls/0", "")], id="a type"
        ),
        pytest.param(
            {"prompt": ""}, [("prompt-missing", "/body", "")], id="an empty string is a missing one"
        ),
        pytest.param(
            {"duration": "5"},
            [("parameter-invalid", "/body/duration", "")],
            id="a string for a number",
        ),
    ],
)
def test_native_bodies(
    tmp_path: Path, body: dict[str, Any], expected: list[tuple[str, str, str]]
) -> None:
    valid = {"model": "wan2.7-reference-video", "prompt": "x", "image_urls": [A]}
    found = judge(tmp_path, EVOLINK, target=EVOLINK, body=valid | body)
    assert [(each.violation.rule, each.pointer, each.detail) for each in found] == expected


def test_limits_of_only_the_request_schema(tmp_path: Path) -> None:
    body = {
        "model": "wan-v2-7-reference-to-video",
        "prompt": "x",
        "reference_images": [{"url": A}],
        "response_format": "gif",
        "target_namespace": 7,
    }
    target = "oxen/wan-v2-7-reference-to-video"
    found = judge(tmp_path, target, target=target, body=body)
    assert [
        (each.violation.rule, each.pointer, each.violation.source["says"]) for each in found
    ] == [
        ("parameter-invalid", "/body/target_namespace", "a string"),
        ("parameter-invalid", "/body/response_format", "url or b64_json"),
    ]
    assert all(each.violation.source["checked"] for each in found)


@pytest.mark.parametrize("order", [1, -1])
@pytest.mark.parametrize(
    ("limits", "length", "expected"),
    [
        pytest.param([(50, "warning"), (30, "error")], 30, [], id="at the narrower"),
        pytest.param([(50, "warning"), (30, "error")], 31, [(30, "error")], id="above one"),
        pytest.param([(50, "warning"), (30, "error")], 51, [(30, "error")], id="above both"),
        pytest.param([(50, "error"), (30, "error")], 51, [(30, "error")], id="equally severe"),
        pytest.param([(50, "error"), (30, "warning")], 51, [(50, "error")], id="the worse one"),
    ],
)
def test_a_limit_beside_a_wider_one_is_not_hidden(
    tmp_path: Path, limits: list[Any], length: int, expected: list[Any], order: int
) -> None:
    source = {"doc": "https://example.com", "says": "short", "checked": "2026-11-20"}
    notes = {"x-rule": "prompt-too-long", "x-source": source}
    schemas = [
        {"properties": {"prompt": {"properties": {"length": bound}}}}
        for most, severity in limits[::order]
        for bound in [{"maximum": most, "x-severity": severity, **notes}]
    ]
    path = tmp_path / "job.json"
    path.write_text(json.dumps({"prompt": "x" * length, **IMAGE}))
    (job,) = read_jobs(str(path)).jobs
    intent = intent_of(job)
    target = replace(TARGETS[EVOLINK], job={"allOf": schemas})
    found = judge_job(resolve(intent), intent, target)
    assert [(each.violation.limit, each.violation.severity) for each in found] == expected
