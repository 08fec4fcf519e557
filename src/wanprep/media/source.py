"""Sources of bytes with random access.

Readers request bytes at an offset and nothing else, so local files and remote files that answer
range requests are read by the same code.
"""

from __future__ import annotations

import io
import os
from typing import TYPE_CHECKING, Protocol

from wanprep.closing import Closing

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from _typeshed import WriteableBuffer


class Source(Protocol):
    """What every reader of media reads from."""

    @property
    def size(self) -> int:
        """The number of bytes."""
        ...

    def read_at(self, offset: int, length: int) -> bytes:
        """Return `length` bytes from `offset` on, fewer only at the end."""
        ...


class UrlReadError(OSError):
    """A URL cannot be read; the message becomes the `problem` in its facts."""


class BytesMissing(UrlReadError):
    """A part of a remote file that is needed has not been downloaded."""


class LocalFile(Closing):
    """A local file."""

    def __init__(self, path: str) -> None:
        self.path = path
        # O_NONBLOCK: if a pipe took the place of the file since the check, opening it must
        # not wait for a writer.
        flags = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
        self._fd = os.open(path, flags)
        self.size = os.fstat(self._fd).st_size

    def read_at(self, offset: int, length: int) -> bytes:
        """Return `length` bytes from `offset` on, fewer only at the end."""
        if offset < 0 or length <= 0:
            return b""
        pieces = []
        while length > 0:
            piece = read_from(self._fd, length, offset)
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


def read_from(descriptor: int, length: int, offset: int) -> bytes:
    """Read a part of a file, as `os.pread` does where there is one."""
    if hasattr(os, "pread"):
        return os.pread(descriptor, length, offset)
    os.lseek(descriptor, offset, os.SEEK_SET)  # Windows
    return os.read(descriptor, length)


class Bytes:
    """Bytes in memory as a source."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self.size = len(data)

    def read_at(self, offset: int, length: int) -> bytes:
        """Return `length` bytes from `offset` on, fewer only at the end."""
        if offset < 0 or length <= 0:
            return b""
        return self._data[offset : offset + length]


class PartialFile(LocalFile):
    """A remote file of which some parts were downloaded, each to its place in a local file."""

    def __init__(self, path: str, size: int, parts: Iterable[tuple[int, int]]) -> None:
        super().__init__(path)
        self.size = size
        self._parts = tuple(parts)
        # Remembered, because a library may hide the exception.
        self.missing: tuple[int, int] | None = None  # offset and length

    def read_at(self, offset: int, length: int) -> bytes:
        """Return `length` bytes from `offset` on; BytesMissing where they are not here."""
        end = min(offset + length, self.size)
        if offset < 0 or end <= offset:
            return b""
        held = self.at_hand(offset)
        if offset + held < end:
            self.missing = self.missing or (offset + held, end - offset - held)
            raise BytesMissing("a part of it was not downloaded")
        return super().read_at(offset, end - offset)

    def at_hand(self, offset: int) -> int:
        """Return how many bytes from `offset` on are here."""
        return next((end - offset for start, end in self._parts if start <= offset < end), 0)


def at_hand(source: Source, offset: int) -> int:
    """Return how many bytes from `offset` on can be read without a request to a server.

    Readers ask where more bytes would only make facts more precise.
    """
    if isinstance(source, PartialFile):
        return source.at_hand(offset)
    return max(0, source.size - offset)


class _SourceFile(io.RawIOBase):
    """A source as a raw file object."""

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
            raise ValueError("negative file offset")
        self._at = base + offset
        return self._at

    def readinto(self, buffer: WriteableBuffer) -> int:
        view = memoryview(buffer).cast("B")
        # The buffer is larger than what is needed; a server is only asked for what is needed.
        held = at_hand(self._source, self._at)
        data = self._source.read_at(self._at, min(len(view), held or len(view)))
        view[: len(data)] = data
        self._at += len(data)
        return len(data)


def as_file(source: Source, buffer_size: int = 16 * 1024) -> io.BufferedReader:
    """Open a source for a library that reads file objects (Pillow, libmediainfo)."""
    return io.BufferedReader(_SourceFile(source), buffer_size)


def blocks(source: Source, start: int = 0, size: int = 256 * 1024) -> Iterator[tuple[int, bytes]]:
    """Yield the bytes from `start` on as (offset, block)."""
    offset = start
    while block := source.read_at(offset, size):
        yield offset, block
        offset += len(block)
