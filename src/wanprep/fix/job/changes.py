"""Operations on the values of a document, the changes proposed with them, and their outcome.

Pointers of operations that are done together all refer to the document as it was before.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import KW_ONLY  # noqa: TC003 - looked up by `dataclass`
from typing import TYPE_CHECKING, Any, Literal

from wanprep.dataclass import dataclass
from wanprep.pointers import last, parent, steps

if TYPE_CHECKING:
    from collections.abc import Iterable

    from wanprep.fix.job.judged_document import JudgedDocument
    from wanprep.fix.plan.plan import Safety
    from wanprep.job.documents import DocumentFile
    from wanprep.job.model import JobFile
    from wanprep.job.references.binding import Replacement


@dataclass(frozen=True, slots=True)
class Put:
    """Write another value."""

    pointer: str
    value: Any


@dataclass(frozen=True, slots=True)
class Respell:
    """Replace some characters of a string."""

    pointer: str
    replacements: tuple[Replacement, ...]  # in the order of the text

    def apply(self, text: str) -> str:
        """Return the string with its replacements."""
        for (start, end), written in reversed(self.replacements):
            text = text[:start] + written + text[end:]
        return text


@dataclass(frozen=True, slots=True)
class Add:
    """Add an entry at the end of a mapping."""

    pointer: str  # of the mapping
    key: str
    value: Any


@dataclass(frozen=True, slots=True)
class Drop:
    """Remove an entry of a mapping or of a list."""

    pointer: str


@dataclass(frozen=True, slots=True)
class Rename:
    """Write another key."""

    pointer: str
    key: str


Operation = Put | Respell | Add | Drop | Rename


def is_applicable(value: Any, operation: Operation) -> bool:  # noqa: ANN401 - JSON
    """Whether what is changed is there: the job may be written in a short form."""
    if isinstance(operation, Add):
        return isinstance(value_at(value, operation.pointer), dict)
    container, name = value_at(value, parent(operation.pointer)), last(operation.pointer)
    if isinstance(container, list):
        return name.isdecimal() and int(name) < len(container)
    return isinstance(container, dict) and name in container


def apply_operations(value: Any, operations: Iterable[Operation]) -> None:  # noqa: ANN401 - JSON
    """Apply operations to plain values, in place."""
    for operation in sorted(operations, key=_order):
        if isinstance(operation, Add):
            value_at(value, operation.pointer)[operation.key] = operation.value
            continue
        container, name = value_at(value, parent(operation.pointer)), last(operation.pointer)
        index = int(name) if isinstance(container, list) else name
        match operation:
            case Put():
                container[index] = operation.value
            case Respell():
                container[index] = operation.apply(container[index])
            case Drop():
                del container[index]
            case Rename(key=key):
                entries = [(key if old == name else old, kept) for old, kept in container.items()]
                container.clear()
                container.update(entries)


def _order(operation: Operation) -> tuple[int, int]:
    """Put first what moves nothing, and the later entries of a list before the earlier ones."""
    name = last(operation.pointer)
    position = (Put, Respell, Add, Drop, Rename).index(type(operation))
    return position, -int(name) if isinstance(operation, Drop) and name.isdecimal() else 0


def value_at(value: Any, pointer: str) -> Any:  # noqa: ANN401 - JSON
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


def drop_with_empty_parent(value: Any, pointer: str) -> Drop:  # noqa: ANN401 - JSON
    """Drop an entry; where it is the only one, the key of the empty container goes with it."""
    home = parent(pointer)
    is_only = len(value_at(value, home)) == 1
    is_removable = home.count("/") > home.startswith("/body")
    if is_only and is_removable and isinstance(value_at(value, parent(home)), dict):
        return drop_with_empty_parent(value, home)
    return Drop(pointer)


# The condition for keeping a change. not-worse: no rule is broken more often than before, for no
# target. solved: besides, the value itself breaks none of the rules any more. always: a change
# that only shows what is wrong.
Condition = Literal["always", "not-worse", "solved"]


@dataclass(frozen=True, slots=True)
class Change:
    """One change to a job file, proposed or applied."""

    pointer: str  # of the value, or of the key's value, in the document as it was then
    operations: tuple[Operation, ...]
    words: str  # an imperative: "leave out `seed`"
    _: KW_ONLY
    before: str
    after: str = ""  # empty: it is left out
    rules: tuple[str, ...] = ()  # of the findings that it is about
    safety: Safety = "safe"
    keep_if: Condition = "not-worse"
    document: int = 0  # its number in the file, from 1; 0 while it is only proposed
    line: int = 0  # in the original file


# A function that proposes changes of one kind to a document, the safest first.
JobFix = Callable[["JudgedDocument"], Iterator[Change]]


def propose_value(
    judged: JudgedDocument,
    pointer: str,
    value: Any,  # noqa: ANN401 - JSON
    words: str,
    rules: tuple[str, ...] = (),
    *,
    safety: Safety = "safe",
    keep_if: Condition = "not-worse",
) -> Change:
    """Propose another value."""
    before, after = format_value(value_at(judged.value, pointer)), format_value(value)
    operations = (Put(pointer, value),)
    return Change(
        pointer, operations, words,
        before=before, after=after, rules=rules, safety=safety, keep_if=keep_if,
    )  # fmt: skip


def propose_key(pointer: str, key: str, rule: str, *, certain: bool) -> Change:
    """Propose another key; its value must be judged again."""
    before = last(pointer)
    return Change(
        pointer, (Rename(pointer, key),), f"write the key `{key}` instead of `{before}`",
        before=before, after=key, rules=(rule,), safety="safe" if certain else "asks",
        keep_if="always",
    )  # fmt: skip


def propose_removal(
    judged: JudgedDocument, pointer: str, what: str, rules: tuple[str, ...], safety: Safety
) -> Change:
    """Propose to leave out an entry."""
    before = format_value(value_at(judged.value, pointer))
    operations = (drop_with_empty_parent(judged.value, pointer),)
    words = f"leave out {what}"
    return Change(pointer, operations, words, before=before, rules=rules, safety=safety)


def format_value(value: object) -> str:
    """Show a value before or after a change."""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


@dataclass(frozen=True, slots=True)
class Remaining:
    """A problem that a person must fix."""

    document: int
    pointer: str
    line: int  # in the original file
    rule: str
    message: str


@dataclass(frozen=True, slots=True)
class FindingKey:
    """What distinguishes the findings of a job file: where they are reported."""

    target: str  # empty for problems of the document itself
    rule: str
    line: int
    column: int


@dataclass(frozen=True, slots=True)
class Fixable:
    """Which findings about a job file go away when it is fixed."""

    without_asking: frozenset[FindingKey]
    with_consent: frozenset[FindingKey]


@dataclass(frozen=True, slots=True, kw_only=True)
class FixedJob:
    """A job file's new text, its changes, and what is not fixed.

    Without changes the text is the old one. It has no byte order mark, as the text that was
    read had none, and the line ends of the file.
    """

    text: str
    changes: tuple[Change, ...] = ()
    questions: tuple[Change, ...] = ()  # changes that need a yes, and were not applied
    remaining: tuple[Remaining, ...] = ()
    parsed: DocumentFile | None = None  # what a predicted text is read as, where that is certain

    @property
    def has_news(self) -> bool:
        """Whether there is anything to report."""
        return bool(self.changes or self.questions or self.remaining)

    @property
    def not_fixed(self) -> tuple[str, ...]:
        """The rules that only a person can fix."""
        return tuple(dict.fromkeys(each.rule for each in self.remaining))


@dataclass(frozen=True, slots=True)
class PlannedJob:
    """A job file, where its result goes, and what is in it."""

    file: JobFile
    result: str
    fixed: FixedJob
    problem: str = ""  # why it could not be written
    is_earlier: bool = False  # an earlier run has written the same, which would be kept
