"""The ways people write "the first image" in a prompt, each named by an example of itself.

A target lists the styles it shows; every other style is understood, reported and translated.
The names are a contract with the files of targets: add, do not rename.
"""

# ruff: noqa: RUF001 - full-width signs and long dashes are what this is about

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

if TYPE_CHECKING:
    import re
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
_BRACKETED: Final = {"<": "<IMAGE_1>", "[": "[Image 1]", "{": "{image1}"}
_GAPS: Final = {"": "image1", "-": "image-1", "_": "image_1"}


def style_of(prompt: str, match: re.Match[str], brackets: str) -> str:
    """Name the style of a match of HEAD inside these brackets (with the at sign, if any)."""
    written = prompt[match.start() : match.end()]
    if "@" in brackets:
        return _after_at(match, written, brackets)
    if brackets:
        return "<<<image_1>>>" if brackets.startswith("<<") else _BRACKETED[brackets[0]]
    return _english(match, written) if match["english"] else _chinese(match, written)


def _after_at(match: re.Match[str], written: str, brackets: str) -> str:
    if match["chinese"]:
        return "@图1"
    exact = f"{match['english'].title()}{match['number']}"
    shown = match["english"] in {"image", "video"} and (brackets, written) == ("@", exact)
    return "@Image1" if shown else "@image1"


def _english(match: re.Match[str], written: str) -> str:
    word, gap, number = match["english"], match["gap"], match["number"]
    if word == "character":
        return "character1"
    if not (written[: len(word)] + written[len(word) + len(gap) :]).isascii():
        return "Image１"
    if word in {"img", "picture"}:
        return "Img 1" if word == "img" else "Picture 1"
    if gap in _GAPS:
        return _GAPS[gap]
    if not gap.isspace():
        return "Image #1"
    if match["plural"]:
        return "Images 1 and 2"
    if written != f"{word.title()} {number}":
        return "image 1"
    return "Image 01" if number.startswith("0") and number != "0" else "Image 1"


def _chinese(match: re.Match[str], written: str) -> str:
    word, number = match["chinese"], match["numeral"]
    if word[0] in "圖視":
        return "圖1"
    if not number.isdecimal():
        return "图一"
    if word not in {"图", "视频"}:
        return "图片1"
    if match["between"]:
        return "图 1"
    if not written[len(word) :].isascii():
        return "图１"
    return "图1"
