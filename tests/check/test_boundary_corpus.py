"""Every numeric bound of every target, at its edge, one step inside and one step outside.

The cases come out of the schemas: a new bound brings its own. What is expected follows from the
keyword, the value, and the conditions (`if`, `then`, `else`) that the bound stands under.
"""

from __future__ import annotations

import operator
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

import pytest
from jsonschema import Draft202012Validator
from sound_jobs import SOUND, Draft

from wanprep.judge.bounds import Bound, bounds
from wanprep.judge.broken import Broken
from wanprep.judge.judge_asset import judge_asset, judged
from wanprep.judge.target import Target, all_targets
from wanprep.probe.facts import Facts
from wanprep.schemas import load_schema

HOLDS: Final = {
    "minimum": operator.ge,
    "maximum": operator.le,
    "exclusiveMinimum": operator.gt,
    "exclusiveMaximum": operator.lt,
    "minItems": operator.ge,
    "maxItems": operator.le,
}
# The smallest difference worth a case; everything else is counted in whole numbers.
STEPS: Final = {"aspect": 1e-4, "sar": 1e-4}
SECONDS: Final = {"duration", "video_duration", "audio_duration"}

# Jobs of every shape, so that each condition holds for one of them and fails for another.
DRAFTS: Final = tuple(
    Draft(images=images, videos=videos, frame=frame)
    for images, videos in [(1, 0), (0, 1), (1, 1), (0, 0), (2, 0), (3, 0), (4, 0), (3, 2), (5, 5)]
    for frame in (False, True)
)
URL: Final = "https://example.com/a"
BODIES: Final[tuple[dict[str, Any], ...]] = (
    {},
    {"model_params": {"voice_bindings": {"image1": URL}}, "image_urls": [URL]},
)


@dataclass(frozen=True)
class Condition:
    """A question that a bound depends on, asked of the part of the value at a path."""

    path: tuple[str, ...]
    question: Mapping[str, Any]
    answer: bool

    def holds(self, value: Any) -> bool:
        for name in self.path:
            if not isinstance(value, dict) or name not in value:
                return False
            value = value[name]
        return Draft202012Validator(self.question).is_valid(value) is self.answer


def conditions(
    schema: Mapping[str, Any], wanted: Mapping[str, Any], path: tuple[str, ...] = ()
) -> tuple[Condition, ...] | None:
    """Find one very schema inside of another, and tell what it depends on there."""
    if schema is wanted:
        return ()
    inner: list[tuple[Any, tuple[str, ...], tuple[Condition, ...]]] = []
    for key, value in schema.items():
        if key in {"properties", "patternProperties"}:
            inner += [(each, (*path, name), ()) for name, each in value.items()]
        elif key in {"allOf", "oneOf"}:
            inner += [(each, path, ()) for each in value]
        elif key in {"then", "else"}:
            inner.append((value, path, (Condition(path, schema["if"], key == "then"),)))
    for each, below, depends in inner:
        found = conditions(each, wanted, below)
        if found is not None:
            return (*depends, *found)
    return None


@dataclass(frozen=True)
class Edge:
    """A numeric bound, in the part of a target that it stands in."""

    target: Target
    part: str
    schema: Mapping[str, Any]
    bound: Bound

    def __str__(self) -> str:
        where = ".".join((self.part, *self.bound.path))
        return f"{self.target.id}-{where}-{self.bound.keyword}-{self.bound.value}"

    @property
    def candidates(self) -> list[float]:
        """The edge, and what is one step and two steps to each side of it."""
        name = self.bound.path[-1]
        step = STEPS.get(name, 0.01 if name in SECONDS and self.part in SOUND else 1)
        steps = (self.bound.value + count * step for count in (-2, -1, 0, 1, 2))
        return [round(each, 6) for each in steps if each >= 0 or self.bound.path[0] == "parameters"]

    def breaks(self, value: float, whole: Mapping[str, Any]) -> bool:
        """Tell by keyword and value alone whether this bound must be reported."""
        depends = conditions(self.schema, self.bound.schema)
        assert depends is not None
        applies = all(condition.holds(whole) for condition in depends)
        return applies and not HOLDS[self.bound.keyword](value, self.bound.value)

    def agrees(self, value: float, whole: Mapping[str, Any], told: list[Broken]) -> bool:
        """See that the judge said what it must, and nothing else about this bound."""
        breaks = self.breaks(value, whole)
        if breaks:
            assert self.bound.rule in {each.rule for each in told}, (value, whole)
        else:
            ours = [each for each in told if each.schema is self.bound.schema]
            assert not [each for each in ours if each.keyword == self.bound.keyword], (value, whole)
        return breaks


def edges(*parts: str) -> Iterator[Edge]:
    for target in all_targets().values():
        schemas = {**target.roles, "job": target.job, "body": target.body}
        for part in parts:
            for bound in bounds(schemas[part]):
                if bound.keyword in HOLDS:
                    yield Edge(target, part, schemas[part], bound)


ROLES: Final = list(edges("reference_image", "reference_video", "first_frame", "voice"))
JOBS: Final = list(edges("job"))
NATIVE: Final = list(edges("body"))


@pytest.mark.parametrize("edge", ROLES, ids=str)
def test_facts(edge: Edge) -> None:
    (name,) = edge.bound.path
    outcomes = set()
    for value in edge.candidates:
        facts = Facts.from_json(SOUND[edge.part].as_json() | {name: value})
        told = list(judge_asset(facts, edge.target, edge.part))
        outcomes.add(edge.agrees(value, judged(facts), told))
    assert outcomes == {True, False}


@pytest.mark.parametrize("name", ["bit_depth", "sar"])
def test_facts_of_any_asset(name: str) -> None:
    target = all_targets()["wan/2.7"]
    schema = load_schema("asset")["$defs"]["careful"]
    for bound in (bound for bound in bounds(schema) if bound.path == (name,)):
        edge = Edge(target, "reference_video", schema, bound)
        outcomes = set()
        for value in edge.candidates:
            facts = Facts.from_json(SOUND["reference_video"].as_json() | {name: value})
            told = list(judge_asset(facts, target, "reference_video"))
            outcomes.add(edge.agrees(value, judged(facts), told))
        assert outcomes == {True, False}


def drafted(draft: Draft, path: tuple[str, ...], value: int) -> Draft | None:
    """Make a job in which one number is what it should be; None where this one cannot be."""
    match path:
        case ("parameters", name):
            return draft.with_parameter(name, value)
        case ("prompt", "length"):
            return replace(draft, length=value)
        case ("negative_prompt", "length"):
            return replace(draft, negative=value)
        case ("callback", "length"):
            return replace(draft, callback=value)
        case ("references",):
            return replace(draft, images=value - draft.videos) if value >= draft.videos else None
        case ("images",):
            return replace(draft, images=value) if value >= 0 else None
        case ("videos",):
            return replace(draft, videos=value) if value >= 0 else None
        case ("voices",):
            return replace(draft, voices=value) if value >= 0 else None
        case ("prompt", "unused"):
            return replace(draft, images=value, length=1) if value != 1 and value >= 0 else None
    pytest.fail(f"no way is known here to make a job for {path}: add one")


@pytest.mark.parametrize("edge", JOBS, ids=str)
def test_jobs(edge: Edge) -> None:
    outcomes = set()
    for draft in DRAFTS:
        for value in edge.candidates:
            job = drafted(draft, edge.bound.path, int(value))
            if job:
                told = [each.broken for each in job.judge(edge.target)]
                outcomes.add(edge.agrees(_measured(job, edge.bound), job.resolved, told))
    assert outcomes == {True, False}


def _measured(job: Draft, bound: Bound) -> float:
    value: Any = job.resolved
    for name in bound.path:
        value = value[name]
    return len(value) if bound.keyword.endswith("Items") else value


@pytest.mark.parametrize("edge", NATIVE, ids=str)
def test_native_bodies(edge: Edge) -> None:
    (name,) = edge.bound.path
    assert edge.bound.keyword == "maxItems"
    outcomes = set()
    for body in BODIES:
        for value in (0, 1, 2):
            whole = body | {name: [URL] * value}
            told = [each.broken for each in Draft().judge(edge.target, whole)]
            outcomes.add(edge.agrees(value, whole, told))
    assert outcomes == {True, False}


def test_there_are_as_many_as_expected() -> None:
    """Nothing is lost on the way: each target brings bounds for its files and for its jobs."""
    assert len(ROLES) > 150
    assert len(JOBS) > 60
    assert {edge.target.id for edge in ROLES} == {edge.target.id for edge in JOBS}
    assert {edge.target.id for edge in JOBS} == set(all_targets())
