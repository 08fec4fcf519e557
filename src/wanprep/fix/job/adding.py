"""Write a new entry behind the others of a mapping, laid out as they are."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from wanprep.fix.job.edit import Edit
from wanprep.fix.job.entries import entries_at
from wanprep.fix.job.literal import literal

if TYPE_CHECKING:
    from wanprep.fix.job.entries import Entries
    from wanprep.job.documents.document import Document


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
