"""Operations as edits of the text: the ways to write them, the most faithful first."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from wanprep.fix.job.changes import Add, Drop, Operation, Put, Rename, Respell
from wanprep.fix.job.text import Edit, Entries, entries_at, literal, member_at, quoted
from wanprep.job.documents.character_spans import character_spans
from wanprep.pointers import last, parent

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from wanprep.job.documents.document import Document, Node


def added(document: Document, pointer: str, key: str, value: Any) -> list[Edit] | None:  # noqa: ANN401 - JSON
    """Tell how to add an entry; None where there is no mapping in the text to add it to."""
    entries = entries_at(document, pointer)
    if entries is None:
        return None
    entry = f"{literal(key, document.syntax)}: {literal(value, document.syntax)}"
    if not entries.spans:
        return [Edit(entries.node.span[0] + 1, entries.node.span[0] + 1, entry)]
    first, (last, end) = entries.spans[0], entries.spans[-1]
    if not entries.bracketed:
        at = entries.line_end(end)
        indent = " " * len(entries.before(first[0]))
        return [Edit(at, at, f"{entries.line_break}{indent}{entry}")]
    return [Edit(end, end, f",{_gap(entries, last)}{entry}")]


def _gap(entries: Entries, last: int) -> str:
    """Begin a new line where the last entry did."""
    before = entries.before(last)
    return " " if before.strip() else f"{entries.line_break}{before}"


def dropped(document: Document, pointer: str) -> list[Edit] | None:
    """Tell how to leave out an entry; None where its lines cannot be told from others."""
    entries = entries_at(document, parent(pointer))
    name = last(pointer)
    if entries is None:
        return None
    keys = list(entries.node.content) if isinstance(entries.node.content, dict) else []
    index = keys.index(name) if keys else int(name)
    return _of_brackets(entries, index) if entries.bracketed else _of_layout(entries, index)


def _of_layout(entries: Entries, index: int) -> list[Edit] | None:
    start, end = entries.spans[index]
    if not entries.before(start).strip():
        return [_lines(entries, start, end)]
    if index + 1 == len(entries.spans) or entries.text[start] == "-":
        return None
    # The first key behind a dash: the next one takes its place.
    following = entries.spans[index + 1][0]
    return [Edit(start, end if entries.comments_in(end, following) else following)]


def _lines(entries: Entries, start: int, end: int) -> Edit:
    """Remove all lines of an entry. A comment on them gets a line of its own."""
    begin, stop = entries.line_start(start), entries.next_line(end)
    indent = entries.before(start)
    kept = entries.comments_in(start, entries.line_end(end) + 1)
    lines = [f"{indent}{comment}{entries.line_break}" for comment in kept]
    if stop == len(entries.text) and entries.text[-1:] != "\n":  # the new last line has no end too
        before = entries.text[:begin].removesuffix("\n").removesuffix("\r")
        begin = begin if lines else len(before)
        lines[-1:] = [line.rstrip("\r\n") for line in lines[-1:]]
    return Edit(begin, stop, "".join(lines))


def _of_brackets(entries: Entries, index: int) -> list[Edit]:
    start, end = entries.spans[index]
    last = index + 1 == len(entries.spans)
    following = entries.node.span[1] - 1 if last else entries.spans[index + 1][0]
    comma = _comma(entries, end, following)
    edits = []
    if comma is None and index:
        before = entries.spans[index - 1][1]
        at = _comma(entries, before, start)
        if at is None:
            return []
        if not entries.comments_in(at, start) and not _alone(entries, start, end):
            return [Edit(at, end)]
        edits.append(Edit(at, at + 1))
    stop = end if comma is None else comma + 1
    if _alone(entries, start, stop):
        return [*edits, _lines(entries, start, stop)]
    if comma is not None and not last and not entries.comments_in(start, following):
        stop = following
    return [*edits, Edit(start, stop)]


def _comma(entries: Entries, start: int, end: int) -> int | None:
    places = (at for at in range(start, end) if entries.text[at] == ",")
    return next((at for at in places if not entries.is_comment(at)), None)


def _alone(entries: Entries, start: int, end: int) -> bool:
    """Tell whether nothing but a comment stands beside an entry on its lines."""
    behind = entries.text[end : entries.line_end(end)].strip()
    begins = entries.line_end(end) - len(entries.text[end : entries.line_end(end)].lstrip())
    return not entries.before(start).strip() and (not behind or entries.is_comment(begins))


_LINE: Final = re.compile(r"\n(?=[^\r\n])")


Ways = list[list[Edit]]


def ways(document: Document, operations: Sequence[Operation]) -> Iterator[list[Edit]]:
    """Offer ways to write some operations together; the text must be read again to be sure."""
    each = [_ways(document, operation) for operation in operations]
    if all(each):
        for turn in range(max(map(len, each))):
            yield [edit for way in each for edit in way[min(turn, len(way) - 1)]]


def _ways(document: Document, operation: Operation) -> Ways:
    match operation:
        case Put(pointer, value):
            member = member_at(document, pointer)
            return _put(document, member.node, value) if member else []
        case Respell(pointer):
            member = member_at(document, pointer)
            return _respelt(document, member.node, operation) if member else []
        case Rename(pointer, key):
            return _renamed(document, pointer, key)
        case Drop(pointer):
            edits = dropped(document, pointer)
        case Add(pointer, key, value):
            edits = added(document, pointer, key, value)
    return [edits] if edits else []


def _put(document: Document, node: Node, value: Any) -> Ways:  # noqa: ANN401 - JSON
    text, (start, end) = document.source.text, node.span
    before = text[start:end]
    lead = " " if start == end and text[start - 1 : start] == ":" else ""
    found: Ways = []
    if isinstance(value, list | dict) and len(value) == 1:
        found += _wrapped(document, node, value)
    found.append([Edit(start, end, lead + literal(value, document.syntax, before))])
    if isinstance(value, str):
        found.append([Edit(start, end, lead + quoted(value))])
    return found


def _wrapped(document: Document, node: Node, value: list[Any] | dict[str, Any]) -> Ways:
    """Put a value into a list or an object as it is written, if that is all that happens to it."""
    start, end = node.span
    text = document.source.text[start:end]
    indented = isinstance(node.content, tuple | Mapping) and text[:1] not in "[{"
    if isinstance(value, dict):
        key = literal(next(iter(value)), document.syntax)
        return [[Edit(start, start, f"{{{key}: "), Edit(end, end, "}")]]
    if not indented:
        return [[Edit(start, start, "["), Edit(end, end, "]")]]
    deeper = [Edit(start + each.end(), start + each.end(), "  ") for each in _LINE.finditer(text)]
    return [[Edit(start, start, "- "), *deeper]]


def _respelt(document: Document, node: Node, operation: Respell) -> Ways:
    if not isinstance(node.content, str):
        return []
    whole = quoted(operation.text(node.content))
    if node.span[0] != node.written[0]:  # repeated here, and written elsewhere
        return [[Edit(*node.span, whole)]]
    raw = document.source.text[slice(*node.written)]
    spans = character_spans(raw, node.content)
    begin = node.written[0]
    found: Ways = []
    if spans:
        found.append([
            Edit(begin + spans[start][0], begin + spans[end - 1][1], text)
            for (start, end), text in operation.pieces
        ])  # fmt: skip
    if document.syntax == "json" or raw[:1] not in "|>":
        found.append([Edit(*node.span, whole)])
    return found


def _renamed(document: Document, pointer: str, key: str) -> Ways:
    member = member_at(document, pointer)
    if member is None:
        return []
    before = document.source.text[slice(*member.key)]
    return [[Edit(*member.key, literal(key, document.syntax, before))]]
