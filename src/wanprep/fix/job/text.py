"""The text of a job file: entries, comments, literals, and edits of it."""

from __future__ import annotations

import json
import re
from bisect import bisect_left
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from wanprep.job.documents.document import Member, child_at, children
from wanprep.pointers import steps

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from wanprep.job.documents.document import Document, Node, Span, Syntax


@dataclass(frozen=True, slots=True, order=True)
class Edit:
    """Offsets count the characters of the text before any edit."""

    start: int
    end: int
    text: str = ""


def edited(text: str, edits: Sequence[Edit]) -> str | None:
    """Make all edits at once; None where two of them are about the same characters."""
    pieces: list[str] = []
    end = 0
    for edit in sorted(edits):
        if edit.start < end:
            return None
        pieces += (text[end : edit.start], edit.text)
        end = edit.end
    return "".join([*pieces, text[end:]])


def offset_before(offset: int, edits: Sequence[Edit]) -> int:
    """Find where a character stood before some edits were made."""
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
    """Find all comments in the text that some documents share."""
    if not documents or documents[0].syntax == "json":
        return ()
    text = documents[0].source.text
    written = sorted(span for document in documents for span in _written(document.root, text))
    found: list[Span] = []
    end = 0
    for start, stop in (*written, (len(text), len(text))):
        found += (each.span() for each in _COMMENT.finditer(text, end, max(start, end)))
        end = max(end, stop)
    return tuple(found)


def _written(node: Node, text: str) -> Iterator[Span]:
    """List the stretches in which no comment can be: keys and values."""
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
    for child in children(node):
        yield from _written(child, text)


_DASH: Final = re.compile(r"^[ \t]*-(?=\s)", re.MULTILINE)


_PROPERTIES: Final = re.compile(r"(?:[&!]\S*\s+)*\Z")


@dataclass(frozen=True, slots=True)
class Entries:
    """A collection's entries: each from the first character of its key, or its dash, to its end."""

    document: Document
    node: Node
    spans: tuple[Span, ...]
    comments: tuple[Span, ...]  # of the whole text

    @property
    def text(self) -> str:
        """The text that the offsets count."""
        return self.document.source.text

    @property
    def bracketed(self) -> bool:
        """Whether brackets and commas hold it together, or only its layout."""
        return self.text[self.node.span[0]] in "[{"

    def comments_in(self, start: int, end: int) -> list[str]:
        """Return the comments that begin within a stretch."""
        first = bisect_left(self.comments, (start, 0))
        last = bisect_left(self.comments, (end, 0))
        return [self.text[slice(*span)] for span in self.comments[first:last]]

    def is_comment(self, at: int) -> bool:
        """Tell whether a character stands in a comment."""
        which = bisect_left(self.comments, (at + 1, 0)) - 1
        return which >= 0 and self.comments[which][1] > at

    def before(self, at: int) -> str:
        """Return what stands on a line before a place."""
        return self.text[self.line_start(at) : at]

    def line_start(self, at: int) -> int:
        """Find where the line of a place begins."""
        return self.text.rfind("\n", 0, at) + 1

    def line_end(self, at: int) -> int:
        """Find the end of a place's line: its line break, or the end of the text."""
        end = self.text.find("\n", at)
        end = len(self.text) if end < 0 else end
        return end - (self.text[end - 1 : end] == "\r" and end > at)

    def next_line(self, at: int) -> int:
        """Find where the line behind that of a place begins, or the end of the text."""
        end = self.text.find("\n", at)
        return len(self.text) if end < 0 else end + 1

    @property
    def line_break(self) -> str:
        """The line break that the text uses."""
        return "\r\n" if "\r\n" in self.text else "\n"


def member_at(document: Document, pointer: str) -> Member | None:
    """Find a value together with its key."""
    found: Member | None = Member(document.root.span, document.root)
    for name in steps(pointer):
        found = child_at(found.node, name) if found else None
    return found


def entries_at(document: Document, pointer: str) -> Entries | None:
    """Find the entries of a collection; None where they are not written there, but repeated."""
    member = member_at(document, pointer)
    if not member or member.node.span != member.node.written:
        return None
    node, content = member.node, member.node.content
    known = comments((document,))
    if isinstance(content, Mapping):
        spans = [(each.key[0], max(each.key[1], each.node.span[1])) for each in content.values()]
        return Entries(document, node, tuple(spans), known)
    if not isinstance(content, tuple):
        return None
    whole = Entries(document, node, (), known)
    spans, end = [], node.span[0]
    for item in content:
        start = _item_start(whole, end, item.span[0])
        end = item.span[1]
        spans.append((start, end))
    return Entries(document, node, tuple(spans), known)


def _item_start(entries: Entries, end: int, start: int) -> int:
    """Find the dash of an item, or what stands before it between brackets: its anchor."""
    between = entries.text[end:start]
    if entries.bracketed:
        properties = _PROPERTIES.search(between)
        return end + properties.start() if properties else start
    if entries.text[end] == "-" and entries.node.span[0] == end:
        return end
    dashes = [each.end() - 1 for each in _DASH.finditer(entries.text, end, start)]
    return dashes[-1] if dashes else start


# What a reader of some YAML, old or new, may take for something else than text.
_NO_TEXT: Final = re.compile(
    r"(?=.*\d)[-+\d_.,:e ]+|[-+_.,: ]*|0[xob][\da-f_]+|\d{4}-\d\d?-\d\d?.*|[-+]?\.(?:inf|nan)"
    r"|y|yes|n|no|on|off|true|false|null|~",
    re.IGNORECASE,
)


_NOT_PLAIN: Final = re.compile(
    r"[-?](?:\s|\Z)|[,\[\]{}#&*!|>'\"%@`:\s]|\Z|.*(?::(?:\s|\Z)|\s#|[\x00-\x1f\x7f-\x9f]|\s\Z)",
    re.DOTALL,
)


_OF_FLOW: Final = re.compile(r"[,\[\]{}]")


# Some readers of YAML end a line at these, also between quotes.
_LINE_ENDS: Final = {0x85: "\\x85", 0x2028: "\\u2028", 0x2029: "\\u2029", 0x7F: "\\x7f"}


def literal(value: Any, syntax: Syntax, like: str = "") -> str:  # noqa: ANN401 - JSON
    """Write a value on one line, in the quotes of what stood there before."""
    if syntax == "json":
        return json.dumps(value, ensure_ascii=False)
    match value:
        case str():
            return _text(value, like[:1])
        case dict():
            members = (f"{literal(key, syntax)}: {literal(each, syntax)}"
                       for key, each in value.items())  # fmt: skip
            return f"{{{', '.join(members)}}}"
        case list():
            return f"[{', '.join(literal(each, syntax) for each in value)}]"
        case _:
            return json.dumps(value)


def _text(text: str, quote: str) -> str:
    if quote == "'" and text.isprintable():
        return f"'{text.replace(quote, quote * 2)}'"
    plain = not _NO_TEXT.fullmatch(text) and not _NOT_PLAIN.match(text)
    if quote != '"' and plain and not _OF_FLOW.search(text):
        return text
    return quoted(text)


def quoted(text: str) -> str:
    """Write a text in the quotes that can hold every one of them."""
    return json.dumps(text, ensure_ascii=False).translate(_LINE_ENDS)
