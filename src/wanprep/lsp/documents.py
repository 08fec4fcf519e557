"""The documents that are open in an editor: their texts, paths, changes and positions.

Positions of the protocol count code units, places in a text count characters. Lines end at CR, LF
or both: not at the separators of Unicode at which Python splits lines, too.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Final
from urllib.parse import unquote, urlsplit

from lsprotocol import types

from wanprep.dataclass import dataclass
from wanprep.job.documents.document import SourceText

if TYPE_CHECKING:
    from collections.abc import Sequence

    from wanprep.fix.job.text import Edit
    from wanprep.job.documents.document import Place

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

    def place_of(self, position: types.Position) -> Place:
        """Translate a position to a place without characters."""
        offset = self.offset(position)
        return self.source.place(offset, offset)

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


def contains(place: Place, at: Place) -> bool:
    """Whether a place holds the beginning of another, or ends there."""
    start, end = (place.line, place.column), (place.end_line, place.end_column)
    return start <= (at.line, at.column) <= end


_LANGUAGES: Final = {"json": ".json", "yaml": ".yaml"}


@dataclass(frozen=True, slots=True)
class OpenDocument:
    """One version of a document in the editor."""

    uri: str
    version: int
    text: str
    language: str
    folder: str  # of a document that is no file
    encoding: str = "utf-16"

    @property
    def path(self) -> str:
        """Its path, or that at which an unsaved one would be; the suffix decides its format."""
        if path := path_of(self.uri):
            return path
        name = os.path.basename(self.uri.rpartition(":")[2]) or "untitled"
        is_named = name.lower().endswith((".json", ".yaml", ".yml"))
        suffix = "" if is_named else _LANGUAGES.get(self.language, "")
        return os.path.join(self.folder, name + suffix)


def apply_changes(
    text: str, changes: Sequence[types.TextDocumentContentChangeEvent], encoding: str
) -> str:
    """Make the changes of a client, one after the other."""
    for change in changes:
        if isinstance(change, types.TextDocumentContentChangePartial):
            positions = Positions(SourceText(text), encoding)
            start = positions.offset(change.range.start)
            end = max(start, positions.offset(change.range.end))
            text = text[:start] + change.text + text[end:]
        else:
            text = change.text
    return text


def path_of(uri: str) -> str | None:
    """Return the path of a file: URI; None where a document is no file."""
    try:
        parts = urlsplit(uri)
    except ValueError:
        return None
    if parts.scheme != "file":
        return None
    path = unquote(parts.path, errors="surrogateescape")
    if len(path) > 2 and path[0] == "/" and path[2] == ":":  # /C:/jobs/job.yaml
        path = path[1:]
    path = f"//{parts.netloc}{path}" if parts.netloc not in {"", "localhost"} else path
    return os.path.abspath(path) if path and "\0" not in path else None


def uri_of(path: str) -> str:
    """Return the URI of a file."""
    from pathlib import Path

    return Path(os.path.abspath(path)).as_uri()
