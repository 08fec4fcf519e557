"""Fix one document: change by change, each believed when its text is read and judged again."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from wanprep.fix.job.changes import Change, Left, performed
from wanprep.fix.job.edits import ways
from wanprep.fix.job.findings import Look, look
from wanprep.fix.job.keys import misplaced_keys, misspelt_keys, other_shapes
from wanprep.fix.job.moved_paths import moves
from wanprep.fix.job.native import constants, shapes, voices_by_place, voices_names
from wanprep.fix.job.parameters import ignored_parameters, unknown_parameters
from wanprep.fix.job.references import (
    dialects,
    lacking_roles,
    surplus_references,
    surplus_voices,
    voices_of_frames,
)
from wanprep.fix.job.text import Edit, comments, edited, member_at, offset_before
from wanprep.fix.job.values import nearest_values, spelt_parameters, sure_values
from wanprep.job.documents.document import Document
from wanprep.job.documents.read_documents import read_text
from wanprep.pointers import is_within, parent
from wanprep.rules.message import job_message, sentence

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

    from wanprep.check.inputs import Case
    from wanprep.fix.job.changes import Operation, Proposal, Repair
    from wanprep.job.documents.document import SourceText


@dataclass(frozen=True, slots=True)
class Draft:
    """A text, and the documents that were read from it."""

    text: str
    file: str  # the name decides how it is read
    documents: tuple[Document, ...]

    @property
    def comments(self) -> list[str]:
        """All comments, by their words."""
        return sorted(self.text[slice(*span)] for span in comments(self.documents))


def draft(text: str, file: str) -> Draft | None:
    """Read a text; None where something in it cannot be read, which must not be touched."""
    found = read_text(text, file).documents
    documents = tuple(each for each in found if isinstance(each, Document))
    return Draft(text, file, documents) if len(documents) == len(found) else None


def attempt(
    before: Draft, index: int, operations: Sequence[Operation]
) -> tuple[Draft, list[Edit]] | None:
    """Write operations into a document, if that can be done without changing anything else."""
    document = before.documents[index]
    values = [each.value for each in before.documents]
    values[index] = performed(values[index], operations)
    for edits in ways(document, operations):
        text = edited(before.text, edits)
        after = draft(text, before.file) if text is not None else None
        if after and _same(after, values) and after.comments == before.comments:
            return after, edits
    return None


def _same(after: Draft, values: list[object]) -> bool:
    """Tell whether a text says some values, in their order and of their types."""
    return [json.dumps(each.value) for each in after.documents] == [*map(json.dumps, values)]


REPAIRS: Final[tuple[Repair, ...]] = (
    misspelt_keys,
    misplaced_keys,
    other_shapes,
    constants,
    shapes,
    voices_names,
    sure_values,
    spelt_parameters,
    dialects,
    voices_of_frames,
    ignored_parameters,
    unknown_parameters,
    surplus_references,
    surplus_voices,
    voices_by_place,
    lacking_roles,
    nearest_values,
)


# A job that needs more is no job: reading it again and again would take minutes.
_MOST_CHANGES: Final = 100


_MOST_READ: Final = 1_500_000  # characters, all readings together


_BY_HAND: Final = (
    "It was not changed: what it stands in is repeated elsewhere, or holds more than could be kept."
)


@dataclass(slots=True, kw_only=True)
class DocumentFixer:
    """A document under repair, and what has been said of it."""

    draft: Draft
    index: int  # of the document in the draft
    number: int  # of the document in the file
    case: Case | None
    yes: bool
    ignored: Collection[str]
    source: SourceText  # of the whole file, as it was at first
    begin: int  # of the draft in it
    history: list[list[Edit]]
    changes: list[Change] = field(default_factory=list)
    questions: dict[str, Change] = field(default_factory=dict)
    stuck: set[str] = field(default_factory=set)  # where a text could not be written
    unmoved: tuple[Proposal, ...] = ()  # paths that could not be written
    read: int = 0  # characters

    def mend(self, moved: Mapping[str, str]) -> None:
        """Make all changes that are wanted and possible."""
        while moved and self._first(now := self._look(), moves(now, moved)):
            pass
        left = moves(self._look(), moved)
        self.unmoved = tuple(each for each in left if len(each.operations) == 1)
        while len(self.changes) < _MOST_CHANGES:
            now = self._look()
            self.questions.clear()
            self.stuck.clear()
            if not self._first(now, (each for repair in REPAIRS for each in repair(now))):
                return

    def _look(self) -> Look:
        document = self.draft.documents[self.index]
        return look(self.draft.file, document, self.case, self.ignored)

    def _first(self, now: Look, proposals: Iterable[Proposal]) -> bool:
        """Make the first change that can be made, and note those that must be asked."""
        for proposal in proposals:
            if self.read > _MOST_READ:
                break
            if proposal.safety == "asks" and proposal.pointer in self.questions:
                continue
            tried = self._tried(now, proposal)
            if tried and (proposal.safety != "asks" or self.yes):
                self.changes.append(self._change(now, proposal))
                self.draft, edits = tried
                self.history.append(edits)
                return True
            if tried:
                self.questions[proposal.pointer] = self._change(now, proposal)
        return False

    def _tried(self, now: Look, proposal: Proposal) -> tuple[Draft, list[Edit]] | None:
        self.read += len(self.draft.text)
        tried = attempt(self.draft, self.index, proposal.operations)
        if tried is None:
            self.stuck.add(proposal.pointer)
            return None
        after = look(self.draft.file, tried[0].documents[self.index], self.case, self.ignored)
        return tried if _kept(proposal, now, after) else None

    def _change(self, now: Look, proposal: Proposal) -> Change:
        return Change(
            document=self.number,
            pointer=proposal.pointer,
            line=self._line(now, proposal.pointer),
            before=proposal.before,
            after=proposal.after,
            words=proposal.words,
            safety=proposal.safety,
            rules=proposal.rules,
        )

    def _line(self, now: Look, pointer: str) -> int:
        """Tell on which line of the file something stood at first."""
        member = member_at(now.document, pointer)
        while member is None:
            pointer = parent(pointer)
            member = member_at(now.document, pointer)
        offset = member.key[0]
        for edits in reversed(self.history):
            offset = offset_before(offset, edits)
        return self.source.place(self.begin + offset, self.begin + offset).line

    def left(self) -> Iterator[Left]:
        """Tell what a person must fix."""
        now = self._look()
        for proposal in self.unmoved:
            words = f"{proposal.after} could not be written for {proposal.before}. {_BY_HAND}"
            yield self._left(now, "asset-missing", proposal.pointer, sentence(words))
        for problem in now.problems:
            if self._asked(problem.rule, problem.pointer):
                continue
            yield self._left(now, problem.rule, problem.pointer, sentence(problem.message))
        for found in now.found:
            if not self._asked(found.rule, found.pointer):
                words = job_message(found.broken, found.target)
                yield self._left(now, found.rule, found.pointer, words)

    def _asked(self, rule: str, pointer: str) -> bool:
        """Tell whether a question is about this, or about what holds it."""
        asked = (each.pointer for each in self.questions.values() if rule in each.rules)
        return any(is_within(pointer, each) for each in asked)

    def _left(self, now: Look, rule: str, pointer: str, words: str) -> Left:
        stuck = any(is_within(pointer, each) for each in self.stuck)
        line = self._line(now, pointer)
        return Left(self.number, pointer, line, rule, f"{words} {_BY_HAND}" if stuck else words)


def _kept(proposal: Proposal, before: Look, after: Look) -> bool:
    """Tell whether a change did what it promised."""
    if proposal.promise == "anything":
        return True
    if after.count() - before.count():
        return False
    still = {(each.rule, each.pointer) for each in after.found}
    return proposal.promise != "settled" or not any(
        (rule, proposal.pointer) in still for rule in proposal.rules
    )
