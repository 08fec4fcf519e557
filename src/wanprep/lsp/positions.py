"""Positions of the protocol, which count code units, and places in a text, which count characters.

Lines end at CR, LF or both: not at the separators of Unicode at which Python splits lines, too.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from lsprotocol import types

from wanprep.dataclass import dataclass

if TYPE_CHECKING:
    from collections.abc import Sequence

    from wanprep.fix.job.text import Edit
    from wanprep.job.documents.document import Place, SourceText

_CODECS: Final = {"utf-8": "utf-8", "utf-16": "utf-16-le", "utf-32": "utf-32-le"}
_BYTES: Final = {"utf-8": 1, "utf-16": 2, "utf-32": 4}


@dataclass(frozen=True, slots=True)
class Positions:
    """Translates between a text and the positions of a client."""

    source: SourceText
    encoding: str

    def position(self, line: int, column: int) -> types.Position:
        """Translate a line and a column, from 1 in characters."""
        before = self.source.line_text(line)[: column - 1]
        units = len(before.encode(_CODECS[self.encoding], "surrogatepass"))
        return types.Position(line - 1, units // _BYTES[self.encoding])

    def offset(self, position: types.Position) -> int:
        """Translate a position to an offset of characters; one past a line is at its end."""
        line = position.line + 1
        data = self.source.line_text(line).encode(_CODECS[self.encoding], "surrogatepass")
        head = data[: position.character * _BYTES[self.encoding]]
        column = len(head.decode(_CODECS[self.encoding], "ignore")) + 1
        return self.source.offset(line, column)

    def range_of(self, place: Place) -> types.Range:
        """Translate a place."""
        return types.Range(
            self.position(place.line, place.column), self.position(place.end_line, place.end_column)
        )

    def span(self, start: int, end: int) -> types.Range:
        """Translate a span of offsets."""
        return self.range_of(self.source.place(start, end))

    def text_edits(self, edits: Sequence[Edit]) -> list[types.TextEdit]:
        """Translate edits of the text."""
        return [
            types.TextEdit(self.span(each.start, each.end), each.text) for each in sorted(edits)
        ]


def contains(place: Place, line: int, column: int) -> bool:
    """Whether a place holds another, or ends there."""
    start, end = (place.line, place.column), (place.end_line, place.end_column)
    return start <= (line, column) <= end
