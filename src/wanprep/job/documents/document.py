"""One document of a job file: plain values, and the place of each in the file."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from wanprep.job.documents.character_spans import character_spans
from wanprep.job.documents.node import Member, plain, step

if TYPE_CHECKING:
    from collections.abc import Iterator

    from wanprep.job.documents.character_spans import CharacterSpans
    from wanprep.job.documents.node import Node, Span
    from wanprep.job.documents.place import Place, SourceText


@dataclass(frozen=True, slots=True)
class Document:
    """A document that could be read. Pointers are JSON pointers: `/references/0/image`."""

    source: SourceText
    root: Node
    syntax: Literal["json", "yaml"]
    _spans: dict[Span, CharacterSpans | None] = field(
        default_factory=dict, init=False, repr=False, compare=False
    )

    @property
    def value(self) -> Any:  # noqa: ANN401 - JSON
        """The document as JSON values."""
        return plain(self.root)

    def place(self, pointer: str) -> Place:
        """Tell where a value stands; for what is absent, where it would belong."""
        return self.source.place(*self._nearest(pointer).node.span)

    def key_place(self, pointer: str) -> Place:
        """Tell where a value's key stands; what has none stands for itself."""
        return self.source.place(*self._nearest(pointer).key)

    def place_within(self, pointer: str, start: int, end: int) -> Place:
        """Tell where some characters of a text stand, given as offsets into its value."""
        node = self._nearest(pointer).node
        text = node.content
        spans = self._character_spans(node, text) if isinstance(text, str) else None
        if not spans or not isinstance(text, str) or not 0 <= start < end <= len(text):
            return self.source.place(*node.span)
        begin = node.written[0]
        return self.source.place(begin + spans[start][0], begin + spans[end - 1][1])

    def _character_spans(self, node: Node, text: str) -> CharacterSpans | None:
        if node.written not in self._spans:
            raw = self.source.text[slice(*node.written)]
            self._spans[node.written] = character_spans(raw, text)
        return self._spans[node.written]

    def line_text(self, line: int) -> str:
        """Return a line of the file, to be shown above a caret."""
        return self.source.line_text(line)

    def _nearest(self, pointer: str) -> Member:
        found = Member(self.root.span, self.root)
        for name in steps(pointer):
            inner = step(found.node, name)
            if inner is None:
                break
            found = inner
        return found


@dataclass(frozen=True, slots=True)
class Broken:
    """A document that could not be read, and where and why reading it ended."""

    place: Place
    message: str


def steps(pointer: str) -> Iterator[str]:
    """Take a JSON pointer apart (RFC 6901)."""
    return (part.replace("~1", "/").replace("~0", "~") for part in pointer.split("/")[1:])


def below(pointer: str, name: str | int) -> str:
    """Point one step further down."""
    return f"{pointer}/{str(name).replace('~', '~0').replace('/', '~1')}"
