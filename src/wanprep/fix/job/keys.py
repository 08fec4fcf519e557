"""Keys that do not exist: written as the ones that are meant, or moved to where they belong."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from wanprep.fix.job.guess import guess, job_properties, parameter_names, words_for
from wanprep.fix.job.operations import Add, Drop, Put, Rename, at
from wanprep.fix.job.proposal import Proposal
from wanprep.pointers import last, parent, steps
from wanprep.schemas import load_schema

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from wanprep.fix.job.look import Look
    from wanprep.fix.job.operations import Operation


def misspelt_keys(look: Look) -> Iterator[Proposal]:
    """Write the keys of a job as they are spelt."""
    for problem in look.problems:
        home, key = parent(problem.pointer), last(problem.pointer)
        known = shape_of(home).get("properties", {})
        members = at(look.value, home)
        if not known or key in known or not isinstance(members, dict):
            continue
        meant = guess(key, words_for(known), 0.75)
        if meant and meant.key not in members and _nobody_nearer(key, meant.key, members):
            yield renamed(problem.pointer, meant.key, certain=meant.certain, rule=problem.rule)


def _nobody_nearer(key: str, meant: str, members: Mapping[str, Any]) -> bool:
    """Take the first of several keys that mean the same; the others stay for their author."""
    known = words_for(job_properties())
    rivals = [other for other in members if (found := guess(other, known, 0.75))
              and found.key == meant]  # fmt: skip
    return rivals[:1] in ([], [key])


def renamed(pointer: str, key: str, *, certain: bool, rule: str) -> Proposal:
    """Propose another key; what its value then means must be judged anew."""
    before = last(pointer)
    return Proposal(
        pointer=pointer,
        operations=(Rename(pointer, key),),
        words=f"write the key `{key}` instead of `{before}`",
        safety="safe" if certain else "asks",
        rules=(rule,),
        before=before,
        after=key,
        promise="anything",
    )


def misplaced_keys(look: Look) -> Iterator[Proposal]:
    """Move a parameter from the top of a job to the others."""
    if not isinstance(look.value, dict) or "body" in look.value:
        return
    for problem in look.problems:
        key = last(problem.pointer)
        if parent(problem.pointer) or key not in look.value or key in job_properties():
            continue
        meant = guess(key, parameter_names(), 0.999)
        if meant and (operations := _moved(look.value, key, meant.key)):
            yield _move(problem.pointer, operations, f"`{meant.key}` into `parameters`")
    yield from _among_parameters(look)


def _moved(value: Mapping[str, Any], key: str, name: str) -> tuple[Operation, ...]:
    pointer, moved = f"/{key}", {name: value[key]}
    given = value.get("parameters", {})
    if isinstance(value[key], dict | list) or "~" in key or "/" in key:
        return ()
    if "parameters" not in value:
        return (Put(pointer, moved), Rename(pointer, "parameters"))
    if given is None:
        return (Put("/parameters", moved), Drop(pointer))
    if isinstance(given, dict) and not any(_means(each, name) for each in given):
        return (Add("/parameters", name, value[key]), Drop(pointer))
    return ()


def _means(key: str, name: str) -> bool:
    meant = guess(key, parameter_names(), 0.999)
    return meant is not None and meant.key == name


def _among_parameters(look: Look) -> Iterator[Proposal]:
    """Move what is no parameter but a text of the job itself."""
    given = look.value.get("parameters")
    texts = ("prompt", "negative_prompt", "first_frame")
    names = words_for({name: job_properties()[name] for name in texts})
    for key, value in given.items() if isinstance(given, dict) else ():
        meant = guess(key, names, 0.999)
        pointer = f"/parameters/{key}"
        if meant and meant.key not in look.value and isinstance(value, str) and len(given) > 1:
            operations = (Add("", meant.key, value), Drop(pointer))
            yield _move(pointer, operations, f"`{meant.key}` out of `parameters`")


def _move(pointer: str, operations: tuple[Operation, ...], words: str) -> Proposal:
    return Proposal(
        pointer=pointer,
        operations=operations,
        words=f"move {words}",
        safety="safe",
        rules=("job-invalid",) if parent(pointer) == "" else ("parameter-unknown",),
        before=last(pointer),
        after=words.replace("`", ""),
        promise="anything",
    )


def shape_of(pointer: str) -> Mapping[str, Any]:
    """Find what the schema of jobs says of a value."""
    schema: Mapping[str, Any] = load_schema("job")
    for name in steps(pointer):
        schema = schema.get("items" if name.isdecimal() else "properties", {})
        schema = schema if name.isdecimal() else schema.get(name, {})
    return schema
