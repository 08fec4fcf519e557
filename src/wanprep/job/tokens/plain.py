"""Plain words for a reference: "the first image", 第二段视频, or simply "the video".

They are prose, so they are never held against a prompt: they count only where they are
all that names a reference.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from wanprep.job.tokens.folding import fold
from wanprep.job.tokens.styles import Token

if TYPE_CHECKING:
    from collections.abc import Iterator

    from wanprep.job.tokens.styles import TokenKind

_ORDINALS: Final = {
    **{word: n for n, word in enumerate("first second third fourth fifth".split(), 1)},
    **{word: n for n, word in enumerate("1st 2nd 3rd 4th 5th".split(), 1)},
    **{word: n for n, word in enumerate("一二三四五", 1)},
    **{word: n for n, word in enumerate("12345", 1)},
}

# "the first video frame" and 第一个图案 (a pattern) speak of something else.
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


def find_counted(prompt: str) -> Iterator[Token]:
    """Find the references that plain words count out."""
    for match in _COUNTED.finditer(fold(prompt)):
        kind: TokenKind = "video" if match["thing"] == "video" or match["video"] else "image"
        index = _ORDINALS[match["english"] or match["chinese"]]
        style = "first image" if match["english"] else "第1张图"
        yield Token(kind, index, style, match.span(), prompt[match.start() : match.end()])


def mentions(prompt: str, kind: str) -> bool:
    """Tell whether the prompt speaks of an image, or of a video, in any way."""
    return _MENTIONS[kind].search(fold(prompt)) is not None
