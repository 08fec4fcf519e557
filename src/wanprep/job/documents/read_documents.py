"""Read a file into documents; a file that is no text, or none at all, is a broken document."""

from __future__ import annotations

import codecs
import os
import stat
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from wanprep.job.documents.document import Broken, Document, SourceText
from wanprep.job.documents.limits import MAX_BYTES
from wanprep.text import file_size

if TYPE_CHECKING:
    from collections.abc import Iterator

_OTHER_ENCODINGS: Final = (
    (codecs.BOM_UTF32_LE, "UTF-32"),
    (codecs.BOM_UTF32_BE, "UTF-32"),
    (codecs.BOM_UTF16_LE, "UTF-16"),
    (codecs.BOM_UTF16_BE, "UTF-16"),
)


@dataclass(frozen=True, slots=True)
class DocumentFile:
    """A file's text and its documents, in their order."""

    source: SourceText
    documents: tuple[Document | Broken, ...]


def read_documents(path: str) -> DocumentFile:
    """Read a file as JSON when its name ends so, and else as YAML. Never raises."""
    data = _read_bytes(path)
    if isinstance(data, Broken):
        return DocumentFile(SourceText(""), (data,))
    source = SourceText(data.removeprefix(codecs.BOM_UTF8).decode("utf-8", "replace"))
    broken = _not_utf8(data, source)
    if broken:
        return DocumentFile(source, (broken,))
    found = read_text(source.text, path)
    if found.documents:
        return found
    return DocumentFile(source, (_broken_file("this file is empty: there is no job in it"),))


def read_text(text: str, path: str) -> DocumentFile:
    """Read the text of a file with this name, which need not exist. It may hold no document."""
    source = SourceText(text)
    return DocumentFile(source, tuple(_read(source, path)))


def _read(source: SourceText, path: str) -> Iterator[Document | Broken]:
    if not source.text.strip():
        return
    if path.lower().endswith(".json"):
        from wanprep.job.documents.json_reader import read_json

        yield read_json(source)
    else:
        from wanprep.job.documents.yaml_reader import read_yaml

        yield from read_yaml(source)


def _read_bytes(path: str) -> bytes | Broken:
    try:
        about = os.stat(path)
        if not stat.S_ISREG(about.st_mode):
            return _broken_file("this is not a file that a job could be read from")
        if about.st_size > MAX_BYTES:
            return _broken_file(f"a job file is a page of text, not {file_size(about.st_size)}")
        with open(path, "rb") as file:
            return file.read(MAX_BYTES)
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or str(error)
        return _broken_file(f"this file cannot be read: {why}")


def _not_utf8(data: bytes, source: SourceText) -> Broken | None:
    """Explain why some bytes are no UTF-8 text, if so."""
    for mark, name in _OTHER_ENCODINGS:
        if data.startswith(mark):
            return _broken_file(f"this file is written in {name}: save it as UTF-8")
    if b"\0" in data:
        at = source.text.index("\0")
        return Broken(
            source.place(at, at + 1), "this is not text, or not in UTF-8: save it as UTF-8 text"
        )
    try:
        data.decode("utf-8")
    except UnicodeDecodeError as error:
        at = len(data[: error.start].removeprefix(codecs.BOM_UTF8).decode("utf-8"))
        return Broken(
            source.place(at, at + 1),
            f"the byte 0x{data[error.start]:02X} is not UTF-8, perhaps Latin-1: save it as UTF-8",
        )
    return None


def _broken_file(message: str) -> Broken:
    return Broken(SourceText("").place(0, 0), message)
