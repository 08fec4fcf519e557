"""What an unquoted word of YAML 1.2 means: its core schema, and nothing beyond it.

`yes`, `on`, `16:9`, `1_000` and `2026-11-20` are text, as a designer would expect.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from wanprep.job.documents.limits import NotAJob, number, whole_number

if TYPE_CHECKING:
    from wanprep.job.documents.node import Scalar, Span

_WORDS: Final[dict[str, bool | None]] = {
    "": None, "~": None, "null": None, "Null": None, "NULL": None,
    "true": True, "True": True, "TRUE": True,
    "false": False, "False": False, "FALSE": False,
}  # fmt: skip
_INTEGER: Final = re.compile(r"[-+]?[0-9]+")
_BASED: Final = re.compile(r"0o[0-7]+|0x[0-9a-fA-F]+")
_FLOAT: Final = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?")
_NOT_FINITE: Final = re.compile(r"[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)")


def meaning(word: str, span: Span) -> Scalar:
    """Tell the value of an unquoted word."""
    if word in _WORDS:
        return _WORDS[word]
    if word[0] not in "+-.0123456789":
        return word
    if _INTEGER.fullmatch(word):
        return whole_number(word, span)
    if _FLOAT.fullmatch(word):
        return number(word, span)
    if _NOT_FINITE.fullmatch(word):
        raise NotAJob(span, f"{word} is not a number that can be sent: write one, or remove it")
    if _BASED.fullmatch(word):
        return whole_number(word, span)
    return word
