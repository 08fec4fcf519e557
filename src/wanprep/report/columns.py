"""How much room a text takes in a terminal, and how it is broken into lines."""

from __future__ import annotations

import unicodedata
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator


def columns(text: str) -> int:
    """Count the columns of a text: Chinese letters take two, accents none."""
    return len(text) if text.isascii() else sum(_width(letter) for letter in text)


def _width(letter: str) -> int:
    if unicodedata.category(letter) in {"Mn", "Me"}:
        return 0
    return 2 if unicodedata.east_asian_width(letter) in {"W", "F"} else 1


def wrapped(text: str, width: int, *, first: str = "", rest: str = "") -> str:
    """Break a text between words; `first` and `rest` begin its lines. A long word stays whole."""
    return "\n".join(_lines(text.split(), width, first, rest))


def _lines(words: list[str], width: int, first: str, rest: str) -> Iterator[str]:
    line, gap = first, ""
    for word in words:
        if gap and columns(line) + 1 + columns(word) > width:
            yield line
            line, gap = rest, ""
        line += gap + word
        gap = " "
    yield line
