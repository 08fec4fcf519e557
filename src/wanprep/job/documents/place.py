"""Where something stands in a file, in the words people and editors use."""

from __future__ import annotations

import re
from bisect import bisect_right
from dataclasses import dataclass, field
from typing import Final

# What editors count as the end of a line; Unicode's other separators they leave alone.
_LINE_BREAK: Final = re.compile(r"\r\n|\n|\r")


@dataclass(frozen=True, slots=True)
class Place:
    """A stretch of a file: lines and columns from 1, in characters; the end is one past."""

    line: int
    column: int
    end_line: int
    end_column: int


@dataclass(frozen=True, slots=True)
class SourceText:
    """A file's text, which can tell where its characters stand."""

    text: str
    _starts: tuple[int, ...] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        starts = (0, *(found.end() for found in _LINE_BREAK.finditer(self.text)))
        object.__setattr__(self, "_starts", starts)

    def place(self, start: int, end: int) -> Place:
        """Translate offsets of characters."""
        return Place(*self._line_and_column(start), *self._line_and_column(max(start, end)))

    def _line_and_column(self, offset: int) -> tuple[int, int]:
        line = bisect_right(self._starts, offset)
        return line, offset - self._starts[line - 1] + 1

    def line_text(self, line: int) -> str:
        """Return a line without its end; what lies outside the file is empty."""
        if not 1 <= line <= len(self._starts):
            return ""
        start = self._starts[line - 1]
        end = self._starts[line] if line < len(self._starts) else len(self.text)
        return self.text[start:end].rstrip("\r\n")

    def end_of_content(self) -> int:
        """Find where something missing at the end is best shown: behind the last character."""
        return len(self.text.rstrip())
