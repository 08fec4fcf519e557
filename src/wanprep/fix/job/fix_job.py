"""Fix a job file, document by document."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from wanprep.fix.job.changes import Change, FixedJob, Left
from wanprep.fix.job.document import DocumentFixer, Draft, draft
from wanprep.job.documents.read_documents import read_text
from wanprep.rules.message import sentence

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from wanprep.check.inputs import Case
    from wanprep.fix.job.text import Edit
    from wanprep.fix.plan.plan import Options
    from wanprep.job.documents.document import Span
    from wanprep.job.model import JobFile

Moved = Mapping[tuple[int, str], str]


def fix_job(
    file: JobFile,
    cases: Sequence[Case],
    *,
    options: Options,
    moved: Moved | None = None,
    ignored: Collection[str] = (),
) -> FixedJob:
    """Fix what can be fixed in the text of a job file, and tell what cannot.

    `moved` says what is to be written in place of a path, by the number of its document and
    its pointer. What cannot be read is not touched.
    """
    return _File(file, cases, options, moved or {}, ignored).fixed()


class _File:
    def __init__(
        self,
        file: JobFile,
        cases: Sequence[Case],
        options: Options,
        moved: Moved,
        ignored: Collection[str],
    ) -> None:
        self._file = file
        self._cases = {case.job.number: case for case in cases}
        self._yes = options.yes
        self._moved = moved
        self._ignored = ignored
        self._changes: list[Change] = []
        self._questions: list[Change] = []
        self._left: list[Left] = []

    def fixed(self) -> FixedJob:
        number, texts = 1, []
        for begin, end in self._stretches():
            text, count = self._stretch((begin, end), number)
            texts.append(text)
            number += count
        return FixedJob(
            text="".join(texts),
            changes=tuple(self._changes),
            questions=tuple(self._questions),
            left=tuple(dict.fromkeys(self._left)),
        )

    def _stretches(self) -> Iterator[Span]:
        text = self._file.source.text
        if self._file.file.lower().endswith(".json"):
            return iter([(0, len(text))])
        from wanprep.job.documents.yaml_reader import document_spans

        return document_spans(text)

    def _stretch(self, stretch: Span, first: int) -> tuple[str, int]:
        """Fix the documents of a stretch; return its text, and how many they are."""
        text = self._file.source.text[slice(*stretch)]
        count = len(read_text(text, self._file.file).documents)
        jobs = {job.number for job in self._file.jobs}
        now = draft(text, self._file.file)
        history: list[list[Edit]] = []
        if now is None or not jobs.issuperset(range(first, first + count)):
            self._tell_broken(stretch, first)
            return text, count
        for index in range(count):
            now = self._document(now, index, first + index, stretch[0], history)
        return now.text, count

    def _document(
        self, now: Draft, index: int, number: int, begin: int, history: list[list[Edit]]
    ) -> Draft:
        fixing = DocumentFixer(
            draft=now,
            index=index,
            number=number,
            case=self._cases.get(number),
            yes=self._yes,
            ignored=self._ignored,
            source=self._file.source,
            begin=begin,
            history=history,
        )
        fixing.mend({pointer: path for (of, pointer), path in self._moved.items() if of == number})
        self._changes += fixing.changes
        self._questions += fixing.questions.values()
        self._left += fixing.left()
        return fixing.draft

    def _tell_broken(self, stretch: Span, number: int) -> None:
        """Tell what is wrong in a stretch that cannot be used as it is."""
        first, last = (self._file.source.place(at, at).line for at in stretch)
        for problem in self._file.problems:
            line = problem.place.line
            if first <= line <= last:
                words = sentence(problem.message)
                self._left.append(Left(number, problem.pointer, line, problem.rule, words))
