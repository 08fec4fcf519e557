"""Operations as edits of the text: the ways to write them, the most faithful first."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from wanprep.fix.job.adding import added
from wanprep.fix.job.dropping import dropped
from wanprep.fix.job.edit import Edit
from wanprep.fix.job.entries import member_at
from wanprep.fix.job.literal import literal, quoted
from wanprep.fix.job.operations import Add, Drop, Operation, Put, Rename, Respell
from wanprep.job.documents.character_spans import character_spans

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from wanprep.job.documents.document import Document, Node

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
