"""Write where a job's media are now."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wanprep.fix.job.changes import Proposal, Put, at
from wanprep.job.documents.document import child_at, children
from wanprep.pointers import below, steps

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from wanprep.fix.job.findings import Look
    from wanprep.job.documents.document import Node, Span


def moves(look: Look, moved: Mapping[str, str]) -> Iterator[Proposal]:
    """Write new paths; the pointers are those of the media in the job as it is meant.

    All of them together at first, since a path that is repeated by an alias is written once.
    """
    found = [each for pointer, path in moved.items() if (each := _move(look, pointer, path))]
    if len(found) > 1:
        yield Proposal(
            pointer=found[0].pointer,
            operations=tuple(each.operations[0] for each in found),
            words=", ".join(dict.fromkeys(each.words for each in found)),
            safety="safe",
            rules=(),
            before=", ".join(dict.fromkeys(each.before for each in found)),
            after=", ".join(dict.fromkeys(each.after for each in found)),
            promise="anything",
        )
    yield from found


def _move(look: Look, pointer: str, path: str) -> Proposal | None:
    node = look.case.job.document.root if look.case else look.document.root
    for name in steps(pointer):
        member = child_at(node, name)
        if member is None:
            return None
        node = member.node
    written = _pointer_of(look.document.root, node.span, "")
    if written is None or at(look.value, written) == path:
        return None
    before = str(at(look.value, written))
    return Proposal(
        pointer=written,
        operations=(Put(written, path),),
        words=f"write {path} instead of {before}",
        safety="safe",
        rules=(),
        before=before,
        after=path,
        promise="anything",
    )


def _pointer_of(node: Node, span: Span, pointer: str) -> str | None:
    """Find the value that is written at a place."""
    if node.span == span and isinstance(node.content, str):
        return pointer
    names = node.content if isinstance(node.content, dict) else range(len([*children(node)]))
    for name, child in zip(names, children(node), strict=True):
        found = _pointer_of(child, span, below(pointer, name))
        if found is not None:
            return found
    return None
