"""Limits of a document, and values that no request can carry: either refuses it whole."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

from wanprep.job.documents.document import children
from wanprep.text import visible

if TYPE_CHECKING:
    from collections.abc import Mapping

    from wanprep.job.documents.document import Member, Node, SourceText, Span

MAX_BYTES: Final = 1_000_000
MAX_VALUES: Final = 10_000
MAX_DEPTH: Final = 50


class DocumentRefused(Exception):
    """A document cannot be used at all; the readers catch it and go on with the next one."""

    def __init__(self, span: Span, message: str) -> None:
        super().__init__(message)
        self.span = span
        self.message = message


class ValueCounter:
    """Counts the values of one file and refuses too many of them, or too deep ones."""

    def __init__(self) -> None:
        self._count = 0

    @property
    def is_exceeded(self) -> bool:
        """Whether reading the file must stop altogether."""
        return self._count > MAX_VALUES

    def count(self, span: Span, depth: int) -> None:
        """Count a value at this depth."""
        self._count += 1
        if self.is_exceeded:
            raise DocumentRefused(
                span, f"this holds more than {MAX_VALUES:,} values, which no job needs"
            )
        check_depth(span, depth)

    def count_repeated(self, node: Node, span: Span, depth: int) -> None:
        """Count an alias with all that it holds: repeats multiply."""
        self.count(span, depth)
        for child in children(node):
            self.count_repeated(child, span, depth + 1)


def check_depth(span: Span, depth: int) -> None:
    """Refuse a value that is nested too deep."""
    if depth > MAX_DEPTH:
        raise DocumentRefused(
            span, f"this is nested over {MAX_DEPTH} levels deep: no job needs that"
        )


def checked_text(text: str, span: Span) -> str:
    """Refuse characters that no file name, terminal or service can take."""
    if "\0" in text:
        raise DocumentRefused(span, "this text holds a NUL character: remove it")
    if not text.isascii():
        half = next((letter for letter in text if "\ud800" <= letter <= "\udfff"), None)
        if half:
            raise DocumentRefused(
                span, f"{visible(half)} is half a character; the other half is missing"
            )
    return text


def parse_integer(text: str, span: Span) -> int:
    """Parse an integer, also 0x1f and 0o17, within the range of a float."""
    try:
        value = int(text) if text[:2] not in {"0x", "0o"} else int(text, 0)
        float(value)
    except (ValueError, OverflowError):  # thousands of digits, be they zeros
        raise DocumentRefused(span, "this number is too long") from None
    return value


def parse_float(text: str, span: Span) -> float:
    """Parse a number with a fraction or an exponent; too large ones would become infinite."""
    value = float(text)
    if not math.isfinite(value):
        raise DocumentRefused(span, "this number is too large")
    return value


def check_new_key(key: str, span: Span, before: Mapping[str, Member], source: SourceText) -> None:
    """Refuse a duplicate key: whichever is meant, the other would be lost."""
    if key in before:
        line = source.place(*before[key].key).line
        raise DocumentRefused(span, f"`{visible(key)}` stands twice, on line {line} too: keep one")
