"""Sources of bytes: what every reader of media reads from.

A reader requests some bytes at some offset and nothing else, so a local file and a remote
one that answers range requests are read by the same code.
"""

from __future__ import annotations

import io
import os
from typing import TYPE_CHECKING, Protocol

from wanprep.closing import Closing

if TYPE_CHECKING:
    from collections.abc import Iterator

    from _typeshed import WriteableBuffer


class Source(Protocol):
    """Bytes with random access."""

    @property
    def size(self) -> int:
        """Return how many bytes there are."""
        ...

    def read_at(self, offset: int, length: int) -> bytes:
        """Return `length` bytes from `offset` on, fewer only where the bytes end."""
        ...


class Unreached(OSError):
    """A URL cannot be read; the message becomes its `problem`."""


class LocalFile(Closing):
    """A file on this machine, read at any place without moving a shared position."""

    def __init__(self, path: str) -> None:
        self.path = path
        # O_NONBLOCK: should a pipe have taken the file's place since it was looked at,
        # opening must not wait for a writer that never comes.
        flags = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
        self._fd = os.open(path, flags)
        self.size = os.fstat(self._fd).st_size

    def read_at(self, offset: int, length: int) -> bytes:
        """Return `length` bytes from `offset` on, fewer only where the file ends."""
        if offset < 0 or length <= 0:
            return b""
        pieces = []
        while length > 0:
            piece = os.pread(self._fd, length, offset)
            if not piece:
                break
            pieces.append(piece)
            offset += len(piece)
            length -= len(piece)
        return pieces[0] if len(pieces) == 1 else b"".join(pieces)

    def close(self) -> None:
        """Close the file."""
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1


class Bytes:
    """Bytes that are in memory already: a file inside a file, a reply, a test."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self.size = len(data)

    def read_at(self, offset: int, length: int) -> bytes:
        """Return `length` bytes from `offset` on, fewer only where the data ends."""
        if offset < 0 or length <= 0:
            return b""
        return self._data[offset : offset + length]


class _SourceFile(io.RawIOBase):
    """A source as the file object that libraries want."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._at = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._at

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._source.size}[whence]
        if base + offset < 0:
            raise ValueError("a negative place in a file")
        self._at = base + offset
        return self._at

    def readinto(self, buffer: WriteableBuffer) -> int:
        view = memoryview(buffer).cast("B")
        data = self._source.read_at(self._at, len(view))
        view[: len(data)] = data
        self._at += len(data)
        return len(data)


def as_file(source: Source, buffer_size: int = 16 * 1024) -> io.BufferedReader:
    """Present a source to a library that reads file objects (Pillow, libmediainfo)."""
    return io.BufferedReader(_SourceFile(source), buffer_size)


def blocks(source: Source, start: int = 0, size: int = 256 * 1024) -> Iterator[tuple[int, bytes]]:
    """Walk the bytes from `start` on, one (offset, block) after the other."""
    offset = start
    while block := source.read_at(offset, size):
        yield offset, block
        offset += len(block)
