"""Read the YAML that most jobs are written in, without a YAML library.

To import one takes longer than all else that a check of a small job does. This reads mappings and
lists in lines, those in brackets on one line, text on one line, and blocks of text. Whatever else
there is in a document (tabs, anchors, tags, escapes, text that goes on in the next line, mistakes)
is left to `full_yaml`, which finds the same values at the same places.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from wanprep.job.documents.document import MAX_VALUES, Document, DocumentError, Member, Node
from wanprep.job.documents.yaml_words import WORDS, resolve

if TYPE_CHECKING:
    from wanprep.job.documents.document import SourceText, Span

_DEEPEST: Final = 20
_BEGIN: Final = re.compile(r"(?:---(?: +#[^\n]*| *)\n)?")
_BLANK: Final = re.compile(r"(?: *(?:#[^\n]*)?(?:\n|\Z))*")
_SPACES: Final = re.compile(" *")
_END: Final = re.compile(r"(?: +#[^\n]*| *)(?:\n|\Z)")
_DASH: Final = re.compile(r"- +")
_KEY: Final = re.compile(
    r"""([A-Za-z_$][A-Za-z0-9_$-]{0,99}|"[^"\\\n]{1,99}"|'[^'\n]{1,99}')[ ]*:(?=[ \n]|\Z)"""
)
_DOUBLE: Final = re.compile(r'"[^"\\\n]*"')
_SINGLE: Final = re.compile(r"'(?:[^'\n]|'')*'")
_FIRST: Final = r"(?:[^ \n?:,\[\]{}#&*!|>'\"%@`-]|-(?=[\w.]))"
_PLAIN: Final = re.compile(rf"{_FIRST}(?:[^\n:#]|:(?=[^ \n])|(?<=[^ ])#)*")
_PLAIN_IN_BRACKETS: Final = re.compile(
    rf"{_FIRST}(?:[^\n:#,\[\]{{}}]|:(?=[^ \n,\[\]{{}}])|(?<=[^ ])#)*"
)
_BLOCK: Final = re.compile(r"[|>]([+-]?)(?: +#[^\n]*| *)\n")
_LINE: Final = re.compile(r"( *)([^\n]*)\n")


class _Other(Exception):
    """There is something here that this cannot read."""


def read_simple(source: SourceText, span: Span) -> list[Document] | None:
    """Read a section of a file, which holds one document or none; None: only `full_yaml` can."""
    is_short = len(source.text) <= MAX_VALUES  # so there cannot be more values
    # Other characters, such as tabs, do not mean the same to all readers.
    if not is_short or not source.text[slice(*span)].replace("\n", "").isprintable():
        return None
    try:
        root = _Reader(source.text, *span).root()
    except (_Other, DocumentError):
        return None
    return [Document(source, root, "yaml")] if root else []


class _Reader:
    """Reads line by line: `_at` is the first character of one, behind `_column` spaces."""

    def __init__(self, text: str, begin: int, end: int) -> None:
        self._text, self._stop = text, end
        self._at, self._column = begin, -1

    def root(self) -> Node | None:
        """Read a mapping that is all of the section; None if there is nothing in it."""
        self._next_line(self._match(_BEGIN, self._at).end())
        if self._column < 0:
            return None
        if self._column > 0:
            raise _Other
        node = self._mapping(0, 1)
        if self._column >= 0:
            raise _Other
        return node

    def _match(self, pattern: re.Pattern[str], at: int) -> re.Match[str]:
        found = pattern.match(self._text, at, self._stop)
        if found is None:
            raise _Other
        return found

    def _next_line(self, at: int) -> None:
        """Go to the next line that has more than a comment; behind the last, the column is -1."""
        begin = self._match(_BLANK, at).end()
        self._at = self._match(_SPACES, begin).end()
        self._column = self._at - begin if self._at < self._stop else -1

    def _mapping(self, column: int, depth: int) -> Node:
        start = last = self._at
        members: dict[str, Member] = {}
        while self._column == column:
            key = self._match(_KEY, self._at)
            name, span = self._name(key, members), key.span(1)
            node = self._member(key.end(), column, depth + 1)
            members[name] = Member(span, node)
            last = max(span[1], node.span[1])
        if self._column > column:
            raise _Other
        return Node(members, (start, last), (start, last))

    def _name(self, key: re.Match[str], members: dict[str, Member]) -> str:
        name = key[1][1:-1] if key[1][0] in "\"'" else key[1]
        if name in members or name in WORDS or ":" in name:
            raise _Other
        return name

    def _member(self, at: int, column: int, depth: int) -> Node:
        """Read a value that begins behind a colon, or below it."""
        if depth > _DEEPEST:
            raise _Other
        end = _END.match(self._text, at, self._stop)
        if not end:
            return self._in_line(at, column)
        self._next_line(end.end())
        is_list = self._text.startswith("- ", self._at)
        if self._column > column:
            return (self._list if is_list else self._mapping)(self._column, depth)
        if self._column == column and is_list:
            return self._list(column, depth)
        return Node(None, (at, at), (at, at))

    def _list(self, column: int, depth: int) -> Node:
        start = last = self._at
        items: list[Node] = []
        while self._column == column and (dash := _DASH.match(self._text, self._at, self._stop)):
            if _KEY.match(self._text, dash.end(), self._stop):
                self._at, self._column = dash.end(), column + len(dash[0])
                items.append(self._mapping(self._column, depth + 1))
            else:
                items.append(self._in_line(dash.end(), column))
            last = items[-1].span[1]
        return Node(tuple(items), (start, last), (start, last))

    def _in_line(self, at: int, column: int) -> Node:
        """Read a value that ends in its line, or a block of text; and go to the next line."""
        at = self._match(_SPACES, at).end()
        if self._text.startswith(("|", ">"), at, self._stop):
            node = self._block(at, column)
            self._next_line(node.written[1])
        else:
            node = self._value(at, _PLAIN, 1)
            self._next_line(self._match(_END, node.span[1]).end())
        if self._column > column:  # perhaps the text goes on
            raise _Other
        return node

    def _value(self, at: int, plain: re.Pattern[str], depth: int) -> Node:
        match self._text[at : at + 1]:
            case "[" | "{" if depth > _DEEPEST:
                raise _Other
            case "[":
                return self._list_in_brackets(at, depth)
            case "{":
                return self._mapping_in_brackets(at, depth)
            case '"':
                span = self._match(_DOUBLE, at).span()
                return Node(self._text[span[0] + 1 : span[1] - 1], span, span)
            case "'":
                span = self._match(_SINGLE, at).span()
                return Node(self._text[span[0] + 1 : span[1] - 1].replace("''", "'"), span, span)
        word = self._match(plain, at)[0].rstrip(" ")
        span = at, at + len(word)
        return Node(resolve(word, span), span, span)

    def _list_in_brackets(self, start: int, depth: int) -> Node:
        items: list[Node] = []
        at = self._match(_SPACES, start + 1).end()
        while not self._text.startswith("]", at):
            items.append(self._value(at, _PLAIN_IN_BRACKETS, depth + 1))
            at = self._behind_comma(items[-1].span[1], "]")
        return Node(tuple(items), (start, at + 1), (start, at + 1))

    def _mapping_in_brackets(self, start: int, depth: int) -> Node:
        members: dict[str, Member] = {}
        at = self._match(_SPACES, start + 1).end()
        while not self._text.startswith("}", at):
            key = self._match(_KEY, at)
            name, at = self._name(key, members), self._match(_SPACES, key.end()).end()
            node = self._value(at, _PLAIN_IN_BRACKETS, depth + 1)
            members[name] = Member(key.span(1), node)
            at = self._behind_comma(node.span[1], "}")
        return Node(members, (start, at + 1), (start, at + 1))

    def _behind_comma(self, at: int, closing: str) -> int:
        """Go to the next item, or to the bracket."""
        at = self._match(_SPACES, at).end()
        if self._text.startswith(",", at, self._stop):
            return self._match(_SPACES, at + 1).end()
        if not self._text.startswith(closing, at, self._stop):
            raise _Other
        return at

    def _block(self, start: int, column: int) -> Node:
        """Read a block of text, whose first line has the indentation of all."""
        head = self._match(_BLOCK, start)
        at = head.end()
        indent = len(self._match(_LINE, at)[1])
        lines: list[str] = []
        while at < self._stop:
            line = self._match(_LINE, at)
            if line[2] and len(line[1]) < indent:
                break
            if line[1] and not line[2]:
                raise _Other
            lines.append(line[0][indent:-1])
            at = line.end()
        whole = "\n".join([*lines, ""])
        text = whole.rstrip("\n")
        if indent <= column or not text or text[0] in " \n":
            raise _Other
        breaks = {"": 1, "-": 0, "+": len(whole) - len(text)}[head[1]]
        text = (_folded(text) if head[0][0] == ">" else text) + "\n" * breaks
        end = start + len(self._text[start:at].rstrip())
        return Node(text, (start, end), (start, at))


def _folded(text: str) -> str:
    """Make one line of those that follow each other directly; indented ones would stay."""
    if "\n " in text:
        raise _Other
    return re.sub(r"\n(\n*)", lambda breaks: breaks[1] or " ", text)
