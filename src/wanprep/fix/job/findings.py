"""One document as it stands now: what it means, and all that is wrong with it."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from wanprep.check.ignores import inline_ignores, is_ignored
from wanprep.job.documents.read_documents import DocumentFile
from wanprep.job.read import jobs_in
from wanprep.pointers import steps
from wanprep.rules.bounds import bounds
from wanprep.rules.intent import intent_of, resolve
from wanprep.rules.judge_job import judge_job

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

    from wanprep.check.inputs import Case
    from wanprep.job.documents.document import Document
    from wanprep.job.model import Job, Problem
    from wanprep.rules.bounds import JobViolation
    from wanprep.rules.target import Target


@dataclass(frozen=True, slots=True)
class Found:
    """A bound that the document breaks, and whose it is."""

    target: Target
    broken: JobViolation

    @property
    def rule(self) -> str:
        """Name its rule."""
        return self.broken.violation.rule

    @property
    def pointer(self) -> str:
        """Tell where it is broken."""
        return self.broken.pointer


@dataclass(frozen=True, slots=True)
class Look:
    """A document, what it means for whom, and what is wrong with it."""

    document: Document
    value: Any  # the document as it is written
    problems: tuple[Problem, ...]
    case: Case | None
    found: tuple[Found, ...]

    @property
    def native(self) -> Target | None:
        """Return whose body it is, where it is one."""
        return self.case.native if self.case else None

    @property
    def targets(self) -> tuple[Target, ...]:
        """List whom it must suit."""
        return self.case.targets if self.case else ()

    def about(self, *rules: str) -> Iterator[Found]:
        """List the findings of some rules."""
        return (each for each in self.found if each.rule in rules)

    def count(self) -> Counter[tuple[str, str]]:
        """Count what is wrong, by target and rule: a change must not let any of it grow."""
        return Counter((each.target.id, each.rule) for each in self.found) + Counter(
            ("", problem.rule) for problem in self.problems
        )


def look(file: str, document: Document, case: Case | None, ignored: Collection[str]) -> Look:
    """Judge a document for the targets of its case; rules that are ignored say nothing."""
    read = jobs_in(file, DocumentFile(document.source, (document,)))
    now = _case(case, read.jobs[0]) if case and read.jobs else None
    problems = tuple(each for each in read.problems if each.rule not in ignored)
    found = tuple(each for each in _judged(now) if each.rule not in ignored) if now else ()
    accepted = inline_ignores(now.job) if now else ()
    found = tuple(
        each
        for each in found
        if not is_ignored(accepted, each.rule, each.pointer, document.place(each.pointer).line)
    )
    return Look(document, document.value, problems, now, found)


def _case(case: Case, job: Job) -> Case:
    native = case.native
    intent = intent_of(job, native)
    return replace(case, job=job, intent=intent)


def _judged(case: Case) -> Iterator[Found]:
    resolved = resolve(case.intent)
    for target in case.targets:
        body = case.job.body if case.native is target else None
        for broken in judge_job(resolved, case.intent, target, body):
            yield Found(target, broken)


def limit_of(found: Found) -> Mapping[str, Any]:
    """Return the schema that a value breaks; where it is the provider's own, look it up."""
    if found.broken.violation.keyword:
        return found.broken.violation.schema
    request = found.target.request or {}
    schema: Mapping[str, Any] = request
    for name in steps(found.pointer)[1:]:
        inner = schema.get("items", {}) if name.isdecimal() else schema.get("properties", {})
        schema = inner if name.isdecimal() else inner.get(name, {})
        if "$ref" in schema:
            schema = request.get("$defs", {}).get(schema["$ref"].rpartition("/")[2], {})
    return schema


def common_name(look: Look, found: Found) -> str | None:
    """Name the parameter that a finding is about, in our own words."""
    case = look.case
    places = case.intent.places if case else {}
    return next((name for name, pointer in places.items() if pointer == found.pointer), None)


def natively(look: Look, name: str | None, value: Any) -> Any:  # noqa: ANN401 - JSON
    """Spell a parameter's value as the job does: as a native body has it, or in our own words."""
    if look.native is None or name is None or not isinstance(value, str):
        return value
    values = look.native.data["fields"]["parameters"].get(name, {}).get("values", {})
    return values.get(value, value)


def allowed_values(look: Look, found: Found) -> list[Any]:
    """List the values at the edges of what all targets allow where a value is refused."""
    name = common_name(look, found)
    listed = [*_edges(limit_of(found))]
    for target in look.targets if name else ():
        for bound in bounds(target.job):
            if bound.path == ("parameters", name):
                listed += _edges(bound.schema)
    unique: list[Any] = []
    unique += (each for each in listed if each not in unique)
    return unique


def _edges(schema: Mapping[str, Any]) -> Iterator[Any]:
    yield from schema.get("enum", ())
    for keyword, step in (("const", 0), ("minimum", 0), ("maximum", 0),
                          ("exclusiveMinimum", 1), ("exclusiveMaximum", -1)):  # fmt: skip
        if keyword in schema:
            yield schema[keyword] + step if step else schema[keyword]
