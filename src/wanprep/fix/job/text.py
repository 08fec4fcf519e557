"""The text of a job file: its edits, comments, collections and literals."""

from __future__ import annotations

import json
import re
from bisect import bisect_left
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from wanprep.job.documents.document import Document, Node, Span, Syntax


@dataclass(frozen=True, slots=True, order=True)
class Edit:
    """A replacement; offsets count the characters of the text before any edit."""

    start: int
    end: int
    text: str = ""


def apply_edits(text: str, edits: Sequence[Edit]) -> str | None:
    """Make all edits at once; None where two of them overlap."""
    pieces: list[str] = []
    end = 0
    for edit in sorted(edits):
        if edit.start < end:
            return None
        pieces += (text[end : edit.start], edit.text)
        end = edit.end
    return "".join([*pieces, text[end:]])


def offset_before(offset: int, edits: Sequence[Edit]) -> int:
    """Translate an offset in edited text to the original text."""
    shift = 0
    for edit in sorted(edits):
        begin = edit.start + shift
        if offset < begin:
            break
        if offset < begin + len(edit.text):
            return edit.start
        shift += len(edit.text) - (edit.end - edit.start)
    return offset - shift


_COMMENT: Final = re.compile(r"(?:^|(?<=[\s,\[\]{}:\"']))#[^\r\n]*", re.MULTILINE)

_BLOCK_HEAD: Final = re.compile(r"[|>][-+0-9]*")


def comments(documents: tuple[Document, ...]) -> tuple[Span, ...]:
    """Find all comments in the text of some documents."""
    if not documents or documents[0].syntax == "json":
        return ()
    text = documents[0].source.text
    written = sorted(
        span for document in documents for span in _without_comments(document.root, text)
    )
    spans: list[Span] = []
    end = 0
    for start, stop in (*written, (len(text), len(text))):
        spans += (match.span() for match in _COMMENT.finditer(text, end, max(start, end)))
        end = max(end, stop)
    return tuple(spans)


def _without_comments(node: Node, text: str) -> Iterator[Span]:
    """List the spans that hold no comment: keys and values."""
    start, end = node.span
    if text[start : start + 1] == "*" and node.written != node.span:
        yield node.span
        return
    if isinstance(node.content, Mapping):
        yield from (member.key for member in node.content.values())
    elif not isinstance(node.content, tuple):
        head = _BLOCK_HEAD.match(text, start, end)
        body = text.find("\n", start, end) if head else start
        yield from ((start, head.end()), (max(body, start), end)) if head else ((start, end),)
    for child in node.children():
        yield from _without_comments(child, text)


_DASH: Final = re.compile(r"^[ \t]*-(?=\s)", re.MULTILINE)

_PROPERTIES: Final = re.compile(r"(?:[&!]\S*\s+)*\Z")


@dataclass(frozen=True, slots=True)
class Collection:
    """A mapping or list in the text; an entry begins with its key or its dash."""

    document: Document
    node: Node
    entries: tuple[Span, ...]
    comments: tuple[Span, ...]  # of the whole text

    @property
    def text(self) -> str:
        """The whole text."""
        return self.document.source.text

    @property
    def has_brackets(self) -> bool:
        """Whether it is in brackets, and not only indented."""
        return self.text[self.node.span[0]] in "[{"

    @property
    def line_break(self) -> str:
        """The line break that the text uses."""
        return "\r\n" if "\r\n" in self.text else "\n"

    def comments_in(self, start: int, end: int) -> list[str]:
        """Return the comments that begin within a span."""
        first = bisect_left(self.comments, (start, 0))
        stop = bisect_left(self.comments, (end, 0))
        return [self.text[slice(*span)] for span in self.comments[first:stop]]

    def is_comment(self, at: int) -> bool:
        """Whether a character is part of a comment."""
        which = bisect_left(self.comments, (at + 1, 0)) - 1
        return which >= 0 and self.comments[which][1] > at

    def line_start(self, at: int) -> int:
        """Find the start of a line."""
        return self.text.rfind("\n", 0, at) + 1

    def before(self, at: int) -> str:
        """Return the text of a line up to an offset."""
        return self.text[self.line_start(at) : at]

    def next_line(self, at: int) -> int:
        """Find the start of the next line, or the end of the text."""
        end = self.text.find("\n", at)
        return len(self.text) if end < 0 else end + 1

    def line_end(self, at: int) -> int:
        """Find the line break of a line, or the end of the text."""
        end = self.text.find("\n", at)
        end = len(self.text) if end < 0 else end
        return end - (self.text[end - 1 : end] == "\r" and end > at)


def collection_at(document: Document, pointer: str) -> Collection | None:
    """Find a mapping or list; None where it is not written there, but repeated by an alias."""
    member = document.find(pointer)
    if not member or member.node.span != member.node.written:
        return None
    node, spans = member.node, []
    if isinstance(node.content, Mapping):
        members = node.content.values()
        spans = [(each.key[0], max(each.key[1], each.node.span[1])) for each in members]
    elif isinstance(node.content, tuple):
        end = node.span[0]
        for item in node.content:
            start = _item_start(document.source.text, node, end, item.span[0])
            end = item.span[1]
            spans.append((start, end))
    else:
        return None
    return Collection(document, node, tuple(spans), comments((document,)))


def _item_start(text: str, node: Node, end: int, start: int) -> int:
    """Find the dash of an item, or what precedes it between brackets: its anchor."""
    if text[node.span[0]] in "[{":
        properties = _PROPERTIES.search(text[end:start])
        return end + properties.start() if properties else start
    if text[end] == "-" and node.span[0] == end:
        return end
    dashes = [match.end() - 1 for match in _DASH.finditer(text, end, start)]
    return dashes[-1] if dashes else start


# Unquoted words that some version of YAML reads as other than a string.
_NOT_A_STRING: Final = re.compile(
    r"(?=.*\d)[-+\d_.,:e ]+|[-+_.,: ]*|0[xob][\da-f_]+|\d{4}-\d\d?-\d\d?.*|[-+]?\.(?:inf|nan)"
    r"|y|yes|n|no|on|off|true|false|null|~",
    re.IGNORECASE,
)

_NOT_PLAIN: Final = re.compile(
    r"[-?](?:\s|\Z)|[,\[\]{}#&*!|>'\"%@`:\s]|\Z|.*(?::(?:\s|\Z)|\s#|[\x00-\x1f\x7f-\x9f]|\s\Z)",
    re.DOTALL,
)

_BRACKET_OR_COMMA: Final = re.compile(r"[,\[\]{}]")


# Some YAML readers end a line at these, even between quotes.
_LINE_ENDS: Final = {0x85: "\\x85", 0x2028: "\\u2028", 0x2029: "\\u2029", 0x7F: "\\x7f"}


def literal(value: Any, syntax: Syntax, like: str = "") -> str:  # noqa: ANN401 - JSON
    """Write a value on one line, in the same quotes as `like`, the text that it replaces."""
    if syntax == "json":
        return json.dumps(value, ensure_ascii=False)
    match value:
        case str():
            return _string(value, like[:1])
        case dict():
            items = value.items()
            members = (f"{literal(key, syntax)}: {literal(each, syntax)}" for key, each in items)
            return f"{{{', '.join(members)}}}"
        case list():
            return f"[{', '.join(literal(each, syntax) for each in value)}]"
        case _:
            return json.dumps(value)


def _string(text: str, quote: str) -> str:
    if quote == "'" and text.isprintable():
        return f"'{text.replace(quote, quote * 2)}'"
    plain = not _NOT_A_STRING.fullmatch(text) and not _NOT_PLAIN.match(text)
    if quote != '"' and plain and not _BRACKET_OR_COMMA.search(text):
        return text
    return quoted(text)


def quoted(text: str) -> str:
    """Write a string in double quotes."""
    return json.dumps(text, ensure_ascii=False).translate(_LINE_ENDS)
