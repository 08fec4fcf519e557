"""What can be done to a document, as far as its values go.

Pointers of operations that are done together all speak of the document as it was before.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from wanprep.pointers import last, parent, steps

if TYPE_CHECKING:
    from collections.abc import Iterable

    from wanprep.fix.job.findings import Look
    from wanprep.fix.plan.plan import Safety


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


# What must be true afterwards. worse-nowhere: no rule is broken more often than before, for no
# target. settled: besides, the value itself breaks nothing any more. anything: what is wrong
# comes to light only now.
Promise = Literal["anything", "worse-nowhere", "settled"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """Operations with one aim. Of several for one pointer that ask, the first good one is taken."""

    pointer: str
    operations: tuple[Operation, ...]
    words: str
    safety: Safety
    rules: tuple[str, ...]
    before: str
    after: str = ""
    promise: Promise = "worse-nowhere"


# Looks at a document and proposes repairs of one kind, from the safest.
Repair = Callable[["Look"], Iterator[Proposal]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One change to a job file, made or proposed."""

    document: int  # its number in the file, from 1
    pointer: str  # of the value, or of the key's value, in the document as it was then
    line: int  # in the file as it was at first
    before: str
    after: str  # empty: it is left out
    words: str  # what is done, as one would ask for it: "leave out `seed`"
    safety: Safety
    rules: tuple[str, ...]  # of the findings that it is about


@dataclass(frozen=True, slots=True)
class Left:
    """What a person must fix."""

    document: int
    pointer: str
    line: int  # in the file as it was at first
    rule: str
    words: str  # a sentence or two


@dataclass(frozen=True, slots=True, kw_only=True)
class FixedJob:
    """A job file's new text, and everything there is to say about it.

    Without changes the text is the old one. It has no byte order mark, as the text that was
    read had none, and the line ends that it had.
    """

    text: str
    changes: tuple[Change, ...] = ()
    questions: tuple[Change, ...] = ()  # changes that ask, and were not made
    left: tuple[Left, ...] = ()

    @property
    def not_fixed(self) -> tuple[str, ...]:
        """Name the rules that only a person can keep."""
        return tuple(dict.fromkeys(each.rule for each in self.left))
