from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from valid_jobs import IMAGE, VIDEO, VOICE

from wanprep.media.facts import Facts
from wanprep.rules.bounds import Violation
from wanprep.rules.judge_asset import judge_asset
from wanprep.rules.message import (
    asset_problem,
    describe_allowed,
    describe_found,
    describe_limit,
    describe_value,
    ratio,
    sentence,
)
from wanprep.rules.target import all_targets

EVOLINK = all_targets()["evolink/wan2.7-reference-video"]


@pytest.mark.parametrize(
    ("bound", "keyword", "name", "expected"),
    [
        ({"minimum": 240, "maximum": 8000}, "minimum", "width", "240 to 8000 px"),
        (
            {"exclusiveMinimum": 360, "exclusiveMaximum": 2000},
            "exclusiveMaximum",
            "height",
            "more than 360 px and less than 2000 px",
        ),
        ({"maximum": 20_000_000}, "maximum", "bytes", "at most 20 MB"),
        ({"maximum": 20 * 2**20}, "maximum", "bytes", "at most 20 MB"),
        ({"exclusiveMaximum": 10 * 2**20}, "exclusiveMaximum", "bytes", "less than 10 MB"),
        ({"minimum": 1, "maximum": 30}, "maximum", "video_duration", "1 to 30 s"),
        ({"minimum": 2.5}, "minimum", "duration", "at least 2.5 s"),
        ({"minimum": 0.125, "maximum": 8}, "maximum", "aspect", "1:8 to 8:1"),
        ({"minimum": 0, "maximum": 2147483647}, "minimum", "seed", "0 to 2147483647"),
        ({"exclusiveMinimum": 0}, "exclusiveMinimum", "seed", "more than 0"),
        ({"maxItems": 5}, "maxItems", "references", "at most 5"),
        ({"minLength": 1}, "minLength", "prompt", "at least 1"),
        ({"maxContains": 2}, "maxContains", "references", "at most 2"),
        ({"multipleOf": 16}, "multipleOf", "width", "a multiple of 16 px"),
        ({"enum": ["jpeg", "png", "bmp"]}, "enum", "format", "JPEG, PNG or BMP"),
        ({"enum": ["720p", "1080p"]}, "enum", "resolution", "720p or 1080p"),
        ({"const": 5}, "const", "duration", "5"),
        ({"const": False}, "const", "alpha", ""),
        ({"type": "integer"}, "type", "seed", "a whole number"),
        ({"type": "boolean"}, "type", "watermark", "true or false"),
        ({"type": ["string", "null"]}, "type", "x", ""),
        ({"not": {}}, "not", "aspect_ratio", ""),
    ],
)
def test_what_is_allowed(bound: dict[str, Any], keyword: str, name: str, expected: str) -> None:
    assert describe_limit(bound, keyword, (name,)) == expected


def test_a_list_of_allowed_names() -> None:
    broken = Violation("r", "error", (), "", "image1", ["Image 1", "图1"], {}, {})
    assert describe_allowed(broken) == "Image 1 or 图1"


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (5, "5"),
        (5.5, "5.5"),
        (True, "true"),
        (False, "false"),
        ("5", '"5"'),
        (None, "empty"),
        (["a"], "a list"),
        ({"a": 1}, "a mapping"),
        ("x" * 99, f'"{"x" * 56}..."'),
    ],
)
def test_what_was_found(value: object, expected: str) -> None:
    assert describe_value(value) == expected


@pytest.mark.parametrize(
    ("keyword", "value", "expected"),
    [
        ("type", "5", 'the string "5"'),
        ("type", 5, "5"),
        ("enum", "4k", '"4k"'),
        ("type", {"url": "x"}, "a mapping"),
        ("required", None, "missing"),
        ("additionalProperties", "hero", "not an allowed name"),
    ],
)
def test_what_was_found_by_keyword(keyword: str, value: object, expected: str) -> None:
    assert describe_found(Violation("r", "error", (), keyword, value, None, {}, {})) == expected


@pytest.mark.parametrize(
    ("aspect", "expected"), [(8, "8:1"), (0.125, "1:8"), (2.349, "2.35:1"), (1, "1:1"), (0, "0:1")]
)
def test_aspect_ratios(aspect: float, expected: str) -> None:
    assert ratio(aspect) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("this is empty", "This is empty."),
        ("did you mean `x`?", "Did you mean `x`?"),
        ("Already.", "Already."),
        ("`x` is already there", "`x` is already there."),
    ],
)
def test_sentences(text: str, expected: str) -> None:
    assert sentence(text) == expected


def test_names_of_providers() -> None:
    names = {target.provider_title for target in all_targets().values()}
    assert names == {
        "Alibaba Model Studio", "BytePlus ModelArk", "Comfy Router", "EvoLink", "Kling AI",
        "Oxen.ai", "Replicate", "RunComfy", "Wan 2.7", "WaveSpeedAI", "fal",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("facts", "role", "begins"),
    [
        (
            replace(IMAGE, width=200, height=300, aspect=200 / 300),
            "reference_image",
            "hero.jpg: 200x300 px; EvoLink requires 240 to 8000 px per side. ",
        ),
        (
            replace(VIDEO, duration=31.5, video_duration=31.5),
            "reference_video",
            "hero.jpg: 31.50 s; EvoLink accepts 1 to 30 s. ",
        ),
        (
            replace(VIDEO, duration=30.004, video_duration=30.004),
            "reference_video",
            "hero.jpg: 30.004 s; EvoLink accepts 1 to 30 s. ",
        ),
        (
            replace(VIDEO, duration=200.5, video_duration=200.5),
            "reference_video",
            "hero.jpg: 3:20.5; EvoLink accepts 1 to 30 s. ",
        ),
        (
            replace(VOICE, bytes=15_000_001),
            "voice",
            "hero.jpg: 15,000,001 bytes; EvoLink accepts at most 15 MB, without saying ",
        ),
        (
            replace(VIDEO, bytes=200 * 10**6),
            "reference_video",
            "hero.jpg: 200.0 MB; EvoLink accepts at most 100 MB. ",
        ),
        (
            replace(IMAGE, format="heic", extension_format="heic"),
            "reference_image",
            "hero.jpg: HEIC; EvoLink accepts JPEG, PNG, BMP or WEBP. ",
        ),
        (
            replace(IMAGE, format="unknown", readable=True, problem=None),
            "reference_image",
            "hero.jpg: no supported media format; EvoLink accepts JPEG, ",
        ),
        (VIDEO, "reference_image", "hero.jpg: a video; EvoLink requires an image here. "),
        (VOICE, "reference_video", "hero.jpg: an audio file; EvoLink requires a video here. "),
        (
            replace(VIDEO, video_codec="hevc", bit_depth=10, hdr=True),
            "reference_video",
            "hero.jpg: HEVC, 10 bit, HDR; every service decodes 8-bit H.264. ",
        ),
        (
            replace(VIDEO, video_codec="prores"),
            "reference_video",
            "hero.jpg: ProRes; every service decodes ",
        ),
        (
            replace(VIDEO, video_codec="theora"),
            "reference_video",
            "hero.jpg: theora; every service decodes ",
        ),
        (
            replace(VIDEO, sar=4 / 3),
            "reference_video",
            "hero.jpg: pixel aspect ratio 1.333:1; services ",
        ),
        (replace(IMAGE, color="cmyk"), "first_frame", "hero.jpg: CMYK; services expect RGB. "),
        (
            replace(IMAGE, extension_format="png"),
            "first_frame",
            "hero.jpg: the content is JPEG, the extension says PNG. ",
        ),
    ],
)
def test_sentences_about_files(facts: Facts, role: str, begins: str) -> None:
    found = [
        f"{asset_problem(broken, 'refs/hero.jpg', facts, EVOLINK)} "
        for broken in judge_asset(facts, EVOLINK, role)
    ]
    assert [message for message in found if message.startswith(begins)], found


def test_long_names_are_cut() -> None:
    (broken,) = judge_asset(replace(IMAGE, gps=True), EVOLINK, "first_frame")
    assert asset_problem(broken, "a" * 999, IMAGE, EVOLINK).startswith("a" * 60 + "…: contains")
    assert asset_problem(broken, "folder/", IMAGE, EVOLINK).startswith("folder: contains")
