"""Which reference each token of a prompt names, and which references are not named at all.

Plain words for a reference ("the first image", 第二段视频, or simply "the video") are prose, so
they are never reported: they count only where nothing else names that reference.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Any, Final, Literal

from wanprep.job.references.find import MAX_TOKENS, find_tokens
from wanprep.job.references.patterns import fold
from wanprep.job.references.styles import Token

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from wanprep.job.references.styles import TokenKind

Kind = Literal["image", "video"]
Reference = tuple[Kind, int]

_ORDINALS: Final = {
    **{word: n for n, word in enumerate("first second third fourth fifth".split(), 1)},
    **{word: n for n, word in enumerate("1st 2nd 3rd 4th 5th".split(), 1)},
    **{word: n for n, word in enumerate("一二三四五", 1)},
    **{word: n for n, word in enumerate("12345", 1)},
}

# "the first video frame" and 第一个图案 (a pattern) are about something else.
_COUNTED: Final = re.compile(
    r"""
    (?<![a-z])the[ ](?P<english>first|second|third|fourth|fifth|1st|2nd|3rd|4th|5th)[ ]
    (?:(?:reference|input|uploaded|attached|provided|given)[ ])?
    (?P<thing>image|picture|photo|video)(?![a-z0-9]|[ \n#_-]{1,2}[0-9])
    (?![ -](?:frame|shot|scene|sequence|segment|game|call|tape|we|you|they)s?(?![a-z]))
  | 第(?P<chinese>[1-5一二三四五])[张張幅个個段条條]?(?:参考|參考)?
    (?:(?P<video>视频|視頻)|图[片像]|圖[片像]|照片|[图圖](?![案层層形标標纸紙谱譜表腾騰书書钉釘]))
    (?![ \n#_-]{0,2}[0-9])
    """,
    re.VERBOSE,
)

# "the reference video", 视频中; not "a cinematic video" or 构图 ("composition").
_MENTIONS: Final = {
    "image": re.compile(
        r"(?<![a-z])(?:the|this|that|reference|input|source)[ ](?:image|picture|photo)(?![a-z])"
        "|[参參]考[图圖]|[图圖][片像]?[中里裡]|[图圖][片像]的|照片"
    ),
    "video": re.compile(
        r"(?<![a-z])(?:the|this|that|reference|input|source)[ ](?:video|clip|footage)(?![a-z])"
        "|[参參]考(?:视频|視頻)|(?:视频|視頻)[中里裡的]"
    ),
}


@dataclass(frozen=True, slots=True)
class BoundToken:
    """A token and the reference that it names: None when the job has no such reference."""

    token: Token
    reference: Reference | None


@dataclass(frozen=True, slots=True)
class Binding:
    """The tokens of a prompt, and the references that it does not name."""

    tokens: tuple[BoundToken, ...]
    unused: tuple[Reference, ...]


def bind(prompt: str, order: Sequence[Kind]) -> Binding:
    """Match a prompt's tokens to references, given the kinds of these in their order.

    Images and videos are counted apart; `character2` is the second reference of either kind.
    Words that count ("the second image") join in only where a reference has no better name.
    """
    references = _numbered(order)
    bound = [BoundToken(token, _named(token, references)) for token in find_tokens(prompt)]
    unnamed = _without(references, bound)
    if _are_plain_words_enough(order):
        return Binding(tuple(bound), ())
    counted = (
        BoundToken(token, _named(token, unnamed))
        for token in islice(find_ordinals(prompt), MAX_TOKENS)
    )
    bound += [each for each in counted if each.reference]
    bound.sort(key=lambda each: each.token.span)
    unused = (
        each for each in _without(references, bound) if not _is_mentioned(prompt, each, order)
    )
    return Binding(tuple(bound), tuple(unused))


def resolved_prompt(text: str, order: Sequence[Kind]) -> dict[str, Any]:
    """Describe a prompt as the resolved job has it: length, tokens, and unused references.

    `length` counts code points: the one provider that says how it counts (EvoLink) counts
    every character, letter and punctuation mark as one, whatever bytes it takes.
    """
    binding = bind(text, order)
    return {
        "text": text,
        "length": len(text),
        "tokens": [
            {
                "kind": each.token.kind,
                "index": each.token.index,
                "bound": each.reference is not None,
                "style": each.token.style,
                "span": list(each.token.span),
            }
            for each in binding.tokens
        ],
        "unused": [{"kind": kind, "index": index} for kind, index in binding.unused],
    }


def _numbered(order: Sequence[Kind]) -> list[Reference]:
    return [(kind, order[: place + 1].count(kind)) for place, kind in enumerate(order)]


def _named(token: Token, references: Sequence[Reference]) -> Reference | None:
    if token.kind == "character":
        return references[token.index - 1] if 0 < token.index <= len(references) else None
    named = (token.kind, token.index)
    return named if named in references else None


def _without(references: Sequence[Reference], bound: Sequence[BoundToken]) -> list[Reference]:
    named = {each.reference for each in bound}
    return [reference for reference in references if reference not in named]


def _are_plain_words_enough(order: Sequence[Kind]) -> bool:
    """With one image and one video at most, "the image" and "the video" say enough."""
    return order.count("image") <= 1 and order.count("video") <= 1


def _is_mentioned(prompt: str, reference: Reference, order: Sequence[Kind]) -> bool:
    """Beside two images, "the video" still names the only video."""
    kind, _ = reference
    return order.count(kind) == 1 and mentions(prompt, kind)


def find_ordinals(prompt: str) -> Iterator[Token]:
    """Find the references that plain words count out."""
    for match in _COUNTED.finditer(fold(prompt)):
        kind: TokenKind = "video" if match["thing"] == "video" or match["video"] else "image"
        index = _ORDINALS[match["english"] or match["chinese"]]
        style = "first image" if match["english"] else "第1张图"
        yield Token(kind, index, style, match.span(), prompt[match.start() : match.end()])


def mentions(prompt: str, kind: str) -> bool:
    """Whether the prompt speaks of an image, or of a video, in any way."""
    return _MENTIONS[kind].search(fold(prompt)) is not None
