"""The targets, and one target, as text for a terminal."""

from __future__ import annotations

import io
from collections import Counter
from itertools import groupby
from typing import TYPE_CHECKING, Any, Final

import click

from wanprep.rules.limits import (
    default_of,
    limit_of,
    main_bound,
    model_title,
    name_of,
    parameters,
    parts,
    rows,
)
from wanprep.rules.load_target import listed_of
from wanprep.text import join_words, wrap

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from datetime import date

    from wanprep.rules.bounds import Bound, Schema
    from wanprep.rules.load_target import Listed
    from wanprep.rules.target import Target

_SEVERITIES: Final = ("error", "warning", "note")
_UNSAID: Final = frozenset({"kind"})  # the role says it
_ONE_LINE: Final = frozenset({"callback", "callback_url"})  # -v lists all about it
_IN_FULL: Final = frozenset({  # what only -v lists
    "references named in the prompt", "references that the prompt does not use",
})  # fmt: skip
_INDENT: Final = "  "
_NAMES: Final = 30  # characters of names that share a row


def list_lines(targets: Iterable[Listed], today: date) -> Iterator[str]:
    """List targets by provider, and mark those that end or have ended."""
    chosen = [*targets]
    width = max(len(target.id) for target in chosen)
    for provider, group in groupby(chosen, key=lambda target: target.title.partition(":")[0]):
        yield click.style(provider, bold=True)
        for target in group:
            default = " (default)" if target.is_default else ""
            yield f"  {target.id:<{width}}  {model_title(target)}{default}"
            if end := end_of(target, today):
                yield f"  {'':<{width}}  {end}"


def end_of(target: Listed, today: date) -> str:
    """Say when a target ends or has ended, and what replaces it."""
    if target.until is None:
        return ""
    has_ended = target.until < today.isoformat()
    instead = f"; use {target.replaced_by}" if target.replaced_by else ""
    words = f"{'retired: ended on' if has_ended else 'ends on'} {target.until}{instead}"
    return click.style(words, fg="red" if has_ended else "yellow")


class TargetTable:
    """The limits of a target on one screen, with numbers for their sources."""

    def __init__(self, target: Target, width: int) -> None:
        self._target, self._width = target, width
        self._sources: dict[str, int] = {}
        self._conditions: dict[str, dict[str, None]] = {}  # the names of what each is about
        self._in_cells: set[str] = set()  # conditions that a cell has in full
        self._number(target.docs[0])
        self._plain = ("error", target.docs[0])
        self._usual = self._plain  # severity and source of what has no mark

    def lines(self, today: date) -> Iterator[str]:
        """Return the lines of the table."""
        target = self._target
        yield click.style(f"{target.id}: {target.title}", bold=True)
        yield self._wrap(target.summary)
        if end := end_of(listed_of(target.data), today):
            yield end
        yield from ("", self._files(), "", self._job(), *self._prompt_names(), *self._price())
        others = {text: names for text, names in self._conditions.items()
                  if text not in self._in_cells}  # fmt: skip
        if others:
            yield click.style("\nIn some cases", bold=True)
            for text, names in others.items():
                yield self._wrap(f"- {', '.join(names)}: {text}", _INDENT, 4)
        yield click.style("\nSources", bold=True) + " ([1] where nothing else is said)"
        yield from (f"  [{number}] {doc}" for doc, number in self._sources.items())

    def _wrap(self, text: str, first: str = "", rest: int = 0) -> str:
        return wrap(text, self._width, first=first, rest=" " * rest)

    def _files(self) -> str:
        """Return a table with a column for each role; roles with the same limits share one."""
        taken = {role: schema for role, schema in self._target.roles.items()
                 if self._target.has_role(role)}  # fmt: skip
        usual = self._choose_usual(taken.values())
        cells = {role: self._cells(schema, f"{role} ") for role, schema in taken.items()}
        columns: dict[tuple[tuple[str, str], ...], list[str]] = {}
        for role, of_role in cells.items():
            columns.setdefault(tuple(of_role.items()), []).append(role)
        names = dict.fromkeys(name for of_role in cells.values() for name in of_role)
        headings = (",\n".join(roles).replace("_", " ") for roles in columns.values())
        table = [["", *headings]]
        same: dict[tuple[str, ...], list[str]] = {}  # the names of rows with the same cells
        for name in names:
            same.setdefault(tuple(dict(column).get(name, "") for column in columns), []).append(
                name
            )
        table += [[", ".join(of_row), *row] for row, of_row in same.items()]
        left_out = [role for role in self._target.roles if role not in taken]
        grid = usual + _grid(table, self._width)
        return f"{grid}\nNot accepted: {join_words(left_out, 'or')}" if left_out else grid

    def _job(self) -> str:
        """Return a table of what a job may have, and of its parameters with their defaults."""
        usual = self._choose_usual([self._target.job])
        cells = self._cells(self._target.job, "")
        table = [["", "allowed", "default"]]
        fields = parameters(self._target)
        lines = [(name, text, "") for name, text in cells.items() if name not in fields]
        lines += [(name, cells.get(name, ""), _value(default_of(self._target, name)))
                  for name in fields]  # fmt: skip
        for name, *row in lines:
            names = f"{table[-1][0]}, {name}"
            if table[-1][1:] == row and len(names) <= _NAMES:
                table[-1][0] = names
            else:
                table.append([name, *row])
        return usual + _grid(table, self._width)

    def _choose_usual(self, schemas: Iterable[Schema]) -> str:
        """Leave out the most frequent mark of a table, and return the line that says so."""
        marks = Counter(_mark_of([main_bound(group)]) for schema in schemas
                        for group in rows(schema))  # fmt: skip
        [(self._usual, _)] = marks.most_common(1) or [(self._plain, 0)]
        if self._usual == self._plain:
            return ""
        severity, doc = self._usual
        return f"{severity.capitalize()}s of [{self._number(doc)}], unless marked:\n"

    def _cells(self, schema: Schema, role: str) -> dict[str, str]:
        """Describe what is allowed by the name of the fact, parameter or part of a job."""
        by_name: dict[str, list[Bound]] = {}
        for group in rows(schema):
            bound = main_bound(group)
            if not bound.path or bound.path[-1] not in _UNSAID:
                by_name.setdefault(_short_name(bound), []).append(bound)
        cells = {}
        for name, found in by_name.items():
            if name in _IN_FULL:
                continue
            shown = [bound for bound in found if not bound.is_conditional]
            if shown or role or name in parameters(self._target):
                cells[name] = self._cell(shown or found) if shown or role else self._cases(found)
            for bound in found if name not in _ONE_LINE else ():
                says = bound.source.get("says", "")
                if bound.is_conditional and says not in cells.get(name, "") and (shown or not role):
                    self._add_condition(f"{role}{name}", bound)
        return cells

    def _cases(self, found: Sequence[Bound]) -> str:
        """Describe what is allowed in each case, as the sources say it; the usual one first."""
        worst = min((bound.severity for bound in found), key=_SEVERITIES.index)
        serious = [bound for bound in found if bound.severity == worst]
        says = dict.fromkeys(bound.source.get("says", "") for bound in serious)
        self._in_cells.update(says)
        return "; ".join(sorted(says, key=len)) + self._marks(serious)

    def _cell(self, found: Sequence[Bound]) -> str:
        """Describe the bounds of one thing, each once, and mark what is no error."""
        texts: dict[str, list[Bound]] = {}
        for bound in found:
            texts.setdefault(_allowed(bound), []).append(bound)
        return "; ".join(f"{text}{self._marks(bounds)}" for text, bounds in texts.items())

    def _marks(self, found: Sequence[Bound], usual: tuple[str, str] | None = None) -> str:
        severity, doc = _mark_of(found)
        usual_severity, usual_doc = usual or self._usual
        mark = "" if severity == usual_severity else f" ({severity})"
        return mark + ("" if doc == usual_doc else f" [{self._number(doc)}]")

    def _add_condition(self, name: str, bound: Bound) -> None:
        says = bound.source.get("says", "")
        if bound.severity != "note":  # -v has those
            marks = self._marks([bound], self._plain)
            self._conditions.setdefault(says + marks, {})[name.removeprefix("count of ")] = None

    def _number(self, doc: str) -> int:
        return self._sources.setdefault(doc, len(self._sources) + 1)

    def _prompt_names(self) -> Iterator[str]:
        styles = self._target.data.get("prompt_styles")
        if styles:
            yield self._wrap(f"The prompt names references as: {', '.join(styles)}")

    def _price(self) -> Iterator[str]:
        price: Mapping[str, Any] = self._target.data.get("price") or {}
        if price:
            source = price.get("x-source", {})
            number = self._number(source.get("doc", ""))
            says = price.get("look") or source.get("says", "")
            yield self._wrap(f"Price: {says} [{number}]", rest=2)


def _mark_of(found: Sequence[Bound]) -> tuple[str, str]:
    """Return the severity and the source of bounds that share a cell."""
    worst = min((bound.severity for bound in found), key=_SEVERITIES.index)
    return worst, found[0].source.get("doc", "")


def _short_name(bound: Bound) -> str:
    return bound.path[0] if bound.path[1:] == ("length",) else name_of(bound)


def _allowed(bound: Bound) -> str:
    """Describe what a bound allows, where need be in the words of its source."""
    if bound.value is False:
        return "no"
    limit = limit_of(bound).partition(": ")[2]
    is_length = bound.keyword == "maxLength" or bound.path[-1:] == ("length",)
    return f"{limit} characters" if is_length else limit or bound.source.get("says", "")


def _value(value: object) -> str:
    return (
        "" if value in (None, "") else str(value).lower() if value in (True, False) else str(value)
    )


def _grid(rows: list[list[str]], width: int) -> str:
    """Lay out a table; the first row is its heading."""
    from rich.console import Console
    from rich.table import Table

    table = Table(box=None, padding=(0, 2, 0, 0), pad_edge=False)
    for heading in rows[0]:
        table.add_column(heading, overflow="fold")
    for row in rows[1:]:
        table.add_row(*row)
    screen = io.StringIO()
    console = Console(file=screen, width=width, no_color=True, highlight=False, markup=False)
    console.print(table)
    return "\n".join(line.rstrip() for line in screen.getvalue().splitlines())


def all_limits(target: Target, width: int) -> Iterator[str]:
    """List every limit of a target with its rules and its source, and what is not checked."""
    yield f"{target.id}\n{target.title}\n{wrap(target.summary, width)}\n"
    sources: dict[str, int] = {}
    for name, schema in parts(target).items():
        groups = list(rows(schema))
        if groups:
            yield f"\n{name}\n"
            yield from (_row(group, sources, width) for group in groups)
    yield "\nSources\n"
    yield from (f"  [{number}] {doc}\n" for doc, number in sources.items())
    yield "\nNot checked\n"
    yield from (wrap(note, width, first="  - ", rest="    ") + "\n" for note in target.unchecked)


def _row(group: list[Bound], sources: dict[str, int], width: int) -> str:
    first = main_bound(group)
    rules = ", ".join(dict.fromkeys(bound.rule for bound in group))
    number = sources.setdefault(first.source.get("doc", ""), len(sources) + 1)
    confidence = first.source.get("confidence", "")
    doubt = "" if confidence == "documented" else f", {confidence}"
    tail = f"{first.severity} {rules} [{number}]{doubt}: {first.source.get('says', '')}"
    return f"  {limit_of(first)}\n{wrap(tail, width, first='      ', rest='      ')}\n"
