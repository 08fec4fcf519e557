"""Which of the STYLES a token is written in."""

# ruff: noqa: RUF001 - full-width signs and long dashes are what this is about

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    import re

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
