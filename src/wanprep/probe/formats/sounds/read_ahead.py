"""A block of a file at hand for a walk that visits nearly all of it, in steps of any size.

The block itself is shown, for patterns can be searched for in it without copying.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from wanprep.probe.source import Source

BLOCK: Final = 256 * 1024


class ReadAhead:
    """The bytes around the place that a walk has reached."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self.data = b""
        self.base = 0  # where in the file the data begins

    @property
    def at_end(self) -> bool:
        """Tell whether the block reaches to the end of the file."""
        return self.base + len(self.data) >= self._source.size

    def load(self, offset: int, length: int) -> int:
        """Have `length` bytes from `offset` at hand, fewer only at the end of the file.

        Returns where in the data they begin.
        """
        index = offset - self.base
        if index < 0 or (index + length > len(self.data) and not self.at_end):
            self.data = self._source.read_at(offset, BLOCK)
            self.base, index = offset, 0
        return index
