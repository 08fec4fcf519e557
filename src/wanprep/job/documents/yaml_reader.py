"""Read the documents of a YAML 1.2 file into nodes that know where they stand.

Built upon the parser's events: they have the place of everything, aliases included, and they
come one by one, so that expanding aliases stops at the limit. An unquoted word means what the
core schema of YAML 1.2 says and nothing beyond it: `yes`, `on`, `16:9`, `1_000` and `2026-11-20`
are strings.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from ruamel.yaml import YAML, events
from ruamel.yaml.scanner import Scanner

from wanprep.job.documents.document import (
    BrokenDocument,
    Document,
    DocumentError,
    Member,
    Node,
    ValueCounter,
    check_characters,
    check_new_key,
    parse_float,
    parse_integer,
)
from wanprep.text import visible

if TYPE_CHECKING:
    from collections.abc import Iterator

    from wanprep.job.documents.document import Scalar, SourceText, Span

Event = Any  # ruamel.yaml has no types

# Three dashes at the beginning of a line always begin a document, whatever is open, and take
# the directives above them along.
_DOCUMENT: Final = re.compile(
    r"^(?:%[^\n]*\n(?:[%#][^\n]*\n|[ \t\r]*\n)*)?---(?=\s|\Z)", re.MULTILINE
)
_TAG_OR_ANCHOR: Final = re.compile(r"(?:[&!]\S*(?:\s+(?:#[^\r\n]*)?)*)*")
_COLON: Final = re.compile(r"[ \t]*:")
_NO_SPACE: Final = re.compile(r"[\w$-]+:[^/\s]\S*")
_END_OF_LINE: Final = "\0\r\n#"
_SURROGATES: Final = re.compile("[\ud800-\udbff][\udc00-\udfff]")

_WORDS: Final[dict[str, bool | None]] = {
    "": None, "~": None, "null": None, "Null": None, "NULL": None,
    "true": True, "True": True, "TRUE": True,
    "false": False, "False": False, "FALSE": False,
}  # fmt: skip
_INTEGER: Final = re.compile(r"[-+]?[0-9]+")
_BASED: Final = re.compile(r"0o[0-7]+|0x[0-9a-fA-F]+")
_FLOAT: Final = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?")
_NOT_FINITE: Final = re.compile(r"[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)")

_CORE: Final = "tag:yaml.org,2002:"
_SCALARS: Final = {
    "!!bool": bool, "!!float": float, "!!int": int, "!!null": type(None), "!!str": str,
}  # fmt: skip
_ALLOWED_TAGS: Final = {
    events.MappingStartEvent: frozenset({"!!map"}),
    events.ScalarEvent: frozenset(_SCALARS),
    events.SequenceStartEvent: frozenset({"!!seq"}),
}


def read_yaml(source: SourceText) -> Iterator[Document | BrokenDocument]:
    """Read all documents; a broken one does not hide the others."""
    counter = ValueCounter()
    for begin, end in document_spans(source.text):
        try:
            counter.count((begin, begin), depth=0)
            yield from _Reader(source, (begin, end), counter).documents()
        except DocumentError as error:
            yield BrokenDocument(source.place(*error.span), error.message)
        if counter.is_exceeded:
            return


def document_spans(text: str) -> Iterator[Span]:
    """Cut a file into sections where documents begin; each is read by itself."""
    begins = [match.start() for match in _DOCUMENT.finditer(text)]
    yield from zip([0, *begins], [*begins, len(text)], strict=True)


def _parse_events(text: str, begin: int) -> Iterator[Event]:
    """Parse a part of a file that begins at this offset."""
    parser = YAML(typ="safe", pure=True)
    parser.Scanner = _TabScanner
    try:
        yield from parser.parse(text)
    except Exception as error:  # noqa: BLE001 - beside its own, the parser leaks many kinds
        from wanprep.job.documents.yaml_errors import explain_error

        index, message = explain_error(error, text)
        at = begin + min(index, len(text.rstrip()))
        raise DocumentError((at, at + 1), message) from None


class _TabScanner(Scanner):
    """Takes a tab between tokens as white space.

    Its base refuses every tab outside quotes, also one within a text, before a comment or on an
    empty line. Those are legal, invisible and common; only indentation must not have any.
    """

    def scan_to_next_token(self) -> Any:  # noqa: ANN401 - its own signature
        """Skip the white space before a token."""
        super().scan_to_next_token()
        while self.reader.peek() == "\t" and not self._is_indentation():
            self._skip_blanks()
            super().scan_to_next_token()

    def scan_plain_spaces(self, indent: Any, start_mark: Any) -> Any:  # noqa: ANN401
        """Keep the white space inside a text, but not at the end of its line."""
        length = self._blanks()
        blanks = self.reader.prefix(length)
        if "\t" not in blanks:
            return super().scan_plain_spaces(indent, start_mark)
        self._skip_blanks()
        if self.reader.peek() in "\r\n":
            return super().scan_plain_spaces(indent, start_mark)
        return [blanks]

    def _is_indentation(self) -> bool:
        """Whether the tab that comes next stands before anything else on its line."""
        at = self.reader.pointer - 1
        while at >= 0 and self.reader.buffer[at] in " \t":
            at -= 1
        begins = at < 0 or self.reader.buffer[at] in "\r\n"
        return begins and self.reader.peek(self._blanks()) not in _END_OF_LINE

    def _blanks(self) -> int:
        length = 0
        while self.reader.peek(length) in " \t":
            length += 1
        return length

    def _skip_blanks(self) -> None:
        self.reader.forward(self._blanks())


class _Reader:
    """Reads one section of a file, usually one document."""

    def __init__(self, source: SourceText, span: Span, counter: ValueCounter) -> None:
        self._source = source
        self._begin = span[0]
        self._counter = counter
        self._anchors: dict[str, Node | None] = {}  # None: still being read
        self._events = _parse_events(source.text[slice(*span)], span[0])

    def documents(self) -> Iterator[Document]:
        """Read the documents. One that seems complete is not if an error follows it directly."""
        complete: Document | None = None
        for event in self._events:
            if complete and getattr(event, "explicit", True):  # an implicit end may be none
                yield complete
                complete = None
            if isinstance(event, events.DocumentStartEvent):
                self._anchors = {}
                root = self._node(next(self._events), depth=1)
                if root.content is not None or root.span[0] < root.span[1]:
                    complete = Document(self._source, root, "yaml")

    def _node(self, event: Event, depth: int) -> Node:
        span = self._span(event)
        if isinstance(event, events.AliasEvent):
            return self._alias(event.anchor, span, depth)
        self._counter.count(span, depth)
        _check_tag(event, self._begin + event.start_mark.index)
        if event.anchor:
            self._anchors[event.anchor] = None
        match event:
            case events.ScalarEvent():
                node = self._scalar(event, span)
            case events.SequenceStartEvent():
                node = self._sequence(event, span[0], depth)
            case _:
                node = self._mapping(event, span[0], depth)
        if event.anchor:
            self._anchors[event.anchor] = node
        return node

    def _span(self, event: Event) -> Span:
        """Find where a value stands, without the tag and the anchor in front of it."""
        start, end = self._begin + event.start_mark.index, self._begin + event.end_mark.index
        if not isinstance(event, events.AliasEvent) and (event.anchor or event.ctag):
            match = _TAG_OR_ANCHOR.match(self._source.text, start)
            start = match.end() if match else start
        return (
            (start, end) if start < end or not isinstance(event, events.ScalarEvent) else (end, end)
        )

    def _alias(self, anchor: str, span: Span, depth: int) -> Node:
        if anchor not in self._anchors:
            message = f"*{anchor} repeats &{anchor}, which does not exist. Text that begins"
            raise DocumentError(span, f"{message} with * must be in quotes")
        node = self._anchors[anchor]
        if node is None:
            raise DocumentError(span, f"*{anchor} is inside the value that it repeats")
        self._counter.count_repeated(node, span, depth)
        return Node(node.content, span, node.written)

    def _scalar(self, event: Event, span: Span) -> Node:
        text = check_characters(_SURROGATES.sub(_join_surrogates, event.value), span)
        start, end = span
        if event.style in {"|", ">"}:
            end = start + len(self._source.text[start:end].rstrip())
        return Node(_scalar_value(event, text, span), (start, end), span)

    def _sequence(self, event: Event, start: int, depth: int) -> Node:
        items: list[Node] = []
        while not isinstance(each := next(self._events), events.SequenceEndEvent):
            items.append(self._node(each, depth + 1))
        span = start, self._end(event, each, items[-1].span[1] if items else start)
        return Node(tuple(items), span, span)

    def _mapping(self, event: Event, start: int, depth: int) -> Node:
        members: dict[str, Member] = {}
        last = start
        while not isinstance(each := next(self._events), events.MappingEndEvent):
            key, span = self._key(each)
            check_new_key(key, span, members, self._source)
            node = self._member_value(key, span, depth)
            members[key] = Member(span, node)
            last = max(span[1], node.span[1])
        whole = start, self._end(event, each, last)
        return Node(members, whole, whole)

    def _member_value(self, key: str, span: Span, depth: int) -> Node:
        node = self._node(next(self._events), depth + 1)
        if node.span[0] < node.span[1]:
            return node
        if _NO_SPACE.fullmatch(key):
            raise DocumentError(span, "the colon has no space after it: `key: value`")
        # The parser puts an empty value where it goes on reading, lines below.
        colon = _COLON.match(self._source.text, span[1])
        at = colon.end() if colon else node.span[0]
        return Node(node.content, (at, at), (at, at))

    def _end(self, event: Event, end_event: Event, last: int) -> int:
        """Return the end of a closing bracket, or where only indented, that of the last value."""
        return self._begin + end_event.end_mark.index if event.flow_style else last

    def _key(self, event: Event) -> tuple[str, Span]:
        span = self._span(event)
        if not isinstance(event, events.AliasEvent | events.ScalarEvent):
            message = "a key cannot be a list or a mapping. Put {{ }} of a template in quotes"
            raise DocumentError((span[0], span[0] + 1), message)
        key = self._node(event, depth=1).content
        if key == "<<" and isinstance(event, events.ScalarEvent) and event.style is None:
            raise DocumentError(span, "`<<` does not merge in YAML 1.2: write the keys out")
        if key is None:
            message = "there is no key here: text that begins with a colon needs quotes"
            raise DocumentError(span, message)
        if not isinstance(key, str):
            written = self._source.text[slice(*span)]
            raise DocumentError(span, f"a key must be text: put quotes around {visible(written)}")
        return key, span


def _join_surrogates(pair: re.Match[str]) -> str:
    return pair[0].encode("utf-16", "surrogatepass").decode("utf-16")


def _check_tag(event: Event, start: int) -> None:
    """Refuse tags of other than plain values: some readers run code for them."""
    tag = _tag(event)
    if tag not in {None, "!"} and tag not in _ALLOWED_TAGS[type(event)]:
        message = f"the tag {visible(str(tag))} has no meaning here; text that begins with !"
        raise DocumentError((start, start + 1), f"{message} must be in quotes")


def _scalar_value(event: Event, text: str, span: Span) -> Scalar:
    """Resolve a scalar: unquoted words by the core schema, quoted ones are text."""
    tag = _tag(event)
    if tag is None:
        return _resolve(text, span) if event.style is None else text
    if tag in {"!", "!!str"}:
        return text
    value = _resolve(text, span)
    if tag == "!!float" and type(value) is int:
        return float(value)
    if type(value) is not _SCALARS[tag]:
        raise DocumentError(span, f"this does not match its tag {tag} says: remove the tag")
    return value


def _tag(event: Event) -> str | None:
    tag: str | None = event.tag
    return f"!!{tag.removeprefix(_CORE)}" if tag and tag.startswith(_CORE) else tag


def _resolve(word: str, span: Span) -> Scalar:
    """Resolve an unquoted word by the core schema."""
    if word in _WORDS:
        return _WORDS[word]
    if word[0] not in "+-.0123456789":
        return word
    if _INTEGER.fullmatch(word):
        return parse_integer(word, span)
    if _FLOAT.fullmatch(word):
        return parse_float(word, span)
    if _NOT_FINITE.fullmatch(word):
        message = f"{word} is not a number that can be sent: write one, or remove it"
        raise DocumentError(span, message)
    if _BASED.fullmatch(word):
        return parse_integer(word, span)
    return word
