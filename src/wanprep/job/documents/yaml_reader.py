"""Read the documents of a YAML file."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from wanprep.job.documents.document import BrokenDocument, DocumentError, ValueCounter
from wanprep.job.documents.simple_yaml import read_simple

if TYPE_CHECKING:
    from collections.abc import Iterator

    from wanprep.job.documents.document import Document, SourceText, Span

# Three dashes at the beginning of a line always begin a document, whatever is open, and take
# the directives above them along.
_DOCUMENT: Final = re.compile(
    r"^(?:%[^\n]*\n(?:[%#][^\n]*\n|[ \t\r]*\n)*)?---(?=\s|\Z)", re.MULTILINE
)


def read_yaml(source: SourceText) -> Iterator[Document | BrokenDocument]:
    """Read all documents; a broken one does not hide the others."""
    counter = ValueCounter()
    for begin, end in document_spans(source.text):
        try:
            counter.count((begin, begin), depth=0)
            if (found := read_simple(source, (begin, end))) is not None:
                yield from found
                continue
            from wanprep.job.documents.full_yaml import read_full

            yield from read_full(source, (begin, end), counter)
        except DocumentError as error:
            yield BrokenDocument(source.place(*error.span), error.message)
        if counter.is_exceeded:
            return


def document_spans(text: str) -> Iterator[Span]:
    """Cut a file into sections where documents begin; each is read by itself."""
    begins = [match.start() for match in _DOCUMENT.finditer(text)]
    yield from zip([0, *begins], [*begins, len(text)], strict=True)
