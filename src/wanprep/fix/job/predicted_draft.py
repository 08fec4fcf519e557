"""What a YAML text with an edit would be read as, where that is certain without reading it.

Only so that a check need not read a job again for each change; what is written is always read.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from wanprep.dataclass import dataclass
from wanprep.fix.job.changes import Drop, Put, Rename, Respell
from wanprep.job.documents.document import Document, Member, Node, SourceText
from wanprep.pointers import below, last, parent

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from wanprep.fix.job.changes import Operation
    from wanprep.fix.job.text import Edit
    from wanprep.job.documents.document import Span

# Tags, anchors, aliases and explicit keys give what is beside them another meaning; tabs and
# rare line ends give spaces one.
_UNCERTAIN: Final = re.compile(
    r"[\t\r\x85\u2028\u2029\ufeff]|(?:^|[\s,\[{:?-])(?:[&*]\S|!)|^[ -]*\?\s|^%", re.MULTILINE
)
_KEY: Final = re.compile(r"([\"']?)[A-Za-z_][\w-]*\1", re.ASCII)
_SCALAR: Final = re.compile(
    r"(?:[A-Za-z]\w*|-?\d{1,15}(?:\.\d+)?|[1-9]\d*[pPkK])|\"[ !#-\[\]-~]*\"|'[ -&(-~]*'", re.ASCII
)
_WORDS: Final = re.compile(r"[^\W\d_]\w*(?: \w+)*")


def predict_document(
    document: Document, operation: Operation, edits: Sequence[Edit], text: str
) -> Document | None:
    """Return the document that `text` has after an edit; None where that is not certain."""
    before = document.source.text
    if document.syntax == "json" or not before.endswith("\n") or _UNCERTAIN.search(before):
        return None
    if not _is_certain(document, operation, edits):
        return None
    return Document(
        SourceText(text), _Prediction(operation, edits, before).node(document.root, ""), "yaml"
    )


def _is_certain(document: Document, operation: Operation, edits: Sequence[Edit]) -> bool:
    text, member = document.source.text, document.find(operation.pointer)
    if member is None or not edits:
        return False
    start, end = span = member.node.span
    old, new = text[start:end], edits[0].text
    match operation:
        case Put(value=value) if not isinstance(member.node.content, tuple | Mapping):
            is_scalar = (
                not isinstance(value, list | dict) and (edits[0].start, edits[0].end) == span
            )
            alone = text[start - 1].isspace() and (text[end].isspace() or text[end] in ",]}")
            return bool(is_scalar and alone and old and "\n" not in old and _SCALAR.fullmatch(new))
        case Rename(key=key):
            old_key, home = text[slice(*member.key)], document.find(parent(operation.pointer))
            written = (_KEY.fullmatch(old_key), _KEY.fullmatch(new))
            is_same_style = written[0] and written[1] and written[0][1] == written[1][1]
            siblings = home.node.content if home else ()
            return bool(is_same_style) and isinstance(siblings, Mapping) and key not in siblings
        case Respell():
            return all(
                _WORDS.fullmatch(each.text) and "\n" not in text[each.start : each.end]
                for each in edits
            ) and (edits[0].start, edits[0].end) != span  # fmt: skip
        case Drop():
            return _is_certain_drop(document, member, operation.pointer, edits)
        case _:
            return False


def _is_certain_drop(
    document: Document, member: Member, pointer: str, edits: Sequence[Edit]
) -> bool:
    """Whether whole lines of one entry of an indented mapping are dropped."""
    text, home = document.source.text, document.find(parent(pointer))
    siblings = home.node.content if home else ()
    if home is None or not isinstance(siblings, Mapping) or len(siblings) < 2:
        return False
    begin, end = member.key[0], max(member.key[1], member.node.span[1])
    lines = text.rfind("\n", 0, begin) + 1, text.find("\n", end) + 1
    names = [*siblings]
    at = names.index(last(pointer))
    above = siblings[names[at - 1]].node if at else None
    while above and (children := [*above.children()]):
        above = children[-1]
    return (
        text[home.node.span[0]] != "{"
        and not text[lines[0] : begin].strip()
        and "\n" not in text[begin:end]
        and [(each.start, each.end) for each in edits] == [lines]
        # A block of text would go on with the comments and empty lines below the entry.
        and not (above and text[above.span[0]] in "|>")
    )


@dataclass(frozen=True, slots=True)
class _Prediction:
    operation: Operation
    edits: Sequence[Edit]
    text: str  # before the edits

    def node(self, node: Node, pointer: str) -> Node:
        """Return a node as it will be read."""
        if max(node.span[1], node.written[1]) < self.edits[0].start:
            return node
        span, written = self._moved(node.span), self._moved(node.written)
        is_block = self.text[node.span[0] : node.span[0] + 1] not in {"[", "{"}
        match node.content:
            case Mapping() as members:
                new = dict(self._members(members, pointer))
                if new and is_block:
                    final = next(reversed(new.values()))
                    start = next(iter(new.values())).key[0]
                    span = written = start, max(final.key[1], final.node.span[1])
                return Node(new, span, written)
            case tuple(items):
                nodes = tuple(self.node(each, below(pointer, at)) for at, each in enumerate(items))
                if nodes and is_block:
                    span = written = span[0], nodes[-1].span[1]
                return Node(nodes, span, written)
            case content if pointer == self.operation.pointer:
                return Node(self._changed(content), span, written)
            case content:
                return Node(content, span, written)

    def _members(self, members: Mapping[str, Member], pointer: str) -> Iterator[tuple[str, Member]]:
        for name, member in members.items():
            here = below(pointer, name)
            key = name
            match self.operation:
                case Drop(pointer=changed) if changed == here:
                    continue
                case Rename(pointer=changed, key=new) if changed == here:
                    key = new
            yield key, Member(self._moved(member.key), self.node(member.node, here))

    def _changed(self, content: Any) -> Any:  # noqa: ANN401 - JSON
        match self.operation:
            case Put(value=value):
                return value
            case Respell():
                return self.operation.apply(content)
        return content

    def _moved(self, span: Span) -> Span:
        start, end = span
        for edit in self.edits:
            length = len(edit.text) - (edit.end - edit.start)
            start += length if edit.end <= span[0] else 0
            end += length if edit.end <= span[1] else 0
        return start, end
