"""Numbers that borrow the word before them: "Images 1, 2 and 3", "Image 1-3", 图1和2."""

# ruff: noqa: RUF001 - full-width signs and long dashes are what this is about

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Final

from wanprep.job.tokens.patterns import LIST_END, NEXT
from wanprep.job.tokens.styles import Token

if TYPE_CHECKING:
    import re
    from collections.abc import Sequence

    from wanprep.job.tokens.heads import Head

# No provider takes more references than that: "Images 1-80" is something else.
_LONGEST: Final = 20


def read_list(prompt: str, folded: str, head: Head) -> Sequence[Token]:
    """Give the head and the numbers that share its word; nothing for a lonely "images 2"."""
    named = [head.token]
    for link in _links(folded, head):
        _lengthen(prompt, named, link, "图1、2" if head.chinese else "Images 1 and 2")
    return () if head.plural and len(named) == 1 else named


def _links(folded: str, head: Head) -> Sequence[re.Match[str]]:
    links: list[re.Match[str]] = []
    end, last = head.token.span[1], head.token.index
    while len(links) < _LONGEST and (link := NEXT.match(folded, end)):
        if not _is_link(link, last, head):
            break
        links.append(link)
        end, last = link.end(), int(link["number"])
    return links if links and (head.plural or _is_list(folded, links, head)) else ()


def _is_list(folded: str, links: Sequence[re.Match[str]], head: Head) -> bool:
    """Tell "Image 1 and 2 dance" from "Image 1 and 2 dogs", and pictures from ages."""
    numbers = [head.token.index, *(int(link["number"]) for link in links)]
    if all(link["pause"] for link in links):
        return len(links) > 1 and all(after == before + 1 for before, after in pairwise(numbers))
    certain = len(links) > 1 or links[0]["range"] in {"-", "–"}
    return certain or LIST_END.match(folded, links[-1].end()) is not None


def _is_link(link: re.Match[str], last: int, head: Head) -> bool:
    """After one singular word "Image 1 - 2" is a pause and "image 1/2" a fraction."""
    between = link[0].removesuffix(link["number"])
    if link["range"] and not last < int(link["number"]) <= last + _LONGEST:
        return False
    return head.plural or between not in {" - ", " – ", " — ", "/"} or head.chinese


def _lengthen(prompt: str, named: list[Token], link: re.Match[str], style: str) -> None:
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
