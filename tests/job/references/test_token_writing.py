"""References written in another dialect, and found again."""

# ruff: noqa: RUF001 - full-width signs are what this is about

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from wanprep.job.references.binding import bind
from wanprep.job.references.writing import DIALECTS, nearest_style, rewrite, translate

if TYPE_CHECKING:
    from wanprep.job.references.binding import Kind

PROMPTS = [
    json.loads(line)["prompt"]
    for line in Path(__file__).with_name("prompts.jsonl").read_text("utf-8").splitlines()
]
MANY: list[Kind] = [*["image"] * 20, *["video"] * 20]  # type: ignore[list-item]
ORDER: list[Kind] = ["video", "image", "image"]


@pytest.mark.parametrize(
    ("style", "image", "video"),
    [
        ("<IMAGE_1>", "<IMAGE_2>", "<VIDEO_1>"),
        ("@Image1", "@Image2", "@Video1"),
        ("@图1", "@图2", "@视频1"),
        ("Image 1", "Image 2", "Video 1"),
        ("[Image 1]", "[Image 2]", "[Video 1]"),
        ("image1", "image2", "video1"),
        ("图1", "图2", "视频1"),
    ],
)
def test_translate(style: str, image: str, video: str) -> None:
    assert translate(("image", 2), style) == image
    assert translate(("video", 1), style) == video


@pytest.mark.parametrize(
    ("style", "accepted", "written"),
    [
        pytest.param("image1", ["Image 1", "图1"], "Image 1", id="English"),
        pytest.param("图片1", ["Image 1", "图1"], "图1", id="Chinese"),
        pytest.param("第1张图", ["Image 1", "图1"], "图1", id="plain Chinese"),
        pytest.param("图1", ["Image 1", "@Image1"], "Image 1", id="no Chinese offered"),
        pytest.param("image1", ["图1"], "图1", id="no English offered"),
        pytest.param("image1", ["Images 1 and 2", "@Image1"], "@Image1", id="a list is no word"),
    ],
)
def test_nearest_style(style: str, accepted: list[str], written: str) -> None:
    assert nearest_style(style, accepted) == written


@pytest.mark.parametrize(
    ("prompt", "written"),
    [
        pytest.param("image1 hugs image_2", "Image 1 hugs Image 2", id="spelling"),
        pytest.param("图片1走向＠图2", "图1走向图2", id="Chinese stays Chinese"),
        pytest.param("Images 1 and 2 dance", "Image 1 and Image 2 dance", id="list"),
        pytest.param("Images 1-2 dance", "Image 1, Image 2 dance", id="range"),
        pytest.param("图1-2跳舞", "图1、图2跳舞", id="Chinese range"),
        pytest.param("character1, character2", "Video 1, Image 1", id="either kind"),
        pytest.param("image 7 and image 1", "image 7 and Image 1", id="unbound: left alone"),
        pytest.param("The second image's hat", "Image 2's hat", id="plain words"),
        pytest.param("<IMAGE_1>2 dogs", "Image 1 2 dogs", id="no growing together"),
        pytest.param("a 图1 b", "a 图1 b", id="accepted"),
        pytest.param("", "", id="nothing"),
    ],
)
def test_rewrite(prompt: str, written: str) -> None:
    assert rewrite(prompt, ORDER, ["Image 1", "图1"]) == written


@pytest.mark.parametrize("style", DIALECTS)
def test_every_prompt_means_the_same_in_every_dialect(style: str) -> None:
    for prompt in PROMPTS:
        written = rewrite(prompt, MANY, [style])

        before, after = bind(prompt, MANY).tokens, bind(written, MANY).tokens
        assert [each.reference for each in after] == [each.reference for each in before], prompt
        assert {each.token.style for each in after if each.reference} <= {style}
        assert rewrite(written, MANY, [style]) == written
