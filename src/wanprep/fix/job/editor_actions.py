"""What an editor offers beside fixes: to move a reference, and to ignore a finding."""

from __future__ import annotations

import json
import re
from itertools import groupby
from typing import TYPE_CHECKING, Final

from wanprep.check.ignores import inline_ignores
from wanprep.config import NEVER_IGNORED
from wanprep.dataclass import dataclass
from wanprep.errors import UsageError
from wanprep.fix.job.changes import Add, Put, Respell, value_at
from wanprep.fix.job.edits import Edits, parse_draft, possible_edits
from wanprep.fix.job.text import Edit, apply_edits, collection_at
from wanprep.job.model import parse_jobs
from wanprep.job.references.binding import bind, names_of, nearest_style
from wanprep.job.references.dialects import FRAME, PLAIN
from wanprep.job.roles import OWN_NAME
from wanprep.pointers import parent

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from wanprep.check.inputs import Case
    from wanprep.fix.job.changes import Operation
    from wanprep.fix.job.edits import Edits
    from wanprep.job.model import Job
    from wanprep.job.references.binding import BoundToken, Replacement
    from wanprep.job.references.dialects import Dialect, ReferenceName
    from wanprep.rules.finding import Finding

_NUMBER: Final = re.compile("[0-9]+")
_OWN_NAME: Final = re.compile("[A-Za-z][A-Za-z0-9_]*")


class CannotMove(UsageError):
    """A reference stays where it is; why, and what to do."""


@dataclass(frozen=True, slots=True)
class Move:
    """A reference and its new place, by their indexes in the list."""

    start: int
    end: int

    def apply(self, items: Sequence[object]) -> list[object]:
        """Return a list with the item in its new place."""
        moved = [*items]
        moved.insert(self.end, moved.pop(self.start))
        return moved


def dialect_of_case(case: Case) -> Dialect:
    """Return how the first target of a job names references."""
    return next((target.dialect(case.intent) for target in case.targets), PLAIN)


def move_reference(case: Case, move: Move) -> Edits:
    """Edit the list and the prompt of a job; raise CannotMove where that cannot be written."""
    document, references = case.job.written, case.intent.references
    edits = [*_swap_entries(case, move), *_renumber(case, move)]
    text = apply_edits(document.source.text, edits)
    after = parse_draft(text, case.job.file) if text is not None else None
    before = parse_draft(document.source.text, case.job.file)
    if after is None or before is None or after.comments != before.comments:
        raise CannotMove("the references cannot be moved in this text: move them by hand.")
    at = [each.root.span[0] for each in before.documents].index(document.root.span[0])
    pointer = parent(parent(references[move.start].pointer))
    written, expected = (_list_at(each.documents[at].value, pointer) for each in (after, before))
    if json.dumps(written) != json.dumps(move.apply(expected)):
        raise CannotMove("the references cannot be moved in this text: move them by hand.")
    return edits


def _list_at(value: object, pointer: str) -> Sequence[object]:
    found = value_at(value, pointer)
    return found if isinstance(found, list) else []


def _swap_entries(case: Case, move: Move) -> Iterator[Edit]:
    """Put the text of each entry in the place of another, so that all around them stays."""
    pointer = parent(parent(case.intent.references[move.start].pointer))
    entries = collection_at(case.job.written, pointer)
    if case.native or entries is None or len(entries.entries) != len(case.intent.references):
        raise CannotMove("only the entries of a list `references` can be moved.")
    spans, text = entries.entries, case.job.written.source.text
    for (start, end), source in zip(spans, move.apply(spans), strict=True):
        assert isinstance(source, tuple)  # noqa: S101 - a span
        if (start, end) != source:
            yield Edit(start, end, text[slice(*source)])


def _renumber(case: Case, move: Move) -> Edits:
    """Write the new number of each reference that the prompt names."""
    prompt = case.intent.prompt
    if prompt is None:
        return []
    dialect, kinds = dialect_of_case(case), [each.name for each in case.intent.references]
    renamed = _new_names(kinds, move, dialect)
    order = names_of([str(kind) for kind in move.apply(kinds)], dialect)
    spelled: list[Replacement] = []
    tokens = [each for each in bind(prompt.text, kinds, dialect).tokens if each.reference]
    for span, members in groupby(tokens, key=lambda each: each.token.span):
        words = _words([*members], renamed, dialect, order)
        if words != prompt.text[slice(*span)]:
            spelled.append((span, words))
    operation = Respell(prompt.pointer, tuple(spelled))
    edits = next(possible_edits(case.job.written, [operation]), None) if spelled else []
    if edits is None:
        raise CannotMove("the names in this prompt cannot be rewritten: move it by hand.")
    return edits


def rename_reference(case: Case, index: int, new: str) -> Edits:
    """Give a reference another own name, or its first one, in its entry and in the prompt."""
    reference, prompt = case.intent.references[index], case.intent.prompt
    own, name = reference.own_name, new.removeprefix("@")
    others = {each.own_name.text for each in case.intent.references if each.own_name}
    if not _OWN_NAME.fullmatch(name) or name in others or (case.native and not own):
        raise CannotMove(
            f"{new!r} cannot be the name of this reference: use a word of letters, digits and _"
            " that no other reference has."
        )
    entry = parent(reference.pointer)
    operations: list[Operation] = [Put(own.pointer, name) if own else Add(entry, OWN_NAME, name)]
    if prompt:
        dialect, kinds = dialect_of_case(case), [each.name for each in case.intent.references]
        owner = (kinds[index], kinds[: index + 1].count(kinds[index]))
        spans = [each.token.span for each in bind(prompt.text, kinds, dialect).tokens
                 if each.reference == owner]  # fmt: skip
        respelled = tuple((span, f"@{name}") for span in dict.fromkeys(spans))
        operations.append(Respell(prompt.pointer, respelled))
    edits = next(possible_edits(case.job.written, operations), None)
    if edits is None:
        raise CannotMove("the name cannot be rewritten in this text: change it by hand.")
    return edits


def _new_names(
    kinds: Sequence[str], move: Move, dialect: Dialect
) -> dict[ReferenceName, ReferenceName]:
    places = [place for place, kind in enumerate(kinds)
              if names_of([kind], dialect)]  # fmt: skip
    names = dict(zip(places, names_of(kinds, dialect), strict=True))
    moved = move.apply([names.get(place) for place in range(len(kinds))])
    after = iter(names_of([str(kind) for kind in move.apply(kinds)], dialect))
    return {old: next(after) for old in moved if isinstance(old, tuple)}


def _words(
    members: Sequence[BoundToken],
    renamed: dict[ReferenceName, ReferenceName],
    dialect: Dialect,
    order: Sequence[ReferenceName],
) -> str:
    """Spell a name as before with another number; a range or "the first image" as the style."""
    references = [each.reference for each in members if each.reference]
    new = [name if name[0] == FRAME else renamed[name] for name in references]
    token = members[0].token
    if new == references or dialect.is_own(token, references[0]):
        return token.text
    if len(members) == 1 and len(_NUMBER.findall(token.text)) == 1:
        row = dialect.row(token.style, token.kind, order)
        number = row.index(new[0]) + dialect.form_of(token.style).first
        return _NUMBER.sub(str(number), token.text)
    if not any(map(dialect.can_write, dialect.styles)):
        raise CannotMove(f"`{token.text}` in the prompt cannot be renumbered: move it by hand.")
    style = nearest_style(token.style, dialect)
    return ", ".join(dialect.write(name, style, order) for name in new)


_IGNORED: Final = re.compile(r"#[ \t]*wanprep:[ \t]*ignore\[[^\]\r\n]*(?=\])")


def ignore_finding(job: Job, finding: Finding) -> Edits | None:
    """Edit the text of a job so that a finding is ignored; None where no comment can do that."""
    if job.document.syntax == "json" or finding.rule in NEVER_IGNORED or finding.line is None:
        return None
    source = job.document.source
    for edit in _possible_comments(job, finding.rule, finding.pointer, finding.line):
        text = apply_edits(source.text, [edit])
        read = parse_jobs(text, job.file, job.roles) if text is not None else None
        line = finding.line + (source.place(edit.start, edit.start).line <= finding.line) * (
            edit.text.count("\n")
        )
        for after in read.jobs if read else ():
            covers = inline_ignores(after).cover(finding.rule, finding.pointer, line)
            if after.number == job.number and after.raw == job.raw and covers:
                return [edit]
    return None


def _possible_comments(job: Job, rule: str, pointer: str, line: int) -> Iterator[Edit]:
    """List comments in the line, then above the entry: in the line they may be part of a text."""
    document, source = job.document, job.document.source
    text = source.line_text(line)
    start = source.offset(line, 1)
    if before := _IGNORED.search(text):
        yield Edit(start + before.end(), start + before.end(), f", {rule}")
    end = start + len(text.rstrip())
    yield Edit(end, end, f"  # wanprep: ignore[{rule}]")
    place = document.key_place(pointer)
    above = source.line_text(place.line)
    indent = above[: len(above) - len(above.lstrip())]
    start = source.offset(place.line, 1)
    line_break = "\r\n" if "\r\n" in source.text else "\n"
    yield Edit(start, start, f"{indent}# wanprep: ignore[{rule}]{line_break}")
