"""A document as its reader saw it: values that still know where they stand."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

Scalar = str | int | float | bool | None
Span = tuple[int, int]  # offsets of characters in the file, the end excluded


@dataclass(frozen=True, slots=True)
class Node:
    """A value and where it stands; `written` is where a text's own characters are.

    The two differ where YAML repeats a value by an alias, and by the empty lines at the end of
    a block of text.
    """

    content: Scalar | tuple[Node, ...] | Mapping[str, Member]
    span: Span
    written: Span


@dataclass(frozen=True, slots=True)
class Member:
    """One entry of a mapping: where its key stands, and its value."""

    key: Span
    node: Node


def children(node: Node) -> Iterator[Node]:
    """List the values that a value holds directly."""
    if isinstance(node.content, tuple):
        yield from node.content
    elif isinstance(node.content, Mapping):
        yield from (member.node for member in node.content.values())


def plain(node: Node) -> Any:  # noqa: ANN401 - JSON
    """Return a node's value as JSON has it."""
    if isinstance(node.content, tuple):
        return [plain(item) for item in node.content]
    if isinstance(node.content, Mapping):
        return {key: plain(member.node) for key, member in node.content.items()}
    return node.content


def step(node: Node, name: str) -> Member | None:
    """Go one part of a JSON pointer down; an item of a list has no key but its own place."""
    if isinstance(node.content, Mapping):
        return node.content.get(name)
    if isinstance(node.content, tuple) and name.isdecimal() and int(name) < len(node.content):
        item = node.content[int(name)]
        return Member(item.span, item)
    return None
