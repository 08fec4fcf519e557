"""A line of a file with marks under what is meant, as good compilers show it."""

from __future__ import annotations

from itertools import accumulate

from wanprep.report.columns import columns
from wanprep.text import visible


def quoted(line: str, start: int, stop: int, width: int) -> tuple[str, str]:
    """Return a line, or the part of it around start to stop that fits, and the marks under it."""
    begin = max(0, start - width)
    near = line[begin : start + width]  # what is further off cannot be shown, however short
    pieces = [visible(letter) for letter in near]
    widths = [columns(piece) for piece in pieces]
    start, stop = start - begin, min(max(stop, start + 1) - begin, len(near))
    first, last = 0, len(near)
    if begin or len(line) > begin + len(near) or sum(widths) > width:
        first, last = _window(widths, start, width - 2)
    before = "…" if begin or first else ""
    after = "…" if begin + last < len(line) else ""
    space = len(before) + sum(widths[first:start])
    marks = max(1, sum(widths[start : min(stop, last)]))
    return before + "".join(pieces[first:last]) + after, " " * space + "^" * marks


def _window(widths: list[int], start: int, width: int) -> tuple[int, int]:
    """Choose what is shown: a quarter before what is meant, more where the line ends sooner."""
    first = _last_fitting(widths[:start][::-1], width // 4)
    last = _last_fitting(widths[start - first :], width)
    if start - first + last < len(widths):
        return start - first, start - first + last
    return len(widths) - _last_fitting(widths[::-1], width), len(widths)


def _last_fitting(widths: list[int], width: int) -> int:
    return sum(end <= width for end in accumulate(widths))
