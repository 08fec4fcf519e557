"""Write the new paths of media files into a job."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import count
from typing import TYPE_CHECKING

from wanprep.fix.job.changes import Change, propose_value, value_at
from wanprep.pointers import below

if TYPE_CHECKING:
    from collections.abc import Iterator

    from wanprep.fix.job.judged_document import JudgedDocument
    from wanprep.job.documents.document import Node, Span


def moved_paths(judged: JudgedDocument, moved: Mapping[str, str]) -> Iterator[Change]:
    """Write the new paths of media; pointers are those of the normalized job.

    All of them together at first, since a path that is repeated by an alias is written once.
    """
    proposals = [each for item in moved.items() if (each := _moved_path(judged, *item))]
    if len(proposals) > 1:
        yield Change(
            proposals[0].pointer,
            tuple(each.operations[0] for each in proposals),
            ", ".join(dict.fromkeys(each.words for each in proposals)),
            before=", ".join(dict.fromkeys(each.before for each in proposals)),
            after=", ".join(dict.fromkeys(each.after for each in proposals)),
            keep_if="always",
        )
    yield from proposals


def _moved_path(judged: JudgedDocument, pointer: str, path: str) -> Change | None:
    normal = judged.case.job.document if judged.case else judged.document
    member = normal.find(pointer)
    written = _pointer_of(judged.document.root, member.node.span, "") if member else None
    if written is None or value_at(judged.value, written) == path:
        return None
    words = f"write {path} instead of {value_at(judged.value, written)}"
    return propose_value(judged, written, path, words, keep_if="always")


def _pointer_of(node: Node, span: Span, pointer: str) -> str | None:
    """Find the string that is written at a span."""
    if node.span == span and isinstance(node.content, str):
        return pointer
    names = node.content if isinstance(node.content, Mapping) else count()
    for name, child in zip(names, node.children(), strict=False):
        found = _pointer_of(child, span, below(pointer, name))
        if found is not None:
            return found
    return None
