"""The entries of a mapping or a list, and how they lie in the text."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from wanprep.fix.job.comments import comments
from wanprep.job.documents.document import Member, child_at
from wanprep.pointers import steps

if TYPE_CHECKING:
    from wanprep.job.documents.document import Document, Node, Span

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
