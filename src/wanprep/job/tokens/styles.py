"""The ways people write "the first image" in a prompt, each named by an example of itself.

A target lists the styles it shows; every other style is understood, reported and translated.
The names are a contract between targets and the finder: add, do not rename.
"""

# ruff: noqa: RUF001 - full-width signs and long dashes are what this is about

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping

TokenKind = Literal["image", "video", "character"]


@dataclass(frozen=True, slots=True)
class Token:
    """One reference named in a prompt; `span` counts characters, `text` is what stands there.

    The members of a range, "Images 1-3", share one span: they are one phrase.
    """

    kind: TokenKind
    index: int
    style: str
    span: tuple[int, int]
    text: str


STYLES: Final[Mapping[str, str]] = {
    "<<<image_1>>>": "angle brackets, doubled or tripled, as Kling's API writes it",
    "<IMAGE_1>": "one pair of angle brackets, as Grok and MiniMax write it",
    "@Image1": "at sign, capital, no space, as Oxen shows it since July 2026",
    "@image1": "at sign before any other English spelling: @image1, @Image 1, @character1",
    "@图1": "at sign before the Chinese words: @图1, @图片1, @视频1",
    "Image #1": "a number sign or its word between: Image #1, Image no. 1",
    "Image 01": "as Image 1, with a leading zero",
    "Image 1": "capital, one space, as Wan 2.7 documents it",
    "Images 1 and 2": "a number that borrows its word from a list or range: Images 1 and 2",
    "Image１": "full-width letters or digits, or a keycap digit, after an English word",
    "Img 1": "img in place of image",
    "Picture 1": "picture in place of image, as MiniMax and Qwen write it",
    "[Image 1]": "square brackets, as early Seedance models want them: [Image 1], [图1]",
    "character1": "the first reference of either kind, as Wan 2.6 and HappyHorse write it",
    "first image": 'plain English that counts: "the first image", "the second reference video"',
    "image 1": "as Image 1, but in other capitals or with another gap than one space",
    "image-1": "a hyphen between",
    "image1": "nothing between: image1, Image1, VIDEO2",
    "image_1": "an underscore between",
    "{image1}": "curly brackets, as templates write it",
    "图 1": "as 图1, with a gap or a sign between",
    "图1": "图 or 视频 and the number, nothing between, as Wan 2.7 documents it",
    "图1、2": "a number that borrows its word from a list or range: 图1、2, 视频1-3",
    "图一": "a Chinese or circled numeral: 图一, 视频二, 图①",
    "图片1": "图片 or 图像 in place of 图, as one of Alibaba's pages writes it",
    "图１": "as 图1, with full-width digits",
    "圖1": "traditional characters: 圖1, 圖片1, 視頻1",
    "第1张图": "plain Chinese that counts: 第1张图, 第二段视频",
}
