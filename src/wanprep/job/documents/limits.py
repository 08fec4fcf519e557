"""What no job needs: a document that has it is refused whole, however it came about."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

from wanprep.job.documents.node import children
from wanprep.text import visible

if TYPE_CHECKING:
    from collections.abc import Mapping

    from wanprep.job.documents.node import Member, Node, Span
    from wanprep.job.documents.place import SourceText

MAX_BYTES: Final = 1_000_000
MAX_VALUES: Final = 10_000
MAX_DEPTH: Final = 50


class NotAJob(Exception):
    """A document cannot be used at all; raised by its reader and caught where one reads on."""

    def __init__(self, span: Span, message: str) -> None:
        super().__init__(message)
        self.span = span
        self.message = message


class Measure:
    """Counts the values of one file and refuses too many of them, or too deep ones."""

    def __init__(self) -> None:
        self._count = 0

    @property
    def exceeded(self) -> bool:
        """Tell whether it is time to stop reading altogether."""
        return self._count > MAX_VALUES

    def one_more(self, span: Span, depth: int) -> None:
        """Count a value that stands at a depth."""
        self._count += 1
        if self.exceeded:
            raise NotAJob(span, f"this holds more than {MAX_VALUES:,} values, which no job needs")
        if depth > MAX_DEPTH:
            raise NotAJob(span, f"this is nested over {MAX_DEPTH} levels deep: no job needs that")

    def repeated(self, node: Node, span: Span, depth: int) -> None:
        """Count a value that is repeated here, with all that it holds: repeats multiply."""
        self.one_more(span, depth)
        for child in children(node):
            self.repeated(child, span, depth + 1)


def sound_text(text: str, span: Span) -> str:
    """Refuse characters that no file name, terminal or service can take."""
    if "\0" in text:
        raise NotAJob(span, "this text holds a NUL character: remove it")
    if not text.isascii():
        half = next((letter for letter in text if "\ud800" <= letter <= "\udfff"), None)
        if half:
            raise NotAJob(span, f"{visible(half)} is half a character; the other half is missing")
    return text


def whole_number(text: str, span: Span) -> int:
    """Read an integer, also 0x1f and 0o17, as long as arithmetic can take it."""
    try:
        value = int(text) if text[:2] not in {"0x", "0o"} else int(text, 0)
        float(value)
    except (ValueError, OverflowError):  # thousands of digits, be they zeros
        raise NotAJob(span, "this number is too long") from None
    return value


def number(text: str, span: Span) -> float:
    """Read a number with a fraction or an exponent; beyond all sizes it would be infinite."""
    value = float(text)
    if not math.isfinite(value):
        raise NotAJob(span, "this number is too large")
    return value


def new_key(key: str, span: Span, before: Mapping[str, Member], source: SourceText) -> None:
    """Refuse a key that stands twice: whichever is meant, the other would be lost."""
    if key in before:
        line = source.place(*before[key].key).line
        raise NotAJob(span, f"`{visible(key)}` stands twice, on line {line} too: keep one")
