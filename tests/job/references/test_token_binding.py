"""Tokens matched to the references of a job."""

# ruff: noqa: RUF001 - full-width signs are what this is about

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from wanprep.job.references.binding import bind, find_ordinals, mentions, resolved_prompt

if TYPE_CHECKING:
    from collections.abc import Sequence

    from wanprep.job.references.binding import Kind, Reference

IMAGE: Kind = "image"
VIDEO: Kind = "video"


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
def test_references(prompt: str, order: Sequence[Kind], references: list[Reference | None]) -> None:
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
def test_unused(prompt: str, order: Sequence[Kind], unused: list[Reference]) -> None:
    assert list(bind(prompt, order).unused) == unused


def test_resolved_prompt() -> None:
    assert resolved_prompt("🐈 Image 3, 图1", [IMAGE, IMAGE]) == {
        "text": "🐈 Image 3, 图1",
        "length": 13,
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
def test_mentions(prompt: str, kinds: list[str]) -> None:
    assert [kind for kind in ("image", "video") if mentions(prompt, kind)] == kinds
