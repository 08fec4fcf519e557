"""Where the comments of a YAML text are: they are the author's, and none is ever lost."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

from wanprep.job.documents.document import children

if TYPE_CHECKING:
    from collections.abc import Iterator

    from wanprep.job.documents.document import Document, Node, Span

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
