"""One document of a job file: plain values, and the place of each in the file."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, Literal

from wanprep.job.documents.character_spans import character_spans
from wanprep.pointers import steps

if TYPE_CHECKING:
    from collections.abc import Iterator

    from wanprep.job.documents.character_spans import CharacterSpans

Scalar = str | int | float | bool | None
Span = tuple[int, int]  # offsets of characters in the file, the end excluded
Syntax = Literal["json", "yaml"]

# What editors count as the end of a line; Unicode's other separators they leave alone.
_LINE_BREAK: Final = re.compile(r"\r\n|\n|\r")


@dataclass(frozen=True, slots=True)
class Place:
    """A stretch of a file: lines and columns from 1, in characters; the end is one past."""

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
        starts = (0, *(found.end() for found in _LINE_BREAK.finditer(self.text)))
        object.__setattr__(self, "_starts", starts)

    def place(self, start: int, end: int) -> Place:
        """Translate offsets of characters."""
        return Place(*self._line_and_column(start), *self._line_and_column(max(start, end)))

    def _line_and_column(self, offset: int) -> tuple[int, int]:
        line = bisect_right(self._starts, offset)
        return line, offset - self._starts[line - 1] + 1

    def line_text(self, line: int) -> str:
        """Return a line without its end; what lies outside the file is empty."""
        if not 1 <= line <= len(self._starts):
            return ""
        start = self._starts[line - 1]
        end = self._starts[line] if line < len(self._starts) else len(self.text)
        return self.text[start:end].rstrip("\r\n")

    def end_of_content(self) -> int:
        """Find where something missing at the end is best shown: behind the last character."""
        return len(self.text.rstrip())


@dataclass(frozen=True, slots=True)
class Node:
    """A value and where it stands; `written` is where a text's own characters are.

    The two differ where YAML repeats a value by an alias, and by the empty lines at the end of
    a block of text.
    """

    content: Scalar | tuple[Node, ...] | Mapping[str, Member]
    span: Span
    written: Span


@dataclass(frozen=True, slots=True)
class Member:
    """One entry of a mapping: where its key stands, and its value."""

    key: Span
    node: Node


def children(node: Node) -> Iterator[Node]:
    """List the values that a value holds directly."""
    if isinstance(node.content, tuple):
        yield from node.content
    elif isinstance(node.content, Mapping):
        yield from (member.node for member in node.content.values())


def child_at(node: Node, name: str) -> Member | None:
    """Go one part of a JSON pointer down; an item of a list has no key but its own place."""
    if isinstance(node.content, Mapping):
        return node.content.get(name)
    if isinstance(node.content, tuple) and name.isdecimal() and int(name) < len(node.content):
        item = node.content[int(name)]
        return Member(item.span, item)
    return None


def to_json(node: Node) -> Any:  # noqa: ANN401 - JSON
    """Convert a node to JSON values, without their places."""
    if isinstance(node.content, tuple):
        return [to_json(item) for item in node.content]
    if isinstance(node.content, Mapping):
        return {key: to_json(member.node) for key, member in node.content.items()}
    return node.content


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
        return to_json(self.root)

    def place(self, pointer: str) -> Place:
        """Find where a value stands; for what is absent, where it would belong."""
        return self.source.place(*self._nearest(pointer).node.span)

    def key_place(self, pointer: str) -> Place:
        """Find where a value's key stands; what has none stands for itself."""
        return self.source.place(*self._nearest(pointer).key)

    def place_within(self, pointer: str, start: int, end: int) -> Place:
        """Find where some characters of a text stand, given as offsets into its value."""
        node = self._nearest(pointer).node
        text = node.content
        spans = self._character_spans(node, text) if isinstance(text, str) else None
        if not spans or not isinstance(text, str) or not 0 <= start < end <= len(text):
            return self.source.place(*node.span)
        begin = node.written[0]
        return self.source.place(begin + spans[start][0], begin + spans[end - 1][1])

    def _character_spans(self, node: Node, text: str) -> CharacterSpans | None:
        if node.written not in self._spans:
            raw = self.source.text[slice(*node.written)]
            self._spans[node.written] = character_spans(raw, text)
        return self._spans[node.written]

    def line_text(self, line: int) -> str:
        """Return a line of the file, to be shown above a caret."""
        return self.source.line_text(line)

    def _nearest(self, pointer: str) -> Member:
        found = Member(self.root.span, self.root)
        for name in steps(pointer):
            inner = child_at(found.node, name)
            if inner is None:
                break
            found = inner
        return found


@dataclass(frozen=True, slots=True)
class Broken:
    """A document that could not be read, and where and why reading it ended."""

    place: Place
    message: str
