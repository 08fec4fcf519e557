"""Tokens matched to the references of a job, and written in other styles."""

# ruff: noqa: RUF001 - full-width signs are what this is about

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pytest

from wanprep.job.references.binding import (
    bind,
    find_ordinals,
    is_mentioned,
    names_of,
    nearest_style,
    resolved_prompt,
    rewrite,
)
from wanprep.job.references.dialects import PLAIN, Dialect, forms
from wanprep.job.references.styles import STYLES

if TYPE_CHECKING:
    from collections.abc import Sequence

    from wanprep.job.references.dialects import ReferenceName

IMAGE: Final = "image"
VIDEO: Final = "video"
PROMPTS = [
    json.loads(line)["prompt"]
    for line in Path(__file__).with_name("prompts.jsonl").read_text("utf-8").splitlines()
]
MANY: list[str] = [*[IMAGE] * 20, *[VIDEO] * 20]


@pytest.mark.parametrize(
    ("prompt", "order", "references"),
    [
        pytest.param(
            "Image 1, Video 1",
            [VIDEO, IMAGE],
            [(IMAGE, 1), (VIDEO, 1)],
            id="kinds are counted apart",
        ),
        pytest.param(
            "Image 3 and Image 2", [IMAGE, IMAGE], [None, (IMAGE, 2)], id="beyond the last"
        ),
        pytest.param("Video 1", [IMAGE], [None], id="no such kind"),
        pytest.param("Image 0, Image 01", [IMAGE], [None, (IMAGE, 1)], id="zero and leading zero"),
        pytest.param(
            "character1 to character4", [IMAGE, VIDEO, IMAGE], [(IMAGE, 1), None], id="either kind"
        ),
        pytest.param(
            "character2, character3",
            [IMAGE, VIDEO, IMAGE],
            [(VIDEO, 1), (IMAGE, 2)],
            id="in the list's order",
        ),
        pytest.param("character0", [IMAGE], [None], id="character zero"),
        pytest.param("Image 1", [], [None], id="no references"),
        pytest.param(
            "the first image meets the second image",
            [IMAGE, IMAGE],
            [(IMAGE, 1), (IMAGE, 2)],
            id="plain words",
        ),
        pytest.param(
            "Image 1 meets the second image",
            [IMAGE, IMAGE],
            [(IMAGE, 1), (IMAGE, 2)],
            id="one of each",
        ),
        pytest.param("the third image", [IMAGE, IMAGE], [], id="prose is never reported"),
        pytest.param("the first image", [IMAGE, VIDEO], [], id="plain words are enough anyway"),
        pytest.param(
            "Image 1 and Image 2; the first image fades",
            [IMAGE, IMAGE],
            [(IMAGE, 1), (IMAGE, 2)],
            id="better named",
        ),
        pytest.param(
            "第二张图里，图1",
            [IMAGE, IMAGE],
            [(IMAGE, 2), (IMAGE, 1)],
            id="in the order of the text",
        ),
    ],
)
def test_references(
    prompt: str, order: Sequence[str], references: list[ReferenceName | None]
) -> None:
    assert [each.reference for each in bind(prompt, order).tokens] == references


@pytest.mark.parametrize(
    ("prompt", "order", "unused"),
    [
        pytest.param(
            "Image 1 walks", [IMAGE, IMAGE, VIDEO], [(IMAGE, 2), (VIDEO, 1)], id="two left over"
        ),
        pytest.param("A woman walks", [IMAGE, IMAGE], [(IMAGE, 1), (IMAGE, 2)], id="none named"),
        pytest.param("A woman walks", [IMAGE, VIDEO], [], id="one of each kind: plain words do"),
        pytest.param("A woman walks", [IMAGE], [], id="a single image"),
        pytest.param("Images 1-3 turn", [IMAGE, IMAGE, IMAGE], [], id="a range names its middle"),
        pytest.param("图1、3", [IMAGE, IMAGE, IMAGE], [(IMAGE, 2)], id="a list does not"),
        pytest.param(
            "Image 1, Image 2 dance like the reference video",
            [IMAGE, IMAGE, VIDEO],
            [],
            id="the video",
        ),
        pytest.param(
            "A video of Image 1 and Image 2", [IMAGE, IMAGE, VIDEO], [(VIDEO, 1)], id="a video"
        ),
        pytest.param(
            "character1, character3", [IMAGE, VIDEO, IMAGE], [(VIDEO, 1)], id="characters name both"
        ),
        pytest.param(
            "Image 5", [IMAGE, IMAGE], [(IMAGE, 1), (IMAGE, 2)], id="unbound tokens name nothing"
        ),
        pytest.param("Image 1", [], [], id="nothing to leave over"),
    ],
)
def test_unused(prompt: str, order: Sequence[str], unused: list[ReferenceName]) -> None:
    assert list(bind(prompt, order).unused) == unused


def test_resolved_prompt() -> None:
    assert resolved_prompt("🐈 Image 3, 图1", [IMAGE, IMAGE]) == {
        "tokens": [
            {"kind": "image", "index": 3, "bound": False, "style": "Image 1", "span": [2, 9]},
            {"kind": "image", "index": 1, "bound": True, "style": "图1", "span": [11, 13]},
        ],
        "unused": [{"kind": "image", "index": 2}],
    }


@pytest.mark.parametrize(
    ("prompt", "found"),
    [
        pytest.param(
            "Take the dress from the first image, put it on the woman of the second image.",
            [("image", 1, "the first image"), ("image", 2, "the second image")],
            id="English",
        ),
        pytest.param(
            "The third reference video's gait",
            [("video", 3, "The third reference video")],
            id="reference",
        ),
        pytest.param("the 2nd picture", [("image", 2, "the 2nd picture")], id="digits"),
        pytest.param(
            "第1张图里的女孩，第二张图片里的猫，第二段视频的动作",
            [("image", 1, "第1张图"), ("image", 2, "第二张图片"), ("video", 2, "第二段视频")],
            id="Chinese",
        ),
        pytest.param("The first video frame, the first image we see", [], id="of something else"),
        pytest.param("第一个图案，第二张图纸", [], id="pattern and drawing"),
        pytest.param("the first Image 1, 第1张图2", [], id="a token follows"),
        pytest.param("the first images, at first image it", [], id="no article, or plural"),
    ],
)
def test_find_ordinals(prompt: str, found: list[tuple[str, int, str]]) -> None:
    assert [(token.kind, token.index, token.text) for token in find_ordinals(prompt)] == found


@pytest.mark.parametrize(
    ("prompt", "kinds"),
    [
        pytest.param("like the reference video", ["video"], id="reference video"),
        pytest.param("the man in this photo", ["image"], id="this photo"),
        pytest.param("参考视频的动作，照片中的人", ["image", "video"], id="Chinese"),
        pytest.param(
            "a cinematic video with image grain, 构图对称", [], id="the result, not a reference"
        ),
    ],
)
def test_is_mentioned(prompt: str, kinds: list[str]) -> None:
    assert [kind for kind in ("image", "video") if is_mentioned(prompt, kind)] == kinds


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
def test_in_style(style: str, image: str, video: str) -> None:
    order = names_of(["image", "image", "video"], PLAIN)
    assert PLAIN.write(("image", 2), style, order) == image
    assert PLAIN.write(("video", 1), style, order) == video


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
    assert nearest_style(style, Dialect(tuple(accepted))) == written


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
        pytest.param("<IMAGE_1>2 dogs", "Image 1 2 dogs", id="words stay apart"),
        pytest.param("a 图1 b", "a 图1 b", id="accepted"),
        pytest.param("", "", id="nothing"),
    ],
)
def test_rewrite(prompt: str, written: str) -> None:
    assert rewrite(prompt, [VIDEO, IMAGE, IMAGE], Dialect(("Image 1", "图1"))) == written


@pytest.mark.parametrize(
    "style",
    [style for style in forms() if style in STYLES and style not in {"character1", "@name"}],
)
@pytest.mark.untraced
def test_every_prompt_means_the_same_in_every_style(style: str) -> None:
    for prompt in PROMPTS:
        written = rewrite(prompt, MANY, Dialect((style,)))

        before, after = bind(prompt, MANY).tokens, bind(written, MANY).tokens
        assert [each.reference for each in after] == [each.reference for each in before], prompt
        assert {each.token.style for each in after if each.reference} <= {style}
        assert rewrite(written, MANY, Dialect((style,))) == written
