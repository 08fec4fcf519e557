"""`# wanprep: ignore[rule, ...]` in a YAML job: findings that its author accepts.

At the end of a line it covers what is found in this line, and the value whose key stands there.
On a line of its own it covers the entry below it, with all that is in it; above the first key
of a document, the whole document.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from wanprep.config import NEVER_IGNORED
from wanprep.pointers import below, is_within
from wanprep.rules.finding import Finding, rules, unknown_rule_message

if TYPE_CHECKING:
    from wanprep.job.documents.document import Node, SourceText, Span
    from wanprep.job.model import Job
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

    def covers(self, pointer: str, line: int | None) -> bool:
        """Whether the comment applies to what is found at a place."""
        inside = any(is_within(pointer, entry) for entry in self.entries)
        return self.whole or inside or line == self.line or pointer in self.values


def inline_ignores(job: Job) -> tuple[Ignore, ...]:
    """Return the ignore comments of a job."""
    source = job.document.source
    if job.document.syntax == "json" or "wanprep:" not in source.text:
        return ()
    begin, end = _span_of(job)
    strings = sorted(_strings(job.document.root, source.text))
    return tuple(
        _ignore(found, job)
        for found in _IGNORE.finditer(source.text, begin, end)
        if not any(start <= found.start() < stop for start, stop in strings)
    )


def is_ignored(ignores: Iterable[Ignore], rule: str, pointer: str, line: int | None = None) -> bool:
    """Whether a finding is one of those that the author accepts."""
    return rule not in NEVER_IGNORED and any(
        rule in ignore.rules and ignore.covers(pointer, line) for ignore in ignores
    )


def ignored_rules_at(ignores: Iterable[Ignore], pointer: str, line: int) -> set[str]:
    """Return the rules that are ignored at a value."""
    return {rule for ignore in ignores if ignore.covers(pointer, line) for rule in ignore.rules}


def invalid_ignores(job: Job, ignores: tuple[Ignore, ...]) -> Iterator[Finding]:
    """Report comments that name no rule that can be ignored."""
    for ignore in ignores:
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


def _ignore(found: re.Match[str], job: Job) -> Ignore:
    source, root = job.document.source, job.document.root
    named = tuple(filter(None, (name.strip() for name in (found["rules"] or "").split(","))))
    line = source.place(*found.span()).line
    if found.start() < root.span[0]:
        return Ignore(named, found.span(), line, whole=True)
    entries = list(_entries(root, ""))
    if source.line_text(line).lstrip().startswith("#"):
        covered = _at_line(_next_line(source, line), entries, source)
        shallowest = min((pointer.count("/") for pointer in covered), default=0)
        below_it = tuple(each for each in covered if each.count("/") == shallowest)
        return Ignore(named, found.span(), line, entries=below_it)
    return Ignore(named, found.span(), line, values=_at_line(line, entries, source))


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


def _at_line(line: int, entries: list[tuple[str, int]], source: SourceText) -> tuple[str, ...]:
    return tuple(pointer for pointer, at in entries if source.place(at, at).line == line)


def _next_line(source: SourceText, line: int) -> int:
    """Find the line below some comments."""
    last = source.place(len(source.text), len(source.text)).line
    below_it = range(line + 1, last + 1)
    return next(
        (each for each in below_it if source.line_text(each).strip()[:1] not in {"", "#"}), 0
    )
