"""The limits of a target in words, for the terminal, the documentation and other programs."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING, Any, Final

from wanprep.rules.bounds import bounds
from wanprep.rules.message import describe_limit
from wanprep.schemas import load_schema

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from wanprep.rules.bounds import Bound, Schema
    from wanprep.rules.target import Target

# Names for parts of a resolved job, as the author of a job knows them.
_NAMES: Final = {
    "prompt.length": "characters of the prompt",
    "prompt.utf8_bytes": "bytes of the prompt in UTF-8",
    "prompt.utf16_units": "UTF-16 units of the prompt",
    "negative_prompt.length": "characters of the negative prompt",
    "prompt.unused": "references that the prompt does not use",
    "frames": "first_frame",
}


def parts(target: Target) -> dict[str, Schema]:
    """Return the schemas that hold a target's limits: each role, the job, and a native body."""
    return {**target.roles, "job": target.job, "native body": target.body}


def rows(schema: Schema) -> Iterator[list[Bound]]:
    """Group the bounds of one place, which together are one range."""
    return (list(group) for _, group in groupby(bounds(schema), lambda bound: id(bound.schema)))


def main_bound(group: list[Bound]) -> Bound:
    """Choose the bound to show: a range says more than a type."""
    return next((bound for bound in group if bound.keyword != "type"), group[0])


def limit_of(bound: Bound) -> str:
    """Describe a bound: what it is about, and what is allowed."""
    name = name_of(bound)
    limit = describe_limit(bound.schema, bound.keyword, bound.path)
    return f"{name}: {limit}" if limit else name


def name_of(bound: Bound) -> str:
    """Name what a bound is about, as the author of a job knows it."""
    is_required = bound.keyword == "required" and not bound.path
    return "required fields" if is_required else _name(bound.path)


def _name(path: tuple[str, ...]) -> str:
    match path:
        case ():
            return "any file"
        case ("parameters", name):
            return name
        case ("prompt", "tokens", *_):
            return "references named in the prompt"
        case ("callback", *_):
            return "callback_url"
        case _:
            name = ".".join(path)
            return _NAMES.get(name, name.replace(".*", "[]"))


def rule_lines(rule: str, targets: Iterable[Target]) -> Iterator[str]:
    """List where a rule has a bound: the target, the role or part of a job, and the limit."""
    for schema in load_schema("asset")["$defs"].values():
        for bound in bounds(schema):
            if bound.rule == rule:
                yield f"every target: {bound.source['says']} ({bound.severity})"
    for target in targets:
        for part, schema in parts(target).items():
            for group in rows(schema):
                if rule in {bound.rule for bound in group}:
                    bound = main_bound(group)
                    yield f"{target.id}, {part}: {limit_of(bound)} ({bound.severity})"
        for note in _annotations(target.data):
            if note["x-rule"] == rule:
                yield f"{target.id}: {note['x-source']['says']} ({note['x-severity']})"


def _annotations(data: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """List the annotations for checks that are code, not bounds of a schema."""
    yield from (data[name] for name in ("style", "unknown_key") if name in data)
    for name in ("doubtful_styles", "urls"):
        yield from data.get(name, {}).values()
