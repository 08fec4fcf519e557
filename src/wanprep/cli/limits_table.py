"""A target's limits as a table, each with its rule and who says so."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING, Any

from wanprep.judge.bounds import bounds
from wanprep.judge.message import allowed_by

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from wanprep.judge.bounds import Bound
    from wanprep.judge.expand import Schema
    from wanprep.judge.target import Target


def limits_table(target: Target, width: int) -> Iterator[str]:
    """Write a target: what it is, what it allows in each role and of a job, what is unseen."""
    yield f"{target.id}\n{target.title}\n"
    yield textwrap.fill(target.summary, width=width) + "\n"
    sources: dict[str, int] = {}
    for name, schema in (*target.roles.items(), ("job", target.job), ("native body", target.body)):
        rows = list(_rows(schema))
        if rows:
            yield f"\n{name}\n"
            yield from (_row(row, sources, width) for row in rows)
    yield "\nSources\n"
    yield from (f"  [{number}] {doc}\n" for doc, number in sources.items())
    if target.unchecked:
        yield "\nCannot be seen from here\n"
        for note in target.unchecked:
            yield textwrap.fill(note, width, initial_indent="  - ", subsequent_indent="    ") + "\n"


def _rows(schema: Schema) -> Iterator[list[Bound]]:
    """Put the bounds together that stand in one place and say one range."""
    group: list[Bound] = []
    for bound in bounds(schema):
        if group and bound.schema is not group[0].schema:
            yield group
            group = []
        group.append(bound)
    if group:
        yield group


def _row(group: list[Bound], sources: dict[str, int], width: int) -> str:
    first = next((bound for bound in group if bound.keyword != "type"), group[0])
    rules = ", ".join(dict.fromkeys(bound.rule for bound in group))
    number = sources.setdefault(first.source.get("doc", ""), len(sources) + 1)
    what = ".".join(first.path) or "job"
    limit = allowed_by(first.schema, first.keyword, first.path)
    confidence = first.source.get("confidence", "")
    doubt = "" if confidence == "documented" else f", {confidence}"
    head = f"  {what}: {limit}" if limit else f"  {what}"
    tail = f"{first.severity} {rules} [{number}]{doubt}: {first.source.get('says', '')}"
    text = textwrap.fill(tail, width, initial_indent="      ", subsequent_indent="      ")
    return f"{head}\n{text}\n"


def rule_bounds(rule: str, targets: Mapping[str, Target]) -> Iterator[tuple[Target, str, Bound]]:
    """List where a rule has a bound: the target, the role or part of a job, and the bound."""
    for target in targets.values():
        parts: dict[str, Any] = {**target.roles, "job": target.job, "native body": target.body}
        for part, schema in parts.items():
            for bound in bounds(schema):
                if bound.rule == rule:
                    yield target, part, bound
