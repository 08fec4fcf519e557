"""Find where each character of a string stands in its file, behind escapes, folds and indents.

YAML has five styles of strings. Each is read here a second time, far more simply than by a
YAML reader, but with the place of every character. The result is used only when it equals
the value that the YAML reader found; else the places are unknown.

JSON strings are like those of YAML in double quotes.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from itertools import accumulate
from typing import TYPE_CHECKING, Final

from wanprep.dataclass import dataclass

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_BREAK: Final = r"(?:\r\n|\n|\r)"
# White space is matched a run at a time, so that a megabyte of it is read only once.
_FOLD: Final = rf"(?P<fold>[ \t]*{_BREAK}[ \t\r\n]*)|(?P<blank>[ \t]+)"
_ESCAPE: Final = (
    rf"\\{_BREAK}(?P<breaks>[ \t\r\n]*)"
    r"|\\u(?P<pair>[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2})"
    r"|\\(?:x(?P<x>[0-9a-fA-F]{2})|u(?P<u>[0-9a-fA-F]{4})|U(?P<U>[0-9a-fA-F]{8})|(?P<short>.))"
)
_PLAIN: Final = re.compile(rf"{_FOLD}|(?P<text>[^ \t\r\n]+)")
_SINGLE: Final = re.compile(rf"{_FOLD}|(?P<quote>'')|(?P<text>[^ \t\r\n']+)")
_DOUBLE: Final = re.compile(rf"{_FOLD}|{_ESCAPE}|(?P<text>[^ \t\r\n\\]+)", re.DOTALL)
_SHORT: Final = dict(zip("0abtnvfre_NLP", "\0\a\b\t\n\v\f\r\x1b\xa0\x85\u2028\u2029", strict=True))
_BLOCK_HEAD: Final = re.compile(rf"[|>][^\r\n]*{_BREAK}?")
_LINE: Final = re.compile(rf"(?P<indent> *)(?P<rest>[^\r\n]*)(?P<end>{_BREAK}|\Z)")

# Some characters of the value, and their span in the file. When both are equally long, each
# character stands for itself; else all of them stand for the whole span.
_Piece = tuple[str, int, int]
_Span = tuple[int, int]


@dataclass(frozen=True, slots=True)
class CharacterSpans:
    """The span of each character; offsets count from the beginning of the string in the file."""

    _offsets: list[int]  # of each piece, in the value
    _lengths: list[int]  # of each piece, in the value
    _spans: list[_Span]  # of each piece, in the file

    def __getitem__(self, index: int) -> _Span:
        which = bisect_right(self._offsets, index) - 1
        begin, end = self._spans[which]
        if end - begin != self._lengths[which]:
            return begin, end
        at = begin + index - self._offsets[which]
        return at, at + 1


def character_spans(raw: str, value: str) -> CharacterSpans | None:
    """Find where the characters of `value` stand in `raw`, its text in the file."""
    pieces = list(_merged(_pieces(raw, value)))
    if "".join(text for text, _, _ in pieces)[: len(value)] != value:
        return None
    lengths = [len(text) for text, _, _ in pieces]
    spans = [(begin, end) for _, begin, end in pieces]
    return CharacterSpans(list(accumulate(lengths, initial=0))[:-1], lengths, spans)


def _merged(pieces: Iterable[_Piece]) -> Iterator[_Piece]:
    """Join neighbours that stand for themselves: most strings become a single piece."""
    parts: list[str] = []
    begin = last = 0
    for text, start, end in pieces:
        if len(text) != end - start or start != last:
            yield "".join(parts), begin, last
            parts, begin = [], start
        if len(text) != end - start:
            yield text, start, end
            begin = end
        else:
            parts.append(text)
        last = end
    yield "".join(parts), begin, last


def _pieces(raw: str, value: str) -> Iterator[_Piece]:
    match raw[:1]:
        case '"':
            return _flow(_DOUBLE, raw, 1, len(raw) - 1)
        case "'":
            return _flow(_SINGLE, raw, 1, len(raw) - 1)
        case "|" | ">":
            return _block(raw, value)
        case _:
            return _flow(_PLAIN, raw, 0, len(raw))


def _flow(pattern: re.Pattern[str], raw: str, begin: int, stop: int) -> Iterator[_Piece]:
    for piece in pattern.finditer(raw, begin, stop):
        match piece.lastgroup:
            case "fold":
                yield from _folded(_breaks(raw, *piece.span()))
            case "breaks":
                yield from (("\n", *span) for span in _breaks(raw, *piece.span("breaks")))
            case group:
                yield _unescaped(group or "", piece), piece.start(), piece.end()


def _unescaped(group: str, match: re.Match[str]) -> str:
    match group:
        case "text" | "blank":
            return match[0]
        case "quote":
            return "'"
        case "short":
            return _SHORT.get(match[group], match[group])
        case "pair":
            high, low = (int(half[-4:], 16) for half in match[group].split("\\"))
            return chr(0x10000 + ((high - 0xD800) << 10) + low - 0xDC00)
        case _:
            return chr(int(match[group], 16))


def _breaks(raw: str, begin: int, stop: int) -> list[_Span]:
    return [match.span() for match in re.compile(_BREAK).finditer(raw, begin, stop)]


def _folded(breaks: list[_Span]) -> Iterator[_Piece]:
    """One line break is a space; of several, the first is nothing and the others stay."""
    if len(breaks) == 1:
        yield " ", *breaks[0]
    yield from (("\n", *span) for span in breaks[1:])


def _block(raw: str, value: str) -> Iterator[_Piece]:
    """Undo the indent and, below `>`, the folds."""
    head = _BLOCK_HEAD.match(raw)
    lines = [line for line in _LINE.finditer(raw, head.end() if head else 0) if line[0]]
    indent = _indent(lines, value)
    breaks: list[_Span] = []  # since the last line with text
    prose = False
    for line in lines:
        begin, end = line.start() + indent, line.end("rest")
        if begin < end:
            was_prose, prose = prose, raw[begin] not in " \t"
            folds = raw[0] == ">" and was_prose and prose
            yield from _folded(breaks) if folds else (("\n", *span) for span in breaks)
            yield raw[begin:end], begin, end
            breaks.clear()
        breaks.append(line.span("end"))
    yield from (("\n", *span) for span in breaks)


def _indent(lines: list[re.Match[str]], value: str) -> int:
    """Find the indentation of a block: what its lines have in the file, but not in the value."""
    written = [len(line["indent"]) for line in lines if line["rest"]]
    kept = [len(line) - len(line.lstrip(" ")) for line in value.split("\n") if line.strip(" ")]
    if not written or not kept:
        return len(lines[0].string) if lines else 0
    return min(written) - min(kept)
