"""Bytes that are written now and read later: in memory while they are few, else on the disk."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, BinaryIO, Final

from wanprep.closing import Closing

if TYPE_CHECKING:
    from collections.abc import Iterator

_IN_MEMORY: Final = 1 << 20
_BLOCK: Final = 1 << 16


class Spool(Closing):
    """A file without a name; it may be read several times."""

    def __init__(self) -> None:
        self._file: BinaryIO = io.BytesIO()
        self._length = 0

    def write(self, data: bytes) -> None:
        """Add to the end."""
        before, self._length = self._length, self._length + len(data)
        if before <= _IN_MEMORY < self._length:
            self._move_to_disk()
        self._file.write(data)

    def _move_to_disk(self) -> None:
        from tempfile import TemporaryFile  # as slow to import as a small check

        memory, self._file = self._file, TemporaryFile("w+b")  # noqa: SIM115 - closed with this
        memory.seek(0)
        self._file.write(memory.read())

    def write_text(self, text: str) -> None:
        """Add a text to the end."""
        self.write(text.encode("utf-8", "surrogatepass"))

    def open(self) -> BinaryIO:
        """Return the file at its beginning, to be read; nothing may be written after that."""
        self._file.seek(0)
        return self._file

    def texts(self) -> Iterator[str]:
        """Read what `write_text` wrote, in lines."""
        for line in self.open():
            yield line.decode("utf-8", "surrogatepass")

    def close(self) -> None:
        """Free the memory or the file."""
        self._file.close()
