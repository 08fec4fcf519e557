"""Read a JSON document (RFC 8259): values from `json`, their places from a scan for tokens."""

from __future__ import annotations

import re
from json import JSONDecodeError, JSONDecoder
from string import ascii_letters, digits
from typing import TYPE_CHECKING, Any, Final

from wanprep.job.documents.document import (
    BrokenDocument,
    Document,
    DocumentError,
    Member,
    Node,
    ValueCounter,
    check_characters,
    check_depth,
    check_new_key,
    parse_float,
    parse_integer,
)

if TYPE_CHECKING:
    from wanprep.job.documents.document import Scalar, SourceText, Span


class _Pairs(list[tuple[str, Any]]):
    """The members of an object, in their order and with duplicate keys."""


class _Number(str):
    """A number as it is written."""

    __slots__ = ()


_DECODER: Final = JSONDecoder(
    object_pairs_hook=_Pairs, parse_int=_Number, parse_float=_Number, parse_constant=_Number
)
# All of valid JSON but white space, commas and colons: one token for each key, each plain value
# and each bracket. Strings come first, so that brackets inside them do not count; an open string
# reaches to the end, or the search would begin again at each quote in it.
_TOKEN: Final = re.compile(r'"[^"\\]*(?:\\.[^"\\]*)*"?|[\[\]{}]|[^\s"\[\]{},:]+', re.DOTALL)
_IN_WORDS: Final = f"+-.{digits}{ascii_letters}"
_IN_WORD: Final = re.compile(r"[\w.]")
_COMMENT: Final = re.compile(r"//|/\*|#")
_CLOSING: Final = {"[": "]", "{": "}"}

# The beginnings of messages of `json`, and what is wrong.
_MESSAGES: Final = {
    "Expecting property name": "a key in double quotes is missing here",
    "Expecting ':'": "the colon between a key and its value is missing here",
    "Expecting value": "a value is missing here",
    "Extra data": "the document is complete before this: a JSON file holds one job",
}
# What people write that is not JSON, and what to write instead.
_NOT_FINITE: Final = "{0} is not a number that can be sent: write one, or remove it"
_LOOKALIKES: Final = (
    (r"[,\]}]", "a value is missing here, or there is a comma too many before it"),
    (r"'", "JSON allows double quotes only"),
    (r"[“”„‘’]", "typographic quotes are not allowed: write straight double quotes"),  # noqa: RUF001
    (r"-?(?:NaN|Infinity)\b", _NOT_FINITE),
    (r"True\b|False\b|None\b|TRUE\b|FALSE\b|NULL\b", "JSON writes true, false and null"),
    (r"[-+.]?[0-9]", "JSON writes numbers like 5, -5, 0.5 and 1e3; all else must be in quotes"),
    (r"[^\W\d]", "text must be in double quotes"),
)


def read_json(source: SourceText) -> Document | BrokenDocument:
    """Read the one document of a JSON file."""
    try:
        _check_depths(source.text)
        value = _DECODER.decode(source.text)
        return Document(source, _Places(source).node(value, depth=1), "json")
    except JSONDecodeError as error:
        failure = _explain(error, source)
    except DocumentError as error:
        failure = error
    return BrokenDocument(source.place(*failure.span), failure.message)


def _check_depths(text: str) -> None:
    """Refuse deep nesting before the decoder recurses into it."""
    depth = 0
    for token in _TOKEN.finditer(text):
        if token[0] in _CLOSING:
            depth += 1
            check_depth((token.start(), token.start() + 1), depth)
        elif token[0] in _CLOSING.values():
            depth -= 1


class _Places:
    """Gives decoded values their places: the tokens of the text are in the same order."""

    def __init__(self, source: SourceText) -> None:
        self._source = source
        self._tokens = _TOKEN.finditer(source.text)
        self._counter = ValueCounter()

    def node(self, value: Any, depth: int) -> Node:  # noqa: ANN401 - JSON
        start, end = next(self._tokens).span()
        self._counter.count((start, start + 1), depth)
        content: Scalar | tuple[Node, ...] | dict[str, Member]
        match value:
            case _Pairs():
                content = self._members(value, depth)
                end = next(self._tokens).end()
            case list():
                content = tuple(self.node(item, depth + 1) for item in value)
                end = next(self._tokens).end()
            case _Number():
                content = _parse_number(value, (start, end))
            case str():
                content = check_characters(value, (start, end))
            case _:
                content = value
        return Node(content, (start, end), (start, end))

    def _members(self, pairs: _Pairs, depth: int) -> dict[str, Member]:
        members: dict[str, Member] = {}
        for key, value in pairs:
            span = next(self._tokens).span()
            check_new_key(check_characters(key, span), span, members, self._source)
            members[key] = Member(span, self.node(value, depth + 1))
        return members


def _parse_number(text: str, span: Span) -> int | float:
    if text[-1].isalpha():
        raise DocumentError(span, _NOT_FINITE.format(text))
    return parse_integer(text, span) if text.lstrip("-").isdecimal() else parse_float(text, span)


def _explain(error: JSONDecodeError, source: SourceText) -> DocumentError:
    """Explain where and why the decoder stopped."""
    text, at = error.doc, error.pos
    if "trailing comma" in error.msg:  # Python 3.13 and later stop at the comma
        at = len(text) - len(text[at + 1 :].lstrip())
        return _explain(JSONDecodeError("Expecting value", text, at), source)
    if error.msg.startswith(("Invalid", "Unterminated")):
        return _explain_string(error)
    # The decoder reads 01 as a 0 and something else, but people see one word.
    word = len(text[:at].rstrip(_IN_WORDS)) if _IN_WORD.match(text, at) else at
    if word < at or error.msg.startswith(("Expecting value", "Expecting property")):
        for pattern, message in _LOOKALIKES:
            if match := re.compile(pattern).match(text, word):
                return DocumentError(match.span(), message.format(match[0]))
    if comment := _COMMENT.match(text, at):
        message = "JSON has no comments: remove it, or save it as YAML"
        return DocumentError(comment.span(), message)
    messages = (message for start, message in _MESSAGES.items() if error.msg.startswith(start))
    message = next(messages, "") or _missing_comma(text[:at], source)
    if at >= len(text):
        end = len(text.rstrip())
        return DocumentError((end, end), f"the document ends too early: {message}")
    return DocumentError((at, at + 1), message)


def _explain_string(error: JSONDecodeError) -> DocumentError:
    text, at = error.doc, min(error.pos, len(error.doc) - 1)
    if "escape" in error.msg:
        message = "a backslash begins an escape: write \\\\ or / for it"
    elif "Unterminated" in error.msg:
        message = "the quote that opens here is never closed"
    elif text[at] in "\r\n\t":  # mostly the closing quote of the line is missing
        message = "a line break or tab inside quotes: write \\n or \\t"
    else:
        message = f"the character U+{ord(text[at]):04X} is not allowed in a text file"
    return DocumentError((at, at + 1), message)


def _missing_comma(before: str, source: SourceText) -> str:
    opened: list[re.Match[str]] = []
    for token in _TOKEN.finditer(before):
        if token[0] in _CLOSING:
            opened.append(token)
        elif token[0] in _CLOSING.values():
            opened.pop()
    line = source.place(*opened[-1].span()).line
    closing = _CLOSING[opened[-1][0]]
    return f"there is no comma here, and no {closing} that closes the bracket opened on line {line}"
