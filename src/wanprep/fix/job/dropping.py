"""Leave an entry out of a text: with its comma or its lines, but without its comments."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wanprep.fix.job.edit import Edit
from wanprep.fix.job.entries import Entries, entries_at
from wanprep.pointers import last, parent

if TYPE_CHECKING:
    from wanprep.job.documents.document import Document


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
