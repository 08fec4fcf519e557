"""Translate references in a prompt to another dialect."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING, Final

from wanprep.job.references.binding import bind

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from wanprep.job.references.binding import BoundToken, Kind, Reference

_CHINESE_WORD: Final = {"image": "图", "video": "视频"}

# The dialects in which one reference can be written by itself. character1 is none of them:
# it cannot tell a video from an image.
DIALECTS: Final[Mapping[str, str]] = {
    "<IMAGE_1>": "<{upper}_{index}>",
    "@Image1": "@{title}{index}",
    "@图1": "@{chinese}{index}",
    "Image 1": "{title} {index}",
    "[Image 1]": "[{title} {index}]",
    "image1": "{lower}{index}",
    "图1": "{chinese}{index}",
}


def translate(reference: Reference, style: str) -> str:
    """Write a reference in one of the dialects: ("video", 2) in "图1" is 视频2."""
    kind, index = reference
    return DIALECTS[style].format(
        chinese=_CHINESE_WORD[kind],
        index=index,
        lower=kind,
        title=kind.title(),
        upper=kind.upper(),
    )


def nearest_style(style: str, accepted: Sequence[str]) -> str:
    """Choose the accepted dialect to write instead: Chinese for Chinese, else the first."""
    writable = [name for name in accepted if name in DIALECTS]
    alike = [name for name in writable if _is_chinese(name) == _is_chinese(style)]
    return (alike or writable)[0]


def rewrite(prompt: str, order: Sequence[Kind], accepted: Sequence[str]) -> str:
    """Write every bound token that is in no accepted style in the nearest one that is.

    What binds to nothing is left for its author, who alone knows the intent.
    """
    pieces: list[str] = []
    end = 0
    for (start, stop), written in rewrites(prompt, order, accepted):
        pieces += (prompt[end:start], written)
        end = stop
    return "".join([*pieces, prompt[end:]])


def rewrites(
    prompt: str, order: Sequence[Kind], accepted: Sequence[str]
) -> list[tuple[tuple[int, int], str]]:
    """List the spans of the prompt that `rewrite` replaces, and what by."""
    foreign = [
        each
        for each in bind(prompt, order).tokens
        if each.reference and each.token.style not in accepted
    ]
    written: list[tuple[tuple[int, int], str]] = []
    for span, members in groupby(foreign, lambda each: each.token.span):
        before = prompt[: span[0]]
        if written and written[-1][0][1] == span[0]:
            before = written[-1][1]
        text = _spaced(before, _joined(list(members), accepted), prompt[span[1] :])
        written.append((span, text))
    return written


def _joined(members: Sequence[BoundToken], accepted: Sequence[str]) -> str:
    """Write out the members of one phrase: "Images 1-3" is Image 1, Image 2, Image 3."""
    style = nearest_style(members[0].token.style, accepted)
    joint = "、" if _is_chinese(style) else ", "
    return joint.join(translate(each.reference, style) for each in members if each.reference)


def _spaced(before: str, text: str, behind: str) -> str:
    """Put a blank where a word would grow into its neighbour."""
    lead = " " if _is_word_character(before[-1:]) and _is_word_character(text[0]) else ""
    trail = " " if _is_word_character(text[-1]) and _is_word_character(behind[:1]) else ""
    return f"{lead}{text}{trail}"


def _is_word_character(letter: str) -> bool:
    return letter.isascii() and (letter.isalnum() or letter == "_")


def _is_chinese(style: str) -> bool:
    return "图" in style or "圖" in style
