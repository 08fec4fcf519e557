"""A document with its intent and all findings about it, and which of these changes clear."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

from wanprep.check.ignores import Ignores, inline_ignores
from wanprep.dataclass import dataclass
from wanprep.fix.job.changes import FindingKey
from wanprep.job.documents import DocumentFile
from wanprep.job.model import jobs_of
from wanprep.job.references.dialects import PLAIN
from wanprep.pointers import steps
from wanprep.rules.bounds import bounds
from wanprep.rules.intent import intent_of, resolve
from wanprep.rules.judge_job import judge_job
from wanprep.rules.native_values import to_native
from wanprep.rules.slots import schema_at, slot_of

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping, Sequence

    from wanprep.check.inputs import Case
    from wanprep.job.documents.document import Document, Place
    from wanprep.job.model import Asset, Job
    from wanprep.job.references.dialects import Dialect
    from wanprep.job.roles import Role, Roles
    from wanprep.job.shape import Problem
    from wanprep.rules.bounds import Bound, JobViolation, Violation
    from wanprep.rules.intent import IntendedReference
    from wanprep.rules.slots import Slot
    from wanprep.rules.target import Target


@dataclass(frozen=True, slots=True)
class TargetFinding:
    """A bound of a target that the document breaks."""

    target: Target
    details: JobViolation

    @property
    def bound(self) -> Violation:
        """The broken bound."""
        return self.details.violation

    @property
    def rule(self) -> str:
        """The name of its rule."""
        return self.details.violation.rule

    @property
    def pointer(self) -> str:
        """The place where it is broken."""
        return self.details.pointer


@dataclass(frozen=True, slots=True)
class JudgedDocument:
    """A document, its intent, and everything that is wrong with it."""

    document: Document
    value: Any  # the document as it is written
    problems: tuple[Problem, ...]
    case: Case | None
    findings: tuple[TargetFinding, ...]
    roles: Roles  # that a job may have

    @property
    def native(self) -> Target | None:
        """The target whose request body it is, if it is one."""
        return self.case.native if self.case else None

    @property
    def fields(self) -> Mapping[str, Any]:
        """The fields of that request body."""
        return self.native.data["fields"] if self.native else {}

    @property
    def targets(self) -> tuple[Target, ...]:
        """The targets that it is judged for."""
        return self.case.targets if self.case else ()

    @property
    def references(self) -> tuple[IntendedReference, ...]:
        """The references, in their order."""
        return self.case.intent.references if self.case else ()

    @property
    def kinds(self) -> list[str]:
        """What prompts call the references, in their order."""
        return [each.name for each in self.references]

    @property
    def dialect(self) -> Dialect:
        """How prompts name the references, for all targets: the styles that each of them shows."""
        if not self.case:
            return PLAIN
        of_targets = [each.dialect(self.case.intent) for each in self.targets]
        shown = [each for each in of_targets if each.styles]
        if not shown:
            return of_targets[0] if of_targets else PLAIN
        common = tuple(
            style
            for style in shown[0].styles
            if all(style in each.styles for each in shown)
            and len({each.form_of(style) for each in shown}) == 1
        )
        return replace(shown[0], styles=common)

    @property
    def assets(self) -> tuple[Asset, ...]:
        """All media."""
        return self.case.intent.assets if self.case else ()

    def findings_of(self, *rules: str) -> Iterator[TargetFinding]:
        """List the findings of some rules."""
        return (finding for finding in self.findings if finding.rule in rules)

    def count(self) -> Counter[tuple[str, str]]:
        """Count findings by target and rule, and problems."""
        return Counter((each.target.id, each.rule) for each in self.findings) + Counter(
            ("", problem.rule) for problem in self.problems
        )

    def parameter_of(self, finding: TargetFinding) -> str | None:
        """Name the parameter that a finding is about, as jobs call it."""
        places = self.case.intent.places if self.case else {}
        return next((name for name, at in places.items() if at == finding.pointer), None)

    def parameter_bounds(self, name: str | None) -> Iterator[Bound]:
        """List the bounds of a parameter, of all targets."""
        for target in self.targets:
            yield from (each for each in _bounds_of(target) if each.path == ("parameters", name))

    def native_value(self, name: str | None, value: Any) -> Any:  # noqa: ANN401 - JSON
        """Spell the value of a parameter as this document does: in a native body, as its API."""
        if value is None or not self.native:
            return value
        return to_native(value, self.fields["parameters"].get(name, {}))

    def slots(self) -> Iterator[tuple[Role, Slot]]:
        """List the fields of media in the request body."""
        for role, written in self.fields.get("roles", {}).items():
            yield self.roles[role], slot_of(written)


@lru_cache(maxsize=64)
def _bounds_of(target: Target) -> tuple[Bound, ...]:
    return tuple(bounds(target.job))


def judge_document(
    file: str, document: Document, case: Case | None, ignored: Collection[str], roles: Roles
) -> JudgedDocument:
    """Judge a document for the targets of its case, without the ignored rules."""
    read = jobs_of(file, DocumentFile(document.source, (document,)), roles)
    case = _with_job(case, read.jobs[0]) if case and read.jobs else None
    problems = tuple(each for each in read.problems if each.rule not in ignored)
    ignores = inline_ignores(case.job) if case else Ignores()
    findings = tuple(
        each
        for each in (_judge(case) if case else ())
        if each.rule not in ignored
        and not ignores.cover(each.rule, each.pointer, document.place(each.pointer).line)
    )
    if case and case.native:
        roles = roles.beside([case.native.places])
    return JudgedDocument(document, document.value, problems, case, findings, roles)


def _with_job(case: Case, job: Job) -> Case:
    intent = intent_of(job, case.native) if case.native else intent_of(job)
    return replace(case, job=job, intent=intent)


def _judge(case: Case) -> Iterator[TargetFinding]:
    for target in case.targets:
        resolved = resolve(case.intent, target=target)
        body = case.job.body if case.native is target else None
        for broken in judge_job(resolved, case.intent, target, body):
            yield TargetFinding(target, broken)


def limit_of(finding: TargetFinding) -> Mapping[str, Any]:
    """Return the schema that a value breaks, also where it is the provider's own."""
    if finding.bound.keyword:
        return finding.bound.schema
    request = finding.target.request or {}
    path = ["*" if name.isdecimal() else name for name in steps(finding.pointer)[1:]]
    return schema_at(request, tuple(path))


# Media that a document no longer names count as findings of this rule: what is wrong with such
# a file is gone, too.
NAMED: Final = "asset-named"


@dataclass(frozen=True, slots=True)
class LocatedFinding:
    """A finding, where it is reported, and where its value was in the original file."""

    target: str
    rule: str
    origin: int
    words: str  # of a prompt, which are found again by what they are
    place: Place
    asset: str = ""  # what is named, where it is NAMED

    def is_same(self, other: LocatedFinding) -> bool:
        """Whether another finding reports the same at the same value."""
        mine, its = ((each.target, each.rule, each.origin, each.words) for each in (self, other))
        return mine == its


def located_findings(
    judged: JudgedDocument, origin_of: Callable[[int], int]
) -> Iterator[LocatedFinding]:
    """List all findings about a document; media that a target has no role for are some, too."""

    def located(
        target: str, rule: str, pointer: str, place: Place, *, words: str = "", asset: str = ""
    ) -> LocatedFinding:
        origin = origin_of(judged.document.nearest(pointer).key[0])
        return LocatedFinding(target, rule, origin, words, place, asset)

    for problem in judged.problems:
        yield located("", problem.rule, problem.pointer, problem.place)
    if not judged.case:
        return
    document = judged.case.job.document
    for each in judged.findings:
        pointer, span = each.pointer, each.details.span
        place = document.place_within(pointer, *span) if span else document.place(pointer)
        words = str(each.bound.found) if span else ""
        yield located(each.target.id, each.rule, pointer, place, words=words)
    for asset in judged.assets:
        place = document.place(asset.pointer)
        yield located("", NAMED, asset.pointer, place, asset=asset.written)
    for target in judged.targets:
        for asset in judged.assets:
            if not target.has_role(asset.role):
                place, rule = document.place(asset.pointer), target.roles[asset.role]["x-rule"]
                yield located(target.id, rule, asset.pointer, place)


def cleared_findings(
    before: Sequence[LocatedFinding], after: Sequence[LocatedFinding], first: Place
) -> Iterator[FindingKey]:
    """List what went away; `first` is the place in the file where the text of places begins.

    What there is too much of moves when some of it is left out: then none of its rule and target
    counts as gone. Neither does any where a new finding is at a place that had none. Media that are
    named elsewhere now, such as in a string instead of a list, are as they were.
    """
    places = {each.origin for each in before}
    new = [each for each in after if not any(map(each.is_same, before))]
    moved = {
        (each.target, each.rule)
        for each in new
        if each.rule.startswith("too-many-") or each.origin not in places
    }
    named_elsewhere = {each.asset for each in new if each.asset}
    for each in before:
        if (each.target, each.rule) in moved or each.asset in named_elsewhere:
            continue
        if not any(map(each.is_same, after)):
            line, column = each.place.line, each.place.column
            column += first.column - 1 if line == 1 else 0
            yield FindingKey(each.target, each.rule, line + first.line - 1, column)
