"""Read a JSON document (RFC 8259) strictly, keeping the place of everything."""

from __future__ import annotations

import re
from json import JSONDecodeError, JSONDecoder
from typing import TYPE_CHECKING, Final

from wanprep.job.documents.document import Broken, Document
from wanprep.job.documents.limits import Measure, NotAJob, new_key, number, sound_text, whole_number
from wanprep.job.documents.node import Member, Node

if TYPE_CHECKING:
    from wanprep.job.documents.node import Scalar, Span
    from wanprep.job.documents.place import SourceText

_WHITE: Final = re.compile(r"[ \t\r\n]*")
_NUMBER: Final = re.compile(r"-?(?:0|[1-9][0-9]*)(\.[0-9]+)?([eE][-+]?[0-9]+)?(?![\w.])")
_WORD: Final = re.compile(r"(?:true|false|null)(?!\w)")
_STRINGS: Final = JSONDecoder()
_WORDS: Final[dict[str, Scalar]] = {"true": True, "false": False, "null": None}
_COMMENT: Final = re.compile(r"//|/\*|#")
# What people write that is not JSON, and what to write instead.
_LOOKALIKES: Final = (
    (r"[,\]}]", "something is missing here, or a comma too many stands before it"),
    (r"'", "JSON knows double quotes only"),
    (r"[“”„‘’]", "typographic quotes quote nothing: write straight double quotes"),  # noqa: RUF001
    (r"-?(?:NaN|Infinity)\b", "{0} is not a number that can be sent: write one, or remove it"),
    (r"True\b|False\b|None\b|TRUE\b|FALSE\b|NULL\b", "JSON writes true, false and null"),
    (r"[-+.]?[0-9]", "JSON writes numbers like 5, -5, 0.5 and 1e3; all else must be in quotes"),
    (r"[^\W\d]", "text must be in double quotes"),
)


def read_json(source: SourceText) -> Document | Broken:
    """Read the one document of a JSON file."""
    try:
        return Document(source, _Reader(source).root(), "json")
    except NotAJob as refusal:
        return Broken(source.place(*refusal.span), refusal.message)


class _Reader:
    def __init__(self, source: SourceText) -> None:
        self._source = source
        self._text = source.text
        self._at = 0  # always at something, never at white space
        self._measure = Measure()

    def root(self) -> Node:
        self._skip(0)
        node = self._value(depth=1)
        if self._at < len(self._text):
            raise self._unexpected(
                "the document is complete before this: a JSON file holds one job"
            )
        return node

    def _value(self, depth: int) -> Node:
        start = self._at
        self._measure.one_more((start, start + 1), depth)
        match self._text[start : start + 1]:
            case "{":
                return self._bracket(start, self._members(depth))
            case "[":
                return self._bracket(start, self._items(depth))
            case '"':
                content: Scalar = self._string()
            case _:
                content = self._word_or_number()
        span = (start, self._at)
        self._skip(self._at)
        return Node(content, span, span)

    def _bracket(self, start: int, content: tuple[Node, ...] | dict[str, Member]) -> Node:
        span = (start, self._at + 1)
        self._skip(self._at + 1)
        return Node(content, span, span)

    def _items(self, depth: int) -> tuple[Node, ...]:
        items: list[Node] = []
        opened = self._at
        while self._more(opened, "]", first=not items):
            items.append(self._value(depth + 1))
        return tuple(items)

    def _members(self, depth: int) -> dict[str, Member]:
        members: dict[str, Member] = {}
        opened = self._at
        while self._more(opened, "}", first=not members):
            start = self._at
            if self._text[start : start + 1] != '"':
                raise self._no_value("a key in double quotes is missing here")
            key, span = self._string(), (start, self._at)
            new_key(key, span, members, self._source)
            self._skip(self._at)
            if self._text[self._at : self._at + 1] != ":":
                raise self._unexpected("the colon between a key and its value is missing here")
            self._skip(self._at + 1)
            members[key] = Member(span, self._value(depth + 1))
        return members

    def _more(self, opened: int, closing: str, *, first: bool) -> bool:
        """Step to the next entry, or to the bracket that ends them."""
        if first:
            self._skip(self._at + 1)
        if self._text[self._at : self._at + 1] == closing:
            return False
        if first:
            return True
        if self._text[self._at : self._at + 1] != ",":
            line = self._source.place(opened, opened).line
            raise self._unexpected(
                f"there is no comma here, and no {closing} that closes the bracket opened "
                f"on line {line}"
            )
        self._skip(self._at + 1)
        return True

    def _string(self) -> str:
        start = self._at
        try:
            text, self._at = _STRINGS.raw_decode(self._text, start)
        except JSONDecodeError as error:
            raise NotAJob(*self._bad_string(error, start)) from None
        return sound_text(text, (start, self._at))

    def _bad_string(self, error: JSONDecodeError, start: int) -> tuple[Span, str]:
        at = min(error.pos, len(self._text) - 1)
        if "control character" in error.msg:
            message = "a line break or tab inside quotes: write \\n or \\t"
            # Mostly the quote was meant to be closed on its line.
            return (at, at + 1), message if self._text[at] in "\r\n\t" else (
                f"the character U+{ord(self._text[at]):04X} may not stand in a text file"
            )
        if "escape" in error.msg:
            return (at, at + 1), "a backslash has a meaning of its own: write \\\\ or / for it"
        return (start, start + 1), "the quote that opens here is never closed"

    def _word_or_number(self) -> Scalar:
        start = self._at
        if word := _WORD.match(self._text, start):
            self._at = word.end()
            return _WORDS[word[0]]
        if digits := _NUMBER.match(self._text, start):
            self._at = digits.end()
            span = (start, self._at)
            return (
                number(digits[0], span) if any(digits.groups()) else whole_number(digits[0], span)
            )
        raise self._no_value("a value is missing here")

    def _skip(self, at: int) -> None:
        white = _WHITE.match(self._text, at)
        self._at = white.end() if white else at

    def _unexpected(self, message: str) -> NotAJob:
        at = self._at
        if at >= len(self._text):
            at = self._source.end_of_content()
            return NotAJob((at, at), f"the document ends too early: {message}")
        if comment := _COMMENT.match(self._text, at):
            return NotAJob(comment.span(), "JSON has no comments: remove it, or save it as YAML")
        return NotAJob((at, at + 1), message)

    def _no_value(self, message: str) -> NotAJob:
        """Say what is wrong with what stands here instead of a value or a key."""
        for pattern, better in _LOOKALIKES:
            if found := re.compile(pattern).match(self._text, self._at):
                return NotAJob(found.span(), better.format(found[0]))
        return self._unexpected(message)
