"""`# wanprep: ignore[rule, ...]` in a YAML job: findings that its author accepts.

At the end of a line it covers what is found in this line, and the value whose key stands there.
On a line of its own it covers the entry below it, with all that is in it; above the first key
of a document, the whole document.
"""

from __future__ import annotations

import re
from bisect import bisect
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Final

from wanprep.config import NEVER_IGNORED
from wanprep.pointers import below
from wanprep.rules.finding import Finding, rules, unknown_rule_message

if TYPE_CHECKING:
    from wanprep.job.documents.document import Document, Node, Span
    from wanprep.job.model import Job
Place = tuple[str, str | int | None]
_IGNORE: Final = re.compile(
    r"(?:^|(?<=\s))#[ \t]*wanprep:[ \t]*ignore\b(?:[ \t]*\[(?P<rules>[^\]\r\n]*)\])?", re.MULTILINE
)
_NOTHING_BUT_COMMENTS: Final = re.compile(r"(?:[ \t]*(?:#[^\r\n]*)?(?:\r\n|\n|\r|\Z))*")
_EXAMPLE: Final = "Example: `# wanprep: ignore[codec-risky]`."


@dataclass(frozen=True, slots=True)
class Ignore:
    """One comment: the rules that it names, and what it covers."""

    rules: tuple[str, ...]
    span: Span
    line: int
    whole: bool = False  # the document
    entries: tuple[str, ...] = ()  # pointers, with all below them
    values: tuple[str, ...] = ()  # pointers, without


@dataclass(frozen=True)
class Ignores:
    """All comments of a job; they are looked up by place, since a job may have thousands."""

    comments: tuple[Ignore, ...] = ()

    @cached_property
    def _by_place(self) -> Mapping[Place, set[str]]:
        rules: dict[Place, set[str]] = {}
        for each in self.comments:
            places: list[Place] = [("line", each.line)]
            places += [("entry", pointer) for pointer in each.entries]
            places += [("value", pointer) for pointer in each.values]
            for place in [("whole", "")] if each.whole else places:
                rules.setdefault(place, set()).update(each.rules)
        return rules

    def rules_at(self, pointer: str, line: int | None) -> set[str]:
        """Return the rules that are ignored at a value."""
        if not self.comments:
            return set()
        around = [pointer[:at] for at in range(len(pointer)) if pointer[at] == "/"]
        entries = [("entry", each) for each in (*around, pointer)]
        places = [("whole", ""), ("line", line), ("value", pointer), *entries]
        return {rule for place in places for rule in self._by_place.get(place, ())}

    def cover(self, rule: str, pointer: str, line: int | None) -> bool:
        """Whether a finding is one of those that the author accepts."""
        return rule not in NEVER_IGNORED and rule in self.rules_at(pointer, line)


def inline_ignores(job: Job) -> Ignores:
    """Return the ignore comments of a job."""
    source = job.document.source
    if job.document.syntax == "json" or "wanprep:" not in source.text:
        return Ignores()
    begin, end = _span_of(job)
    strings = sorted(_strings(job.document.root, source.text))
    starts = [start for start, _ in strings]

    def is_in_string(at: int) -> bool:
        before = bisect(starts, at)
        return before > 0 and at < strings[before - 1][1]

    found = [
        each for each in _IGNORE.finditer(source.text, begin, end) if not is_in_string(each.start())
    ]
    lines = _Lines(job.document) if found else None
    return Ignores(tuple(_ignore(each, lines) for each in found if lines))


def invalid_ignores(job: Job, ignores: Ignores) -> Iterator[Finding]:
    """Report comments that name no rule that can be ignored."""
    for ignore in ignores.comments:
        place = job.document.source.place(*ignore.span)
        for message in _invalid_reasons(ignore):
            yield Finding(
                rule="ignore-invalid", severity="warning", message=message, target="",
                file=job.file, line=place.line, column=place.column, end_column=place.end_column,
            )  # fmt: skip


def _invalid_reasons(ignore: Ignore) -> Iterator[str]:
    if not ignore.rules:
        yield f"This comment names no rule. {_EXAMPLE}"
    for rule in ignore.rules:
        if rule in NEVER_IGNORED:
            yield f"`{rule}` cannot be ignored: the job cannot be sent before it is fixed."
        elif rule not in rules():
            yield f"This comment ignores nothing: {unknown_rule_message(rule)}"


def _span_of(job: Job) -> Span:
    """Return the part of the file that belongs to a document; a head of comments, to the first."""
    from wanprep.job.documents.yaml_reader import document_spans

    text, at = job.document.source.text, job.document.root.span[0]
    found = list(document_spans(text))
    number = max(index for index, (begin, _) in enumerate(found) if begin <= at)
    begin, end = found[number]
    if number == 1 and _NOTHING_BUT_COMMENTS.fullmatch(text, *found[0]):
        begin = 0
    return begin, end


def _strings(node: Node, text: str) -> Iterator[Span]:
    """List the spans of strings and keys, in which a # begins no comment."""
    match node.content:
        case tuple(items):
            for item in items:
                yield from _strings(item, text)
        case Mapping() as members:
            for member in members.values():
                yield member.key
                yield from _strings(member.node, text)
        case _:
            begin, end = node.written
            if text[begin : begin + 1] in {"|", ">"}:  # the line of the sign may have a comment
                begin = text.find("\n", begin, end) if "\n" in text[begin:end] else end
            yield begin, end


class _Lines:
    """The entries of a document by the line in which they begin."""

    def __init__(self, document: Document) -> None:
        self.source, self.root = document.source, document.root
        self.pointers: dict[int, list[str]] = {}
        for pointer, at in _entries(document.root, ""):
            self.pointers.setdefault(self.source.place(at, at).line, []).append(pointer)
        last = self.source.place(len(self.source.text), len(self.source.text)).line
        self._below: dict[int, int] = {}  # the next line that is no comment
        following = 0
        for line in range(last, 0, -1):
            self._below[line] = following
            if self.source.line_text(line).strip()[:1] not in {"", "#"}:
                following = line

    def at(self, line: int) -> tuple[str, ...]:
        """Return the entries that begin in a line."""
        return tuple(self.pointers.get(line, ()))

    def below(self, line: int) -> tuple[str, ...]:
        """Return the outermost entries that begin in the line below some comments."""
        covered = self.at(self._below.get(line, 0))
        shallowest = min((pointer.count("/") for pointer in covered), default=0)
        return tuple(each for each in covered if each.count("/") == shallowest)


def _ignore(found: re.Match[str], lines: _Lines) -> Ignore:
    named = tuple(filter(None, (name.strip() for name in (found["rules"] or "").split(","))))
    line = lines.source.place(*found.span()).line
    if found.start() < lines.root.span[0]:
        return Ignore(named, found.span(), line, whole=True)
    if lines.source.line_text(line).lstrip().startswith("#"):
        return Ignore(named, found.span(), line, entries=lines.below(line))
    return Ignore(named, found.span(), line, values=lines.at(line))


def _entries(node: Node, pointer: str) -> Iterator[tuple[str, int]]:
    """List the pointers of all entries, and where they begin: at their key, or at themselves."""
    match node.content:
        case tuple(items):
            for index, item in enumerate(items):
                yield below(pointer, index), item.span[0]
                yield from _entries(item, below(pointer, index))
        case Mapping() as members:
            for name, member in members.items():
                yield below(pointer, name), member.key[0]
                yield from _entries(member.node, below(pointer, name))
