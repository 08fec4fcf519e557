"""Plain words that count out references, or only speak of one."""

# ruff: noqa: RUF001 - full-width signs are what this is about

from __future__ import annotations

import pytest

from wanprep.job.tokens.plain import find_counted, mentions


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
def test_find_counted(prompt: str, found: list[tuple[str, int, str]]) -> None:
    assert [(token.kind, token.index, token.text) for token in find_counted(prompt)] == found


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
