"""Which parts of a remote file are here, and what to request when another is needed."""

from __future__ import annotations

from dataclasses import field
from typing import Final

from wanprep.dataclass import dataclass

# A request costs more time than the bytes: these many hold the headers of most files, and with the
# end of a PNG stay below 128 kB.
HEAD: Final = 60 * 1024
_TAIL: Final = 64 * 1024
_AHEAD: Final = 64 * 1024
_SLACK: Final = 16 * 1024  # behind what was asked for, for what follows it
# The index of a video at its end is needed whole, once its beginning is.
_END: Final = 512 * 1024
_LARGEST: Final = 4 * 2**20


@dataclass(slots=True)
class Parts:
    """The parts of a file that are here: sorted, and without overlap."""

    size: int
    ranges: list[tuple[int, int]] = field(default_factory=list)

    @property
    def complete(self) -> bool:
        """Whether all of the file is here."""
        return self.size == 0 or self.ranges == [(0, self.size)]

    def add(self, start: int, end: int) -> None:
        """Add a part."""
        merged: list[tuple[int, int]] = []
        for each in sorted([*self.ranges, (start, end)]):
            if merged and each[0] <= merged[-1][1]:
                merged[-1] = merged[-1][0], max(merged[-1][1], each[1])
            else:
                merged.append(each)
        self.ranges = merged

    def next_request(self, offset: int, length: int) -> tuple[int, int]:
        """Return the range to request where `length` bytes at `offset` are missing."""
        before = [each for each in self.ranges if each[1] <= offset]
        start, floor = offset, before[-1][1] if before else 0
        # Whoever reads on from what is here probably reads all of it: twice as much each time.
        run = before[-1][1] - before[-1][0] if floor == offset and before else 0
        end = min(max(offset + length + _SLACK, offset + max(_AHEAD, run)), offset + _LARGEST)
        after = [each[0] for each in self.ranges if each[0] > offset]
        if self.size - offset <= _TAIL:
            start, end = max(floor, self.size - _TAIL), self.size
        elif self.size - offset <= _END and not (run or after):
            end = self.size
        return start, min([end, self.size, *after])
