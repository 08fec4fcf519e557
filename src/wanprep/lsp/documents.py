"""The documents that are open in an editor: their texts, paths and changes."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Final
from urllib.parse import unquote, urlsplit

from lsprotocol import types

from wanprep.dataclass import dataclass
from wanprep.job.documents.document import SourceText
from wanprep.lsp.positions import Positions

if TYPE_CHECKING:
    from collections.abc import Sequence

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
