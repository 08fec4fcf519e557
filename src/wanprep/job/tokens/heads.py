"""One word with its number: whether it is a reference, and to which."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from wanprep.job.tokens.quantities import COUNTED_NOUN, LIST_MARKER, MODEL_NAME
from wanprep.job.tokens.spelling import style_of
from wanprep.job.tokens.styles import Token

if TYPE_CHECKING:
    import re

    from wanprep.job.tokens.styles import TokenKind


@dataclass(frozen=True, slots=True)
class Head:
    """A token before lists and ranges are looked for."""

    token: Token
    chinese: bool
    plural: bool  # "Images 1" is none before a second number follows


_OTHER_KINDS: Final[dict[str, TokenKind]] = {
    "character": "character",
    "video": "video",
    "视频": "video",
    "視頻": "video",
}
_BRACKETS: Final = {"<": ">", "[": "]", "{": "}"}
_NUMERALS: Final = {
    sign: number
    for signs in ("一二三四五六七八九十", "①②③④⑤⑥⑦⑧⑨⑩")
    for number, sign in enumerate(signs, 1)
}


def read_head(prompt: str, folded: str, match: re.Match[str], previous: int) -> Head | None:
    """Judge one match of HEAD; `previous` is where the token before it ends."""
    number = match["number"] or match["numeral"]
    index = _NUMERALS.get(number) or int(number)
    if _belongs_to_the_left(folded, match, previous) or _counts(prompt, folded, match, index):
        return None
    start, end = _with_brackets(folded, *match.span())
    brackets = folded[start : match.start()]
    if folded.startswith("@", max(start - 1, 0), start):
        if _is_address(folded, start - 1, end):
            return None
        start -= 1
        brackets = f"@{brackets}"
    kind = _OTHER_KINDS.get(match["english"] or match["chinese"], "image")
    token = Token(kind, index, style_of(prompt, match, brackets), (start, end), prompt[start:end])
    return Head(token, bool(match["chinese"]), bool(match["plural"]))


def _belongs_to_the_left(folded: str, match: re.Match[str], previous: int) -> bool:
    """Tell counts (2图1视频), paths (refs/image1) and models (gpt-image-1) by what precedes."""
    start = match.start()
    if start in {0, previous}:
        return False
    before = folded[start - 1]
    if before.isdecimal() or folded.startswith("gpt", max(start - 4, 0)):
        return True
    if match["gap"] not in {"", "-", "_"}:
        return False
    if before in "/\\":
        return start - 1 != previous
    return before == "-" and folded[max(start - 2, 0)].isalnum()


def _counts(prompt: str, folded: str, match: re.Match[str], index: int) -> bool:
    """Tell numbers that count, or begin the next line's list, by what follows."""
    small, end = prompt[match.start()].islower(), match.end()
    if "\n" in (match["gap"] or match["between"] or "") and (
        small or LIST_MARKER.match(folded, end)
    ):
        return True
    if match["chinese"]:
        return False
    return _counts_in_english(folded, match, index, small=small)


def _counts_in_english(folded: str, match: re.Match[str], index: int, *, small: bool) -> bool:
    gap, end = match["gap"], match.end()
    if match["english"] == "character":
        return gap not in {"", "-", "_"} or bool(match["plural"])
    if gap in {"-", "_"} and folded[end : end + 1] in {"-", "_"}:
        return folded[end + 1 : end + 2].isalnum()
    if (
        not match["plural"]
        and folded.startswith("/", end)
        and folded[end + 1 : end + 2].isdecimal()
    ):
        return True  # video 24/7, image 1/2
    if index == 2 and MODEL_NAME.match(folded, end):
        return True
    plain = gap.isspace() and not match["plural"] and (small or match["english"] == "picture")
    return plain and index > 1 and (index > 99 or bool(COUNTED_NOUN.match(folded, end)))


def _with_brackets(folded: str, start: int, end: int) -> tuple[int, int]:
    """Take in the brackets that hug the token: [Image 1], {{image1}}, <<<image_1>>>."""
    opening = folded[start - 1 : start]
    closing = _BRACKETS.get(opening, "")
    if not closing or not folded.startswith(closing, end):
        return start, end
    for depth in (3, 2):
        if folded.endswith(opening * depth, 0, start) and folded.startswith(closing * depth, end):
            return start - depth, end + depth
    return start - 1, end + 1


def _is_address(folded: str, at: int, end: int) -> bool:
    """Tell me@video1.com from "walks@Image1"."""
    named = at > 0 and (folded[at - 1].isalnum() and folded[at - 1].isascii())
    return named and folded.startswith(".", end) and folded[end + 1 : end + 2].isalpha()
