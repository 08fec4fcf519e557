"""Read YAML and JSON files into documents: plain values with their places in the file."""

from __future__ import annotations

import codecs
import os
import stat
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from wanprep.dataclass import dataclass
from wanprep.job.documents.document import MAX_BYTES, BrokenDocument, Document, SourceText
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
    documents: tuple[Document | BrokenDocument, ...]


def read_documents(path: str) -> DocumentFile:
    """Read a file as JSON if its name ends in .json, else as YAML. Never raises: see the result."""
    data = _read_bytes(path)
    if isinstance(data, BrokenDocument):
        return DocumentFile(SourceText(""), (data,))
    source = SourceText(data.removeprefix(codecs.BOM_UTF8).decode("utf-8", "replace"))
    if broken := _not_utf8(data, source):
        return DocumentFile(source, (broken,))
    parsed = parse_documents(source.text, path)
    if parsed.documents:
        return parsed
    return DocumentFile(source, (_broken_file("this file is empty: there is no job in it"),))


def parse_documents(text: str, path: str) -> DocumentFile:
    """Parse the text of a file with this name, which need not exist. It may hold no document."""
    return _parsed(text, is_json=path.lower().endswith(".json"))


@lru_cache(maxsize=64)  # a fix tries the same changes of a text for one target after the other
def _parsed(text: str, *, is_json: bool) -> DocumentFile:
    source = SourceText(text)
    # A character has four bytes at most, and most texts are far too short to count them.
    if len(text) > MAX_BYTES // 4 and (size := len(text.encode(errors="replace"))) > MAX_BYTES:
        return DocumentFile(source, (_too_large(size),))
    return DocumentFile(source, tuple(_parse(source, is_json=is_json)))


def _parse(source: SourceText, *, is_json: bool) -> Iterator[Document | BrokenDocument]:
    if not source.text.strip():
        return
    if is_json:
        from wanprep.job.documents.json_reader import read_json

        yield read_json(source)
    else:
        from wanprep.job.documents.yaml_reader import read_yaml

        yield from read_yaml(source)


def _read_bytes(path: str) -> bytes | BrokenDocument:
    try:
        status = os.stat(path)
        if not stat.S_ISREG(status.st_mode):
            return _broken_file("this is not a regular file")
        if (size := status.st_size) > MAX_BYTES:
            return _too_large(size)
        with open(path, "rb") as file:
            return file.read(MAX_BYTES)
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or str(error)
        return _broken_file(f"this file cannot be read: {why}")


def _not_utf8(data: bytes, source: SourceText) -> BrokenDocument | None:
    """Explain why bytes are not UTF-8 text; None where they are."""
    for mark, name in _OTHER_ENCODINGS:
        if data.startswith(mark):
            return _broken_file(f"this file is written in {name}: save it as UTF-8")
    if b"\0" in data:
        at = source.text.index("\0")
        message = "this is not text, or not in UTF-8: save it as UTF-8 text"
        return BrokenDocument(source.place(at, at + 1), message)
    try:
        data.decode("utf-8")
    except UnicodeDecodeError as error:
        at = len(data[: error.start].removeprefix(codecs.BOM_UTF8).decode("utf-8"))
        byte = f"0x{data[error.start]:02X}"
        message = f"the byte {byte} is not UTF-8, perhaps Latin-1: save it as UTF-8"
        return BrokenDocument(source.place(at, at + 1), message)
    return None


def _too_large(size: int) -> BrokenDocument:
    limit = file_size(MAX_BYTES)
    return _broken_file(f"this file has {file_size(size)}; a job file has at most {limit}")


def _broken_file(message: str) -> BrokenDocument:
    return BrokenDocument(SourceText("").place(0, 0), message)
