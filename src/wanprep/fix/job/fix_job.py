"""Fix a job file document by document: a change is kept only if the document is judged better."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field, replace
from typing import TYPE_CHECKING, Final

from wanprep.dataclass import dataclass
from wanprep.fix.job import keys, references, values
from wanprep.fix.job.changes import Change, Fixable, FixedJob, Remaining
from wanprep.fix.job.edits import draft_of, write_operations
from wanprep.fix.job.judged_document import cleared_findings, judge_document, located_findings
from wanprep.fix.job.text import offset_before
from wanprep.fix.job.values import moved_paths
from wanprep.job.documents import DocumentFile, parse_documents
from wanprep.pointers import is_within
from wanprep.rules.message import job_message, sentence

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Sequence

    from wanprep.check.inputs import Case
    from wanprep.fix.job.changes import FindingKey, JobFix
    from wanprep.fix.job.edits import Draft, Edits
    from wanprep.fix.job.judged_document import JudgedDocument
    from wanprep.fix.plan.plan import Options
    from wanprep.job.documents.document import Span
    from wanprep.job.model import JobFile

Moved = Mapping[tuple[int, str], str]

FIXES: Final[tuple[JobFix, ...]] = (
    keys.misspelt_keys,
    keys.misplaced_keys,
    values.wrong_types,
    values.body_constants,
    values.body_types,
    references.voice_names,
    values.unambiguous_values,
    values.parameter_case,
    references.prompt_styles,
    references.first_frame_voices,
    keys.ignored_parameters,
    keys.unknown_parameters,
    references.repeated_references,
    references.excess_references,
    references.excess_voices,
    references.positional_voices,
    references.unsupported_roles,
    values.nearest_values,
)
# A file that needs more is not a job: to read it so often would take minutes.
_MAX_CHANGES: Final = 100
MAX_CHARACTERS_READ: Final = 1_500_000
_BY_HAND: Final = "It was not changed: that would change another value or lose a comment."


def fix_job(
    file: JobFile,
    cases: Sequence[Case],
    *,
    options: Options,
    moved: Moved | None = None,
    ignored: Collection[str] = (),
) -> FixedJob:
    """Fix what can be fixed in the text of a job file, and list what cannot.

    `moved` maps the number of a document and the pointer to a path in it to its new path.
    Sections with a broken document stay as they are.
    """
    by_number = {case.job.number: case for case in cases}
    return _JobFixer(file, by_number, options.yes, moved or {}, ignored).fix()


def predict_fixed_job(
    file: JobFile, cases: Sequence[Case], *, options: Options, ignored: Collection[str] = ()
) -> FixedJob:
    """Predict the changes and the text, which is not to be written, and nothing else."""
    by_number = {case.job.number: case for case in cases}
    return _JobFixer(file, by_number, options.yes, {}, ignored, predicts=True).fix()


def fixable_findings(
    file: JobFile, cases: Sequence[Case], *, options: Options, ignored: Collection[str] = ()
) -> Fixable:
    """Find which findings about a job file a fix clears, without questions and with a yes."""
    by_number = {case.job.number: case for case in cases}
    fixer = _JobFixer(file, by_number, options.yes, {}, ignored, predicts=True, compares=True)
    fixer.fix()
    return Fixable(frozenset(fixer.gone[False]), frozenset(fixer.gone[True]))


@dataclass(frozen=True, slots=True)
class PossibleFix:
    """A change that could be made to a job file by itself, and its edits of the text."""

    change: Change
    edits: Edits


def possible_fixes(
    file: JobFile, cases: Sequence[Case], *, ignored: Collection[str] = ()
) -> Iterator[PossibleFix]:
    """List the changes that can be made to a job file as it is, those that need an answer too."""
    by_number = {case.job.number: case for case in cases}
    return _JobFixer(file, by_number, yes=True, moved={}, ignored=ignored).possible()


@dataclass(slots=True)
class _JobFixer:
    file: JobFile
    cases: Mapping[int, Case]  # by the number of their document
    yes: bool
    moved: Moved
    ignored: Collection[str]
    predicts: bool = False  # the text is not written, and nobody is asked or told anything
    compares: bool = False  # only to find out what a fix clears
    changes: list[Change] = field(default_factory=list)
    questions: list[Change] = field(default_factory=list)
    remaining: list[Remaining] = field(default_factory=list)
    gone: dict[bool, set[FindingKey]] = field(default_factory=lambda: {False: set(), True: set()})
    next_number: int = 1
    parsed: DocumentFile | None = None

    def fix(self) -> FixedJob:
        return FixedJob(
            text="".join([self._fix_section(span) for span in self._section_spans()]),
            changes=tuple(self.changes),
            questions=tuple(self.questions),
            remaining=tuple(dict.fromkeys(self.remaining)),
            parsed=self.parsed,
        )

    def _section_spans(self) -> Iterable[Span]:
        text = self.file.source.text
        if self.file.file.lower().endswith(".json"):
            return [(0, len(text))]
        from wanprep.job.documents.yaml_reader import document_spans

        return document_spans(text)

    def possible(self) -> Iterator[PossibleFix]:
        for span in self._section_spans():
            _, fixers = self._open_section(span)
            for fixer in fixers:
                yield from fixer.possible()

    def _fix_section(self, span: Span) -> str:
        """Fix the documents of a section, and return its text."""
        section, fixers = self._open_section(span)
        if section is None:
            return self.file.source.text[slice(*span)]
        for fixer in fixers:
            self.remaining += fixer.fix()
            self.changes += fixer.changes
            self.questions += fixer.questions.values()
        draft = section.draft
        if self.predicts and span == (0, len(self.file.source.text)) and draft.documents:
            self.parsed = DocumentFile(draft.documents[0].source, draft.documents)
        return draft.text

    def _open_section(self, span: Span) -> tuple[_Section | None, list[_DocumentFixer]]:
        """Read a section; there is none where a document in it is broken or no job."""
        parsed = self._parse(self.file.source.text[slice(*span)])
        first, self.next_number = self.next_number, self.next_number + len(parsed.documents)
        numbers = range(first, self.next_number)
        draft = draft_of(parsed, self.file.file)
        if draft is None or not {job.number for job in self.file.jobs}.issuperset(numbers):
            self._report_problems(span, first)
            return None, []
        section = _Section(draft, span[0])
        return section, [_DocumentFixer(self, section, each - first, each) for each in numbers]

    def _parse(self, text: str) -> DocumentFile:
        """Parse a section; where it is the whole file, and all of it jobs, that was done before."""
        file = self.file
        if text == file.source.text and len(file.jobs) == file.documents:
            return DocumentFile(file.source, tuple(job.written for job in file.jobs))
        return parse_documents(text, file.file)

    def _report_problems(self, span: Span, number: int) -> None:
        first, last = (self.file.source.place(at, at).line for at in span)
        for problem in self.file.problems:
            line, message = problem.place.line, sentence(problem.message)
            if first <= line <= last:
                remaining = Remaining(number, problem.pointer, line, problem.rule, message)
                self.remaining.append(remaining)


@dataclass(slots=True)
class _Section:
    """A part of the file that is parsed by itself, and its edits."""

    draft: Draft
    begin: int  # its offset in the file
    history: list[Edits] = field(default_factory=list)

    def original_offset(self, offset: int) -> int:
        """Find where a character of the draft was in the file."""
        for edits in reversed(self.history):
            offset = offset_before(offset, edits)
        return self.begin + offset


@dataclass(frozen=True, slots=True)
class _Attempt:
    """A change that was tried, and what the document is with it."""

    change: Change
    draft: Draft
    edits: Edits
    judged: JudgedDocument


@dataclass(slots=True)
class _DocumentFixer:
    """Fixes one document of a section."""

    job: _JobFixer
    section: _Section
    index: int  # of the document in the section
    number: int  # of the document in the file
    changes: list[Change] = field(default_factory=list)
    questions: dict[str, Change] = field(default_factory=dict)  # by pointer
    _unwritable: set[str] = field(default_factory=set)  # pointers
    _characters_read: int = 0

    def fix(self) -> list[Remaining]:
        """Apply all changes that are possible; return what a person must fix."""
        items = self.job.moved.items()
        moved = {pointer: path for (number, pointer), path in items if number == self.number}
        judged = self._judge(self.section.draft)
        if self.job.compares:
            self._compare(judged)
            return []
        while moved and (better := self._apply_first(judged, moved_paths(judged, moved))):
            judged = better
        unmoved = [each for each in moved_paths(judged, moved) if len(each.operations) == 1]
        judged = self._apply_all(judged, yes=self.job.yes)
        if self.job.predicts:
            return []
        self._note_questions(judged)
        return list(self._remaining(judged, unmoved))

    def possible(self) -> Iterator[PossibleFix]:
        """List what can be changed first, each change once."""
        judged, begin, words = self._judge(self.section.draft), self.section.begin, set[str]()
        for proposal in _proposals(judged):
            if proposal.words not in words and (attempt := self._attempt(judged, proposal)):
                words.add(proposal.words)
                edits = [replace(each, start=begin + each.start, end=begin + each.end)
                         for each in attempt.edits]  # fmt: skip
                yield PossibleFix(attempt.change, edits)

    def _compare(self, judged: JudgedDocument) -> None:
        """Note what is gone after the changes that need no answer, then after all."""
        before = tuple(located_findings(judged, self.section.original_offset))
        first = self.job.file.source.place(self.section.begin, self.section.begin)
        for yes in (False, True):
            judged = self._apply_all(judged, yes=yes or self.job.yes)
            after = tuple(located_findings(judged, self.section.original_offset))
            self.job.gone[yes] |= {*cleared_findings(before, after, first)}

    def _apply_all(self, judged: JudgedDocument, *, yes: bool) -> JudgedDocument:
        """Apply what needs no answer, one by one; with a yes the first question, and again."""
        while len(self.changes) < _MAX_CHANGES:
            self._unwritable.clear()
            better = self._apply_first(judged, _plain_first(judged, asking=yes))
            if better is None:
                break
            judged = better
        return judged

    def _note_questions(self, judged: JudgedDocument) -> None:
        """Note the first possible change of each value that needs an answer."""
        for proposal in _proposals(judged):
            asks = proposal.safety == "asks" and proposal.pointer not in self.questions
            if asks and (possible := self._attempt(judged, proposal)):
                self.questions[proposal.pointer] = possible.change

    def _judge(self, draft: Draft) -> JudgedDocument:
        job, document = self.job, draft.documents[self.index]
        case, roles = job.cases.get(self.number), job.file.roles
        return judge_document(draft.file, document, case, job.ignored, roles)

    def _apply_first(
        self, judged: JudgedDocument, proposals: Iterable[Change]
    ) -> JudgedDocument | None:
        """Apply the first possible change."""
        for proposal in proposals:
            if attempt := self._attempt(judged, proposal):
                self.changes.append(attempt.change)
                self.section.draft = attempt.draft
                self.section.history.append(attempt.edits)
                return attempt.judged
        return None

    def _attempt(self, judged: JudgedDocument, proposal: Change) -> _Attempt | None:
        """Try a change; None if it cannot be written, or is not kept."""
        if self._characters_read > MAX_CHARACTERS_READ:
            return None
        self._characters_read += len(self.section.draft.text)
        written = write_operations(
            self.section.draft, self.index, proposal.operations, predict=self.job.predicts
        )
        if written is None:
            self._unwritable.add(proposal.pointer)
            return None
        draft, edits = written
        after = self._judge(draft)
        if not _is_kept(proposal, judged, after):
            return None
        line = self._line(judged, proposal.pointer)
        return _Attempt(replace(proposal, document=self.number, line=line), draft, edits, after)

    def _line(self, judged: JudgedDocument, pointer: str) -> int:
        """Find the line of a key in the original file."""
        offset = self.section.original_offset(judged.document.nearest(pointer).key[0])
        return self.job.file.source.place(offset, offset).line

    def _remaining(self, judged: JudgedDocument, unmoved: Iterable[Change]) -> Iterator[Remaining]:
        """List what is wrong, other than what a question is about."""
        wrong = [("asset-missing", each.pointer, _not_moved(each)) for each in unmoved]
        wrong += ((each.rule, each.pointer, sentence(each.message)) for each in judged.problems)
        wrong += (
            (each.rule, each.pointer, job_message(each.details, each.target))
            for each in judged.findings
        )
        undecided = [
            (rule, each.pointer) for each in self.questions.values() for rule in each.rules
        ]
        for rule, pointer, message in wrong:
            if any(rule == other and is_within(pointer, outer) for other, outer in undecided):
                continue
            by_hand = any(is_within(pointer, outer) for outer in self._unwritable)
            text = f"{message} {_BY_HAND}" if by_hand else message
            yield Remaining(self.number, pointer, self._line(judged, pointer), rule, text)


def _proposals(judged: JudgedDocument) -> Iterator[Change]:
    """List proposals one by one: a fix counts on it that those before it propose nothing safe."""
    return (each for propose in FIXES for each in propose(judged))


def _plain_first(judged: JudgedDocument, *, asking: bool) -> Iterator[Change]:
    """List what needs no answer, and then perhaps what does."""
    waiting = []
    for each in _proposals(judged):
        if each.safety != "asks":
            yield each
        elif asking:
            waiting.append(each)
    yield from waiting


def _not_moved(move: Change) -> str:
    return sentence(f"{move.after} could not be written for {move.before}. {_BY_HAND}")


def _is_kept(proposal: Change, before: JudgedDocument, after: JudgedDocument) -> bool:
    if proposal.keep_if == "always":
        return True
    if after.count() - before.count():
        return False
    broken = {(each.rule, each.pointer) for each in after.findings}
    return proposal.keep_if != "solved" or not any(
        (rule, proposal.pointer) in broken for rule in proposal.rules
    )
