"""One document of a job file: plain values, the place of each in the file, and their limits."""

from __future__ import annotations

import math
import re
from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import field
from typing import TYPE_CHECKING, Any, Final, Literal

from wanprep.dataclass import dataclass
from wanprep.pointers import parent, steps
from wanprep.text import visible

if TYPE_CHECKING:
    from collections.abc import Iterator

    from wanprep.job.documents.character_spans import CharacterSpans

Scalar = str | int | float | bool | None
Span = tuple[int, int]  # offsets of characters in the file, the end excluded
Syntax = Literal["json", "yaml"]

MAX_BYTES: Final = 1_000_000
MAX_VALUES: Final = 10_000
MAX_DEPTH: Final = 50

# What editors count as the end of a line; Unicode's other separators they leave alone.
_LINE_BREAK: Final = re.compile(r"\r\n|\n|\r")


@dataclass(frozen=True, slots=True)
class Place:
    """A range in a file: lines and columns from 1, in characters; the end is one past."""

    line: int
    column: int
    end_line: int
    end_column: int


@dataclass(frozen=True, slots=True)
class SourceText:
    """A file's text, with its offsets translated to lines and columns."""

    text: str
    _starts: tuple[int, ...] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        starts = (0, *(match.end() for match in _LINE_BREAK.finditer(self.text)))
        object.__setattr__(self, "_starts", starts)

    def place(self, start: int, end: int) -> Place:
        """Translate offsets of characters."""
        return Place(*self._line_and_column(start), *self._line_and_column(max(start, end)))

    def _line_and_column(self, offset: int) -> tuple[int, int]:
        line = bisect_right(self._starts, offset)
        return line, offset - self._starts[line - 1] + 1

    def offset(self, line: int, column: int) -> int:
        """Translate a place to an offset; one outside a line or the text is moved to its end."""
        if line > len(self._starts):
            return len(self.text)
        return self._starts[line - 1] + min(column - 1, len(self.line_text(line)))

    def line_text(self, line: int) -> str:
        """Return a line without its end, empty outside the file."""
        if not 1 <= line <= len(self._starts):
            return ""
        start = self._starts[line - 1]
        end = self._starts[line] if line < len(self._starts) else len(self.text)
        return self.text[start:end].rstrip("\r\n")


@dataclass(frozen=True, slots=True)
class Node:
    """A value and its span; `written` is the span of a string's own characters.

    The two differ where YAML repeats a value by an alias, and by the empty lines at the end of
    a block scalar.
    """

    content: Scalar | tuple[Node, ...] | Mapping[str, Member]
    span: Span
    written: Span

    def children(self) -> Iterator[Node]:
        """List the items of a list, or the values of a mapping."""
        if isinstance(self.content, tuple):
            yield from self.content
        elif isinstance(self.content, Mapping):
            yield from (member.node for member in self.content.values())

    def to_json(self) -> Any:  # noqa: ANN401 - JSON
        """Convert to JSON values, without their places."""
        if isinstance(self.content, str):  # most are, and `Mapping` is slow to find out
            return self.content
        if isinstance(self.content, tuple):
            return [item.to_json() for item in self.content]
        if isinstance(self.content, Mapping):
            return {key: member.node.to_json() for key, member in self.content.items()}
        return self.content


@dataclass(frozen=True, slots=True)
class Member:
    """One entry of a mapping: the span of its key, and its value."""

    key: Span
    node: Node


@dataclass(frozen=True, slots=True)
class Document:
    """A document that could be read. Pointers are JSON pointers: `/references/0/image`."""

    source: SourceText
    root: Node
    syntax: Syntax
    _spans: dict[Span, CharacterSpans | None] = field(
        default_factory=dict, init=False, repr=False, compare=False
    )

    @property
    def value(self) -> Any:  # noqa: ANN401 - JSON
        """The document as JSON values."""
        return self.root.to_json()

    def find(self, pointer: str) -> Member | None:
        """Find a value with its key; the item of a list has its own span for a key."""
        member: Member | None = Member(self.root.span, self.root)
        for name in steps(pointer):
            member = _child(member.node, name) if member else None
        return member

    def nearest(self, pointer: str) -> Member:
        """Find a value with its key; for a missing one, the innermost that would contain it."""
        while (member := self.find(pointer)) is None:
            pointer = parent(pointer)
        return member

    def place(self, pointer: str) -> Place:
        """Find where a value stands, or where a missing one would belong."""
        return self.source.place(*self.nearest(pointer).node.span)

    def key_place(self, pointer: str) -> Place:
        """Find where a value's key stands; without a key, the value."""
        return self.source.place(*self.nearest(pointer).key)

    def place_within(self, pointer: str, start: int, end: int) -> Place:
        """Find where some characters of a string stand, given as offsets into its value."""
        node = self.nearest(pointer).node
        text = node.content
        if isinstance(text, str) and 0 <= start < end <= len(text):
            spans, begin = self._character_spans(node, text), node.written[0]
            if spans:
                return self.source.place(begin + spans[start][0], begin + spans[end - 1][1])
        return self.source.place(*node.span)

    def _character_spans(self, node: Node, text: str) -> CharacterSpans | None:
        if node.written not in self._spans:
            from wanprep.job.documents.character_spans import character_spans

            raw = self.source.text[slice(*node.written)]
            self._spans[node.written] = character_spans(raw, text)
        return self._spans[node.written]


def _child(node: Node, name: str) -> Member | None:
    if isinstance(node.content, Mapping):
        return node.content.get(name)
    if isinstance(node.content, tuple) and name.isdecimal() and int(name) < len(node.content):
        item = node.content[int(name)]
        return Member(item.span, item)
    return None


@dataclass(frozen=True, slots=True)
class BrokenDocument:
    """A document that could not be read, and where and why reading it ended."""

    place: Place
    message: str


class DocumentError(Exception):
    """A document cannot be used; the readers catch this and go on with the next one."""

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
            message = f"this holds more than {MAX_VALUES:,} values, which no job needs"
            raise DocumentError(span, message)
        check_depth(span, depth)

    def count_repeated(self, node: Node, span: Span, depth: int) -> None:
        """Count an alias with everything in it: repeats multiply."""
        self.count(span, depth)
        for child in node.children():
            self.count_repeated(child, span, depth + 1)


def check_depth(span: Span, depth: int) -> None:
    """Refuse a value that is nested too deep."""
    if depth > MAX_DEPTH:
        message = f"this is nested over {MAX_DEPTH} levels deep: no job needs that"
        raise DocumentError(span, message)


def check_characters(text: str, span: Span) -> str:
    """Refuse characters that file names, terminals and services do not accept."""
    if "\0" in text:
        raise DocumentError(span, "this text holds a NUL character: remove it")
    if not text.isascii() and (half := re.search("[\ud800-\udfff]", text)):
        message = f"{visible(half[0])} is half of a surrogate pair; the other half is missing"
        raise DocumentError(span, message)
    return text


def parse_integer(text: str, span: Span) -> int:
    """Parse an integer, also 0x1f and 0o17, within the range of a float."""
    try:
        value = int(text) if text[:2] not in {"0x", "0o"} else int(text, 0)
        float(value)
    except (ValueError, OverflowError):  # thousands of digits, even if all are zeros
        raise DocumentError(span, "this number is too long") from None
    return value


def parse_float(text: str, span: Span) -> float:
    """Parse a number with a fraction or an exponent; too large ones would become infinite."""
    value = float(text)
    if not math.isfinite(value):
        raise DocumentError(span, "this number is too large")
    return value


def check_new_key(key: str, span: Span, before: Mapping[str, Member], source: SourceText) -> None:
    """Refuse a duplicate key: keeping either would lose the other."""
    if key in before:
        line = source.place(*before[key].key).line
        raise DocumentError(span, f"`{visible(key)}` is already on line {line}: keep one")
