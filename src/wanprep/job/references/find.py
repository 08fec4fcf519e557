"""Find prompt tokens: the words by which a prompt names its references, in any spelling.

"Image 3" in a prompt with two images is a paid video with an invented face, so a token must
not be missed; and "a video 5 seconds long" must not be taken for a fifth video. Where a
phrase can be read both ways, the reading is the one that the documented spelling favours.

Not tokens, on purpose: "Clip 1", "Shot 1" and "Scene 1" (shot lists), "Character 1" with a
blank (a screenplay's speaker), "Audio 1" where a target does not name audio (Wan 2.7 binds voices
to references, not to words), "Image 1.jpg" (a file's name), and numbers of four digits and more
(years, file names).
"""

# ruff: noqa: RUF001 - full-width signs and long dashes are what this is about

from __future__ import annotations

from functools import lru_cache
from itertools import pairwise
from typing import TYPE_CHECKING, Final

from wanprep.dataclass import dataclass
from wanprep.job.references.styles import (
    COUNTED_NOUN,
    LIST_MARKER,
    MODEL_NAME,
    Token,
    ends_list,
    fold,
    is_quantity,
    next_number,
    patterns_for,
    style_of,
)

if TYPE_CHECKING:
    import re
    from collections.abc import Sequence

    from wanprep.job.references.styles import TokenKind

# A prompt that names more is no prompt. Providers cut after 5,000 characters, long before.
MAX_TOKENS: Final = 10_000
# No provider takes more references than that: "Images 1-80" is something else.
_LONGEST: Final = 20
_MOST_USUAL: Final = 999
_OTHER_KINDS: Final[dict[str, TokenKind]] = {
    "character": "character",
    "video": "video",
    "视频": "video",
    "視頻": "video",
    "音频": "audio",
    "音頻": "audio",
}
_IMAGES: Final = frozenset({"image", "img", "picture"})
_BRACKETS: Final = {"<": ">", "[": "]", "{": "}"}
_NUMERALS: Final = {
    sign: number
    for signs in ("一二三四五六七八九十", "①②③④⑤⑥⑦⑧⑨⑩")
    for number, sign in enumerate(signs, 1)
}


@dataclass(frozen=True, slots=True)
class _Head:
    """A token before lists and ranges are looked for."""

    token: Token
    chinese: bool
    plural: bool  # "Images 1" is none before a second number follows


@lru_cache(maxsize=16)
def find_tokens(prompt: str, words: tuple[str, ...] = ()) -> tuple[Token, ...]:
    """Find every reference that the prompt names by number, in the order of the text.

    `words` are kinds beside images and videos: where a target names audio, "Audio 1" is a token.
    """
    folded = fold(prompt)
    # A pattern takes long to compile: of a word that is not there, none is needed.
    present = (each for each in words if each in folded or (each == "audio" and "音" in folded))
    word_pattern, head_pattern = patterns_for(tuple(present))
    found: list[Token] = []
    end = 0
    for word in word_pattern.finditer(folded):
        match = head_pattern.match(folded, word.start())
        head = match and _read_head(prompt, folded, match, end)
        if head and (named := _read_list(prompt, folded, head)):
            found.extend(named)
            end = named[-1].span[1]
        if len(found) >= MAX_TOKENS:
            break
    return tuple(found)


def _read_head(prompt: str, folded: str, match: re.Match[str], previous: int) -> _Head | None:
    """Read one match as a token, or not; `previous` is where the one before it ends."""
    number = match["number"] or match["numeral"]
    if is_quantity(folded, match.end("number" if match["number"] else "numeral")):
        return None
    index = _NUMERALS.get(number) or int(number)
    if _belongs_to_word_before(folded, match, previous) or _is_count(prompt, folded, match, index):
        return None
    start, end = _with_brackets(folded, *match.span())
    brackets = folded[start : match.start()]
    if folded.startswith("@", max(start - 1, 0), start):
        if _is_email(folded, start - 1, end):
            return None
        start -= 1
        brackets = f"@{brackets}"
    word = match["english"] or match["chinese"]
    kind = _OTHER_KINDS.get(word, word if word.isascii() and word not in _IMAGES else "image")
    token = Token(kind, index, style_of(prompt, match, brackets), (start, end), prompt[start:end])
    return _Head(token, bool(match["chinese"]), bool(match["plural"]))


def _belongs_to_word_before(folded: str, match: re.Match[str], previous: int) -> bool:
    """Recognise counts (2图1视频), paths (a/image1), models (gpt-image-1) by what precedes."""
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


def _is_count(prompt: str, folded: str, match: re.Match[str], index: int) -> bool:
    """Recognise numbers that count, or begin the next line's list, by what follows."""
    small, end = prompt[match.start()].islower(), match.end()
    if "\n" in (match["gap"] or match["between"] or "") and (
        small or LIST_MARKER.match(folded, end)
    ):
        return True
    if match["chinese"]:
        return False
    return _is_english_count(folded, match, index, small=small)


def _is_english_count(folded: str, match: re.Match[str], index: int, *, small: bool) -> bool:
    gap, end = match["gap"], match.end()
    if index > _MOST_USUAL:  # only as documented: "Image 12345"
        return small or gap != " " or match["english"] not in {"image", "video"}
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
    """Include the brackets around the token: [Image 1], {{image1}}, <<<image_1>>>."""
    opening = folded[start - 1 : start]
    closing = _BRACKETS.get(opening, "")
    if not closing or not folded.startswith(closing, end):
        return start, end
    for depth in (3, 2):
        if folded.endswith(opening * depth, 0, start) and folded.startswith(closing * depth, end):
            return start - depth, end + depth
    return start - 1, end + 1


def _is_email(folded: str, at: int, end: int) -> bool:
    """Whether it is me@video1.com rather than "walks@Image1"."""
    named = at > 0 and (folded[at - 1].isalnum() and folded[at - 1].isascii())
    return named and folded.startswith(".", end) and folded[end + 1 : end + 2].isalpha()


def _read_list(prompt: str, folded: str, head: _Head) -> Sequence[Token]:
    """Read the head and the numbers that share its word; nothing for a lonely "images 2"."""
    named = [head.token]
    for link in _links(folded, head):
        _append(prompt, named, link, "图1、2" if head.chinese else "Images 1 and 2")
    return () if head.plural and len(named) == 1 else named


def _links(folded: str, head: _Head) -> Sequence[re.Match[str]]:
    links: list[re.Match[str]] = []
    end, last = head.token.span[1], head.token.index
    while len(links) < _LONGEST and (link := next_number(folded, end)):
        if not _is_link(link, last, head):
            break
        links.append(link)
        end, last = link.end(), int(link["number"])
    return links if links and (head.plural or _is_list(folded, links, head)) else ()


def _is_list(folded: str, links: Sequence[re.Match[str]], head: _Head) -> bool:
    """Distinguish "Image 1 and 2 dance" from "Image 1 and 2 dogs", and references from ages."""
    numbers = [head.token.index, *(int(link["number"]) for link in links)]
    if all(link["pause"] for link in links):
        return len(links) > 1 and all(after == before + 1 for before, after in pairwise(numbers))
    certain = len(links) > 1 or links[0]["range"] in {"-", "–"}
    return certain or ends_list(folded, links[-1].end())


def _is_link(link: re.Match[str], last: int, head: _Head) -> bool:
    """After one singular word "Image 1 - 2" is a pause and "image 1/2" a fraction."""
    between = link[0].removesuffix(link["number"])
    if link["range"] and not last < int(link["number"]) <= last + _LONGEST:
        return False
    return head.plural or between not in {" - ", " – ", " — ", "/"} or head.chinese


def _append(prompt: str, named: list[Token], link: re.Match[str], style: str) -> None:
    last, index = named[-1], int(link["number"])
    start, end = link.span("number")
    if not link["range"]:
        named.append(Token(last.kind, index, style, (start, end), prompt[start:end]))
        return
    start = last.span[0]
    named[-1:] = (
        Token(last.kind, member, style, (start, end), prompt[start:end])
        for member in range(last.index, index + 1)
    )
