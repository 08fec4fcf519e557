"""Match the tokens of a prompt to the references of its job, and write them in other styles.

Plain words for a reference ("the first image", 第二段视频, or simply "the video") are prose, so
they are never reported: they count only where nothing else names that reference.
"""

from __future__ import annotations

import re
from functools import cache, lru_cache
from itertools import groupby, islice
from typing import TYPE_CHECKING, Any, Final

from wanprep.dataclass import dataclass
from wanprep.job.references.dialects import PLAIN
from wanprep.job.references.find import MAX_TOKENS
from wanprep.job.references.styles import Token, fold

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from wanprep.job.references.dialects import Dialect, ReferenceName
    from wanprep.job.references.styles import TokenKind

Replacement = tuple[tuple[int, int], str]  # a span of characters, and the text to put there

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
    reference: ReferenceName | None


@dataclass(frozen=True, slots=True)
class Binding:
    """The tokens of a prompt, and the references that it does not name."""

    tokens: tuple[BoundToken, ...]
    unnamed: tuple[ReferenceName, ...]
    unused: tuple[ReferenceName, ...]  # the unnamed ones of a job in which they need names


def bind(prompt: str, order: Sequence[str], dialect: Dialect = PLAIN) -> Binding:
    """Match a prompt's tokens to references, given the kinds of these in their order.

    Images and videos are counted apart, where a style does not count in another way.
    Words that count ("the second image") join in only where a reference has no better name.
    With one image and one video at most, no reference needs a name.
    """
    return _bind(prompt, tuple(order), dialect)


@lru_cache(maxsize=64)
def _bind(prompt: str, order: tuple[str, ...], dialect: Dialect) -> Binding:
    references = names_of(order, dialect)
    tokens = dialect.find(prompt)
    bound = [BoundToken(token, dialect.named(token, references)) for token in tokens]
    need_names = any(order.count(kind) > 1 for kind, _ in references)
    if need_names:
        unbound = _without(references, bound)
        counted = (
            BoundToken(token, dialect.named(token, references))
            for token in islice(find_ordinals(prompt), MAX_TOKENS)
        )
        bound += [each for each in counted if each.reference in unbound]
        bound.sort(key=lambda each: each.token.span)
    unnamed = tuple(
        (kind, index)
        for kind, index in _without(references, bound)
        if order.count(kind) > 1 or not is_mentioned(prompt, kind)
    )
    named = dict(dialect.own_names) if dialect.has_names else {}
    unused = unnamed if need_names else tuple(each for each in unnamed if each in named)
    return Binding(tuple(bound), unnamed, unused)


def names_of(order: Sequence[str], dialect: Dialect) -> list[ReferenceName]:
    """List the references that prompts can name, with their numbers."""
    return [
        (kind, order[: place + 1].count(kind))
        for place, kind in enumerate(order)
        if kind in _MENTIONS or kind in dialect.words
    ]


def _without(
    references: Sequence[ReferenceName], bound: Sequence[BoundToken]
) -> list[ReferenceName]:
    named = {each.reference for each in bound}
    return [reference for reference in references if reference not in named]


def find_ordinals(prompt: str) -> Iterator[Token]:
    """Find the references that plain words count out."""
    for match in _COUNTED.finditer(fold(prompt)):
        kind: TokenKind = "video" if match["thing"] == "video" or match["video"] else "image"
        index = _ORDINALS[match["english"] or match["chinese"]]
        style = "first image" if match["english"] else "第1张图"
        yield Token(kind, index, style, match.span(), prompt[match.start() : match.end()])


def is_mentioned(prompt: str, kind: str) -> bool:
    """Whether the prompt speaks of a reference image, or of a reference video, in any way."""
    pattern = _MENTIONS.get(kind) or _mention_of(kind)
    return pattern.search(fold(prompt)) is not None


@cache
def _mention_of(kind: str) -> re.Pattern[str]:
    more = "|music|sound|recording" if kind == "audio" else ""
    return re.compile(rf"(?:the|this|that|reference|input|source)[ ](?:{kind}{more})(?![a-z])")


def resolved_prompt(text: str, order: Sequence[str], dialect: Dialect = PLAIN) -> dict[str, Any]:
    """Describe a prompt as the resolved job has it: its tokens, and unused references."""
    binding = bind(text, order, dialect)
    return {
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
        "unused": [_unused(name, dialect) for name in binding.unused],
    }


def _unused(reference: ReferenceName, dialect: Dialect) -> dict[str, Any]:
    kind, index = reference
    style = next((each for each in dialect.styles if dialect.form_of(each).has_names), None)
    written = {"name": dialect.write(reference, style, [reference])} if style else {}
    return {"kind": kind, "index": index, **written}


def rewrite(prompt: str, order: Sequence[str], dialect: Dialect) -> str:
    """Write every bound token that is in no accepted style in the nearest one that is.

    Tokens that name no reference stay: only the author knows the intent.
    """
    for (start, end), text in reversed(replacements(prompt, order, dialect)):
        prompt = prompt[:start] + text + prompt[end:]
    return prompt


def replacements(prompt: str, order: Sequence[str], dialect: Dialect) -> list[Replacement]:
    """List the spans of the prompt that `rewrite` replaces, with their new text."""
    foreign = [
        each
        for each in bind(prompt, order, dialect).tokens
        if each.reference and each.token.style not in dialect.styles
    ]
    references = names_of(order, dialect)
    result: list[Replacement] = []
    for (start, end), members in groupby(foreign, lambda each: each.token.span):
        before = result[-1][1] if result and result[-1][0][1] == start else prompt[:start]
        words = _joined(list(members), references, dialect)
        result.append(((start, end), _with_spaces(before, words, prompt[end:])))
    return result


def _joined(
    members: Sequence[BoundToken], references: Sequence[ReferenceName], dialect: Dialect
) -> str:
    """Write out the members of one phrase: "Images 1-3" is Image 1, Image 2, Image 3."""
    style = nearest_style(members[0].token.style, dialect)
    joint = "、" if _is_chinese(style) else ", "
    names = [each.reference for each in members if each.reference]
    return joint.join(dialect.write(name, style, references) for name in names)


def nearest_style(style: str, dialect: Dialect) -> str:
    """Choose the accepted style to write instead: Chinese for Chinese, else the first."""
    writable = [name for name in dialect.styles if dialect.can_write(name)]
    alike = [name for name in writable if _is_chinese(name) == _is_chinese(style)]
    return (alike or writable)[0]


def _is_chinese(style: str) -> bool:
    return "图" in style or "圖" in style


def _with_spaces(before: str, text: str, after: str) -> str:
    """Put a space where a word would join its neighbour."""
    lead = " " if _is_word_character(before[-1:]) and _is_word_character(text[0]) else ""
    trail = " " if _is_word_character(text[-1]) and _is_word_character(after[:1]) else ""
    return f"{lead}{text}{trail}"


def _is_word_character(letter: str) -> bool:
    return letter.isascii() and (letter.isalnum() or letter == "_")
