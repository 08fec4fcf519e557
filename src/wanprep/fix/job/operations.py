"""What can be done to a document, as far as its values go.

Pointers of operations that are done together all speak of the document as it was before.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from wanprep.pointers import last, parent, steps

if TYPE_CHECKING:
    from collections.abc import Iterable


@dataclass(frozen=True, slots=True)
class Put:
    """Write another value."""

    pointer: str
    value: Any


@dataclass(frozen=True, slots=True)
class Respell:
    """Write some characters of a text anew."""

    pointer: str
    pieces: tuple[tuple[tuple[int, int], str], ...]  # which characters, in order; what instead

    def text(self, before: str) -> str:
        """Return the text as it is to be."""
        for (start, end), written in reversed(self.pieces):
            before = before[:start] + written + before[end:]
        return before


@dataclass(frozen=True, slots=True)
class Add:
    """Write a new entry behind the others of a mapping."""

    pointer: str  # of the mapping
    key: str
    value: Any


@dataclass(frozen=True, slots=True)
class Drop:
    """Leave out an entry of a mapping or of a list."""

    pointer: str


@dataclass(frozen=True, slots=True)
class Rename:
    """Write another key."""

    pointer: str
    key: str


Operation = Put | Respell | Add | Drop | Rename


def performed(value: Any, operations: Iterable[Operation]) -> Any:  # noqa: ANN401 - JSON
    """Do it to plain values, which are changed in place: what a new text must say."""
    for operation in sorted(operations, key=_turn):
        if isinstance(operation, Add):
            at(value, operation.pointer)[operation.key] = operation.value
            continue
        holder, name = at(value, parent(operation.pointer)), last(operation.pointer)
        match operation:
            case Put(value=new):
                holder[_own(holder, name)] = new
            case Respell():
                holder[_own(holder, name)] = operation.text(at(value, operation.pointer))
            case Drop():
                del holder[_own(holder, name)]
            case Rename(key=key):
                entries = [(key if old == name else old, kept) for old, kept in holder.items()]
                holder.clear()
                holder.update(entries)
    return value


def _turn(operation: Operation) -> tuple[int, int]:
    """Put first what moves nothing, and the later entries of a list before the earlier ones."""
    name = last(operation.pointer)
    turn = (Put, Respell, Add, Drop, Rename).index(type(operation))
    return turn, -int(name) if isinstance(operation, Drop) and name.isdecimal() else 0


def at(value: Any, pointer: str) -> Any:  # noqa: ANN401 - JSON
    """Return what a pointer points at; None where there is nothing."""
    for name in steps(pointer):
        match value:
            case dict():
                value = value.get(name)
            case list() if name.isdecimal() and int(name) < len(value):
                value = value[int(name)]
            case _:
                return None
    return value


def _own(holder: Any, name: str) -> Any:  # noqa: ANN401 - a key or an index
    return int(name) if isinstance(holder, list) else name


def with_what_holds_it(value: Any, pointer: str) -> Drop:  # noqa: ANN401 - JSON
    """Drop an entry; where it is the only one, the key of what it leaves empty goes with it."""
    home = parent(pointer)
    outer = at(value, parent(home))
    alone = len(at(value, home)) == 1
    if alone and home.count("/") > (home.startswith("/body")) and isinstance(outer, dict):
        return with_what_holds_it(value, home)
    return Drop(pointer)
