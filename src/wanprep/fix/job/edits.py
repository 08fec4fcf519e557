"""Write operations into the text of a job file, and change nothing else in it."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from wanprep.dataclass import dataclass
from wanprep.fix.job.changes import Add, Drop, Put, Rename, Respell, apply_operations, is_applicable
from wanprep.fix.job.predicted_draft import predict_document
from wanprep.fix.job.text import Edit, apply_edits, collection_at, comments, literal, quoted
from wanprep.job.documents import parse_documents
from wanprep.job.documents.character_spans import character_spans
from wanprep.job.documents.document import Document
from wanprep.pointers import last, parent

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from wanprep.fix.job.changes import Operation
    from wanprep.fix.job.text import Collection
    from wanprep.job.documents import DocumentFile
    from wanprep.job.documents.document import Node

Edits = list[Edit]
_LINE: Final = re.compile(r"\n(?=[^\r\n])")


@dataclass(frozen=True, slots=True)
class Draft:
    """A text, and the documents that were read from it."""

    text: str
    file: str  # the name decides how it is read
    documents: tuple[Document, ...]

    @property
    def comments(self) -> list[str]:
        """The text of each comment, sorted."""
        return sorted(self.text[slice(*span)] for span in comments(self.documents))


def parse_draft(text: str, file: str) -> Draft | None:
    """Read a text; None where a document in it is broken."""
    return draft_of(parse_documents(text, file), file)


def draft_of(parsed: DocumentFile, file: str) -> Draft | None:
    """Make a draft of parsed documents; None where one of them is broken."""
    documents = tuple(each for each in parsed.documents if isinstance(each, Document))
    is_complete = len(documents) == len(parsed.documents)
    return Draft(parsed.source.text, file, documents) if is_complete else None


def write_operations(
    draft: Draft, index: int, operations: Sequence[Operation], *, predict: bool = False
) -> tuple[Draft, Edits] | None:
    """Write operations into a document; None if that changes another value or loses a comment.

    With `predict`, a text is not read where it is certain what it would be read as.
    """
    values = [each.value for each in draft.documents]
    if not all(is_applicable(values[index], each) for each in operations):
        return None
    possible = [*possible_edits(draft.documents[index], operations)]
    if predict and possible and (after := _predict(draft, operations, possible[0])):
        return after, possible[0]
    apply_operations(values[index], operations)
    expected = [json.dumps(value) for value in values]
    for edits in possible:
        text = apply_edits(draft.text, edits)
        after = parse_draft(text, draft.file) if text is not None else None
        if (
            after
            and [json.dumps(each.value) for each in after.documents] == expected
            and after.comments == draft.comments
        ):
            return after, edits
    return None


def _predict(draft: Draft, operations: Sequence[Operation], edits: Edits) -> Draft | None:
    text = apply_edits(draft.text, edits)
    if text is None or len(draft.documents) != 1 or len(operations) != 1:
        return None
    after = predict_document(draft.documents[0], operations[0], edits, text)
    return Draft(text, draft.file, (after,)) if after else None


def possible_edits(document: Document, operations: Sequence[Operation]) -> Iterator[Edits]:
    """List ways to write operations together, the most faithful first; none is verified."""
    ways = [_ways(document, operation) for operation in operations]
    if all(ways):
        for rank in range(max(map(len, ways))):
            yield [edit for way in ways for edit in way[min(rank, len(way) - 1)]]


def _ways(document: Document, operation: Operation) -> list[Edits]:
    match operation:
        case Add(pointer, key, value):
            edits = _add(document, pointer, key, value)
            return [edits] if edits else []
        case Drop(pointer):
            edits = _drop(document, pointer)
            return [edits] if edits else []
    member = document.find(operation.pointer)
    if member is None:
        return []
    match operation:
        case Put(value=value):
            return _put(document, member.node, value)
        case Respell():
            return _respell(document, member.node, operation)
        case Rename(key=key):
            before = document.source.text[slice(*member.key)]
            return [[Edit(*member.key, literal(key, document.syntax, before))]]


def _put(document: Document, node: Node, value: Any) -> list[Edits]:  # noqa: ANN401 - JSON
    text, (start, end) = document.source.text, node.span
    lead = " " if start == end and text[start - 1 : start] == ":" else ""
    ways = [[Edit(start, end, lead + literal(value, document.syntax, text[start:end]))]]
    if isinstance(value, list | dict) and len(value) == 1:
        ways.insert(0, _wrap(document, node, value))
    if isinstance(value, str):
        ways.append([Edit(start, end, lead + quoted(value))])
    return ways


def _wrap(document: Document, node: Node, value: list[Any] | dict[str, Any]) -> Edits:
    """Put the old value into a list or a mapping, as it is written."""
    start, end = node.span
    text = document.source.text[start:end]
    if isinstance(value, dict):
        key = literal(next(iter(value)), document.syntax)
        return [Edit(start, start, f"{{{key}: "), Edit(end, end, "}")]
    if not isinstance(node.content, tuple | Mapping) or text[:1] in "[{":
        return [Edit(start, start, "["), Edit(end, end, "]")]
    lines = (start + match.end() for match in _LINE.finditer(text))
    return [Edit(start, start, "- "), *(Edit(at, at, "  ") for at in lines)]


def _respell(document: Document, node: Node, operation: Respell) -> list[Edits]:
    if not isinstance(node.content, str):
        return []
    whole = Edit(*node.span, quoted(operation.apply(node.content)))
    begin = node.written[0]
    if node.span[0] != begin:  # an alias; the text is written elsewhere
        return [[whole]]
    raw = document.source.text[slice(*node.written)]
    ways: list[Edits] = []
    if spans := character_spans(raw, node.content):
        ways.append([
            Edit(begin + spans[start][0], begin + spans[end - 1][1], text)
            for (start, end), text in operation.replacements
        ])  # fmt: skip
    if document.syntax == "json" or raw[:1] not in "|>":
        ways.append([whole])
    return ways


def _add(document: Document, pointer: str, key: str, value: Any) -> Edits | None:  # noqa: ANN401
    """Add an entry; None where there is no mapping in the text to add it to."""
    mapping = collection_at(document, pointer)
    if mapping is None:
        return None
    entry = f"{literal(key, document.syntax)}: {literal(value, document.syntax)}"
    if not mapping.entries:
        start = mapping.node.span[0] + 1
        return [Edit(start, start, entry)]
    start, end = mapping.entries[-1]
    indent = mapping.before(start)
    if mapping.has_brackets:  # on a new line if the last entry is
        gap = " " if indent.strip() else f"{mapping.line_break}{indent}"
        return [Edit(end, end, f",{gap}{entry}")]
    indent = " " * len(mapping.before(mapping.entries[0][0]))
    end = mapping.line_end(end)
    return [Edit(end, end, f"{mapping.line_break}{indent}{entry}")]


def _drop(document: Document, pointer: str) -> Edits | None:
    """Remove an entry; None where its lines hold another."""
    collection = collection_at(document, parent(pointer))
    if collection is None:
        return None
    name, content = last(pointer), collection.node.content
    index = list(content).index(name) if isinstance(content, Mapping) else int(name)
    drop = _drop_in_brackets if collection.has_brackets else _drop_indented
    return drop(collection, index)


def _drop_indented(collection: Collection, index: int) -> Edits | None:
    start, end = collection.entries[index]
    if not collection.before(start).strip():
        return [_drop_lines(collection, start, end)]
    if index + 1 == len(collection.entries) or collection.text[start] == "-":
        return None
    # The first key behind a dash: the next one takes its place.
    following = collection.entries[index + 1][0]
    return [Edit(start, end if collection.comments_in(end, following) else following)]


def _drop_lines(collection: Collection, start: int, end: int) -> Edit:
    """Remove all lines of an entry. A comment on them gets a line of its own."""
    begin, stop = collection.line_start(start), collection.next_line(end)
    kept = collection.comments_in(start, collection.line_end(end) + 1)
    indent = collection.before(start)
    lines = "".join(f"{indent}{comment}{collection.line_break}" for comment in kept)
    if stop == len(collection.text) and not collection.text.endswith("\n"):
        if lines:
            lines = lines.rstrip("\r\n")
        else:
            begin = len(collection.text[:begin].removesuffix("\n").removesuffix("\r"))
    return Edit(begin, stop, lines)


def _drop_in_brackets(collection: Collection, index: int) -> Edits:
    start, end = collection.entries[index]
    is_last = index + 1 == len(collection.entries)
    following = collection.node.span[1] - 1 if is_last else collection.entries[index + 1][0]
    comma = _comma(collection, end, following)
    edits = []
    if comma is None and index:
        before = _comma(collection, collection.entries[index - 1][1], start)
        if before is None:
            return []
        if not collection.comments_in(before, start) and not _is_alone(collection, start, end):
            return [Edit(before, end)]
        edits.append(Edit(before, before + 1))
    stop = end if comma is None else comma + 1
    if _is_alone(collection, start, stop):
        return [*edits, _drop_lines(collection, start, stop)]
    if comma is not None and not is_last and not collection.comments_in(start, following):
        stop = following
    return [*edits, Edit(start, stop)]


def _comma(collection: Collection, start: int, end: int) -> int | None:
    places = (at for at in range(start, end) if collection.text[at] == ",")
    return next((at for at in places if not collection.is_comment(at)), None)


def _is_alone(collection: Collection, start: int, end: int) -> bool:
    """Whether nothing but a comment stands beside an entry on its lines."""
    after = collection.text[end : collection.line_end(end)].lstrip()
    begin = collection.line_end(end) - len(after)
    return not collection.before(start).strip() and (
        not after.strip() or collection.is_comment(begin)
    )
