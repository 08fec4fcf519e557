"""What an unquoted word means: what the core schema of YAML 1.2 says, and nothing beyond it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from wanprep.job.documents.document import DocumentError, parse_float, parse_integer

if TYPE_CHECKING:
    from wanprep.job.documents.document import Scalar, Span

WORDS: Final[dict[str, bool | None]] = {
    "": None, "~": None, "null": None, "Null": None, "NULL": None,
    "true": True, "True": True, "TRUE": True,
    "false": False, "False": False, "FALSE": False,
}  # fmt: skip
_INTEGER: Final = re.compile(r"[-+]?[0-9]+")
_BASED: Final = re.compile(r"0o[0-7]+|0x[0-9a-fA-F]+")
_FLOAT: Final = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?")
_NOT_FINITE: Final = re.compile(r"[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)")


def resolve(word: str, span: Span) -> Scalar:
    """Resolve an unquoted word by the core schema."""
    if word in WORDS:
        return WORDS[word]
    if word[0] not in "+-.0123456789":
        return word
    if _INTEGER.fullmatch(word):
        return parse_integer(word, span)
    if _FLOAT.fullmatch(word):
        return parse_float(word, span)
    if _NOT_FINITE.fullmatch(word):
        message = f"{word} is not a number that can be sent: write one, or remove it"
        raise DocumentError(span, message)
    if _BASED.fullmatch(word):
        return parse_integer(word, span)
    return word
