"""A stretch of a job file under repair: its text, read again after every change."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from wanprep.fix.job.comments import comments
from wanprep.fix.job.edit import Edit, edited
from wanprep.fix.job.operations import performed
from wanprep.fix.job.writing import ways
from wanprep.job.documents.document import Document
from wanprep.job.documents.read_documents import read_text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from wanprep.fix.job.operations import Operation


@dataclass(frozen=True, slots=True)
class Draft:
    """A text, and the documents that were read from it."""

    text: str
    file: str  # the name decides how it is read
    documents: tuple[Document, ...]

    @property
    def comments(self) -> list[str]:
        """All comments, by their words."""
        return sorted(self.text[slice(*span)] for span in comments(self.documents))


def draft(text: str, file: str) -> Draft | None:
    """Read a text; None where something in it cannot be read, which must not be touched."""
    found = read_text(text, file).documents
    documents = tuple(each for each in found if isinstance(each, Document))
    return Draft(text, file, documents) if len(documents) == len(found) else None


def attempt(
    before: Draft, index: int, operations: Sequence[Operation]
) -> tuple[Draft, list[Edit]] | None:
    """Write operations into a document, if that can be done without changing anything else."""
    document = before.documents[index]
    values = [each.value for each in before.documents]
    values[index] = performed(values[index], operations)
    for edits in ways(document, operations):
        text = edited(before.text, edits)
        after = draft(text, before.file) if text is not None else None
        if after and _same(after, values) and after.comments == before.comments:
            return after, edits
    return None


def _same(after: Draft, values: list[object]) -> bool:
    """Tell whether a text says some values, in their order and of their types."""
    return [json.dumps(each.value) for each in after.documents] == [*map(json.dumps, values)]
