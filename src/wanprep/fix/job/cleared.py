"""Which findings about a document are gone after its changes, found again by their place.

Media that the document no longer names count as findings of the rule NAMED: what is wrong with such
a file is gone, too.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from wanprep.fix.job.changes import FindingKey

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from wanprep.fix.job.judged_document import JudgedDocument
    from wanprep.job.documents.document import Place


NAMED: Final = "asset-named"


@dataclass(frozen=True, slots=True)
class LocatedFinding:
    """A finding, where it is reported, and where its value was in the original file."""

    target: str
    rule: str
    origin: int
    words: str  # of a prompt, which are found again by what they are
    place: Place

    def is_same(self, other: LocatedFinding) -> bool:
        """Whether another finding reports the same at the same value."""
        mine, its = ((each.target, each.rule, each.origin, each.words) for each in (self, other))
        return mine == its


def located_findings(
    judged: JudgedDocument, origin_of: Callable[[int], int]
) -> Iterator[LocatedFinding]:
    """List all findings about a document; media that a target has no role for are some, too."""

    def located(target: str, rule: str, pointer: str, place: Place, words: str) -> LocatedFinding:
        origin = origin_of(judged.document.nearest(pointer).key[0])
        return LocatedFinding(target, rule, origin, words, place)

    for problem in judged.problems:
        yield located("", problem.rule, problem.pointer, problem.place, "")
    if not judged.case:
        return
    document = judged.case.job.document
    for each in judged.findings:
        pointer, span = each.pointer, each.details.span
        place = document.place_within(pointer, *span) if span else document.place(pointer)
        words = str(each.bound.found) if span else ""
        yield located(each.target.id, each.rule, pointer, place, words)
    for asset in judged.assets:
        yield located("", NAMED, asset.pointer, document.place(asset.pointer), "")
    for target in judged.targets:
        for asset in judged.assets:
            if not target.has_role(asset.role):
                place, rule = document.place(asset.pointer), target.roles[asset.role]["x-rule"]
                yield located(target.id, rule, asset.pointer, place, "")


def cleared_findings(
    before: Sequence[LocatedFinding], after: Sequence[LocatedFinding], first: Place
) -> Iterator[FindingKey]:
    """List what went away; `first` is the place in the file where the text of places begins.

    What there is too much of moves when some of it is left out: then none of its rule and target
    counts as gone. Neither does any where a new finding is at a place that had none.
    """
    places = {each.origin for each in before}
    new = [each for each in after if not any(map(each.is_same, before))]
    moved = {
        (each.target, each.rule)
        for each in new
        if each.rule.startswith("too-many-") or each.origin not in places
    }
    for each in before:
        if (each.target, each.rule) not in moved and not any(map(each.is_same, after)):
            line, column = each.place.line, each.place.column
            column += first.column - 1 if line == 1 else 0
            yield FindingKey(each.target, each.rule, line + first.line - 1, column)
