"""A source for those who go from one small header to the next."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from wanprep.probe.source import Source

# Small enough not to read what lies between headers, large enough for some in a row.
_WINDOW: Final = 2048


class Windowed:
    """A source that answers small reads out of the last piece it fetched."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._base = 0
        self._window = b""
        self.size = source.size

    def read_at(self, offset: int, length: int) -> bytes:
        """Return `length` bytes from `offset` on, fewer only where the bytes end."""
        start = offset - self._base
        if start < 0 or start + length > len(self._window):
            self._window = self._source.read_at(offset, max(length, _WINDOW))
            self._base, start = offset, 0
        return self._window[start : start + length]
