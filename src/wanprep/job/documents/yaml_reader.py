"""Read the documents of a YAML 1.2 file into nodes that know where they stand.

Built upon the parser's events: they have the place of everything, aliases included, and they
come one by one, so that a bomb is refused before it goes off. An unquoted word means what the
core schema of YAML 1.2 says and nothing beyond it: `yes`, `on`, `16:9`, `1_000` and `2026-11-20`
are text, as a designer would expect.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from ruamel.yaml.events import (
    AliasEvent,
    DocumentStartEvent,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
)

from wanprep.job.documents.document import Broken, Document, Member, Node
from wanprep.job.documents.limits import (
    DocumentRefused,
    ValueCounter,
    check_new_key,
    checked_text,
    parse_float,
    parse_integer,
)
from wanprep.job.documents.yaml_parser import parse_events
from wanprep.text import visible

if TYPE_CHECKING:
    from collections.abc import Iterator

    from wanprep.job.documents.document import Scalar, SourceText, Span

# Three dashes at the beginning of a line always begin a document, whatever is open, and take
# the directives above them along.
_DOCUMENT: Final = re.compile(
    r"^(?:%[^\n]*\n(?:[%#][^\n]*\n|[ \t\r]*\n)*)?---(?=\s|\Z)", re.MULTILINE
)
_PROPERTIES: Final = re.compile(r"(?:[&!]\S*(?:\s+(?:#[^\r\n]*)?)*)*")
_COLON: Final = re.compile(r"[ \t]*:")
_NO_SPACE: Final = re.compile(r"[\w$-]+:[^/\s]\S*")
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
_KNOWN: Final = {
    MappingStartEvent: frozenset({"!!map"}),
    ScalarEvent: frozenset(_SCALARS),
    SequenceStartEvent: frozenset({"!!seq"}),
}


def read_yaml(source: SourceText) -> Iterator[Document | Broken]:
    """Read all documents; one that is broken does not hide the others."""
    counter = ValueCounter()
    for begin, end in document_spans(source.text):
        try:
            counter.count((begin, begin), depth=0)
            yield from _Reader(source, (begin, end), counter).documents()
        except DocumentRefused as refusal:
            yield Broken(source.place(*refusal.span), refusal.message)
        if counter.is_exceeded:
            return


def document_spans(text: str) -> Iterator[Span]:
    """Cut a file where documents begin: each stretch is read for itself."""
    begins = [found.start() for found in _DOCUMENT.finditer(text)]
    yield from zip([0, *begins], [*begins, len(text)], strict=True)


class _Reader:
    """Reads one stretch of a file, which is one document as a rule."""

    def __init__(self, source: SourceText, span: Span, counter: ValueCounter) -> None:
        self._source = source
        self._begin = span[0]
        self._counter = counter
        self._anchors: dict[str, Node | None] = {}  # None: still being read
        self._events = parse_events(source.text[slice(*span)], span[0])

    def documents(self) -> Iterator[Document]:
        """Read what is there. What seems complete is not when the parser stumbles behind it."""
        complete: Document | None = None
        for event in self._events:
            if complete and getattr(event, "explicit", True):  # an implicit end may be none
                yield complete
                complete = None
            if isinstance(event, DocumentStartEvent):
                self._anchors = {}
                root = self._node(next(self._events), depth=1)
                if root.content is not None or root.span[0] < root.span[1]:
                    complete = Document(self._source, root, "yaml")

    def _node(self, event: Any, depth: int) -> Node:  # noqa: ANN401 - ruamel.yaml has no types
        span = self._span(event)
        if isinstance(event, AliasEvent):
            return self._repeated(event.anchor, span, depth)
        self._counter.count(span, depth)
        _check_tag(event, self._begin + event.start_mark.index)
        if event.anchor:
            self._anchors[event.anchor] = None
        match event:
            case ScalarEvent():
                node = self._scalar(event, span)
            case SequenceStartEvent():
                node = self._sequence(event, span[0], depth)
            case _:
                node = self._mapping(event, span[0], depth)
        if event.anchor:
            self._anchors[event.anchor] = node
        return node

    def _span(self, event: Any) -> Span:  # noqa: ANN401
        """Find where a value stands, without the tag and the anchor in front of it."""
        start, end = self._begin + event.start_mark.index, self._begin + event.end_mark.index
        if not isinstance(event, AliasEvent) and (event.anchor or event.ctag):
            properties = _PROPERTIES.match(self._source.text, start)
            start = properties.end() if properties else start
        return (start, end) if start < end or not isinstance(event, ScalarEvent) else (end, end)

    def _repeated(self, anchor: str, span: Span, depth: int) -> Node:
        if anchor not in self._anchors:
            raise DocumentRefused(
                span,
                f"*{anchor} repeats what is called &{anchor}, and nothing is. Text that begins "
                f"with * must be in quotes",
            )
        node = self._anchors[anchor]
        if node is None:
            raise DocumentRefused(
                span, f"*{anchor} stands inside of what it repeats, without an end"
            )
        self._counter.count_repeated(node, span, depth)
        return Node(node.content, span, node.written)

    def _scalar(self, event: Any, span: Span) -> Node:  # noqa: ANN401
        text = _SURROGATES.sub(lambda pair: _character(pair[0]), event.value)
        shown = span if event.style not in {"|", ">"} else self._trimmed(span)
        return Node(_tagged_value(event, checked_text(text, span), span), shown, span)

    def _trimmed(self, span: Span) -> Span:
        return span[0], span[0] + len(self._source.text[slice(*span)].rstrip())

    def _sequence(self, event: Any, start: int, depth: int) -> Node:  # noqa: ANN401
        items = []
        while not isinstance(event := next(self._events), SequenceEndEvent):
            items.append(self._node(event, depth + 1))
        return self._collection(tuple(items), start, event, items[-1].span[1] if items else start)

    def _mapping(self, event: Any, start: int, depth: int) -> Node:  # noqa: ANN401
        members: dict[str, Member] = {}
        end = start
        while not isinstance(event := next(self._events), MappingEndEvent):
            key, span = self._key(event)
            check_new_key(key, span, members, self._source)
            node = self._member(key, span, depth)
            members[key] = Member(span, node)
            end = max(span[1], node.span[1])
        return self._collection(members, start, event, end)

    def _member(self, key: str, span: Span, depth: int) -> Node:
        node = self._node(next(self._events), depth + 1)
        if node.span[0] < node.span[1]:
            return node
        if _NO_SPACE.fullmatch(key):
            raise DocumentRefused(span, "the colon has no space after it: `key: value`")
        # The parser puts an empty value where it goes on reading, lines below.
        colon = _COLON.match(self._source.text, span[1])
        at = colon.end() if colon else node.span[0]
        return Node(node.content, (at, at), (at, at))

    def _collection(
        self,
        content: tuple[Node, ...] | dict[str, Member],
        start: int,
        end_event: Any,  # noqa: ANN401
        last: int,
    ) -> Node:
        """Close a bracket where it closes; what is only indented ends with its last value."""
        closed = self._begin + end_event.end_mark.index
        if closed > last and self._source.text[closed - 1] in "]}":
            last = closed
        return Node(content, (start, last), (start, last))

    def _key(self, event: Any) -> tuple[str, Span]:  # noqa: ANN401
        span = self._span(event)
        if not isinstance(event, AliasEvent | ScalarEvent):
            raise DocumentRefused(
                (span[0], span[0] + 1),
                "a key cannot be a list or a mapping. Put {{ }} of a template in quotes",
            )
        key = self._node(event, depth=1).content
        if key == "<<" and isinstance(event, ScalarEvent) and event.style is None:
            raise DocumentRefused(span, "`<<` merges nothing in YAML 1.2: write the keys out")
        if key is None:
            raise DocumentRefused(
                span, "there is no key here: text that begins with a colon needs quotes"
            )
        if not isinstance(key, str):
            written = self._source.text[slice(*span)]
            raise DocumentRefused(span, f"a key must be text: put quotes around {visible(written)}")
        return key, span


def _character(pair: str) -> str:
    return pair.encode("utf-16", "surrogatepass").decode("utf-16")


def _check_tag(event: Any, start: int) -> None:  # noqa: ANN401 - ruamel.yaml has no types
    """Refuse tags that ask for more than plain values: some readers run code for them."""
    tag = _tag(event)
    if tag not in {None, "!"} and tag not in _KNOWN[type(event)]:
        raise DocumentRefused(
            (start, start + 1),
            f"the tag {visible(str(tag))} has no meaning here; text that begins with ! must be "
            "in quotes",
        )


def _tagged_value(event: Any, text: str, span: Span) -> Scalar:  # noqa: ANN401
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
        raise DocumentRefused(span, f"this is not what its tag {tag} says: remove the tag")
    return value


def _tag(event: Any) -> str | None:  # noqa: ANN401
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
        raise DocumentRefused(
            span, f"{word} is not a number that can be sent: write one, or remove it"
        )
    if _BASED.fullmatch(word):
        return parse_integer(word, span)
    return word
