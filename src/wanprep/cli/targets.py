"""`wanprep targets`: what can be checked for, and what each target allows."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from wanprep.cli import completion as completing
from wanprep.rules.bounds import bounds
from wanprep.rules.message import describe_limit
from wanprep.schemas import load_schema
from wanprep.text import wrapped

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from wanprep.rules.bounds import Bound, Schema
    from wanprep.rules.target import Target


@click.command(short_help="List the targets, or one target's limits with their sources.")
@click.argument("target", required=False, metavar="[ID]", shell_complete=completing.targets)
def targets(target: str | None) -> None:
    """List the targets, or show the limits of the target ID and who says so.

    \b
    Examples:
      wanprep targets
      wanprep targets evolink/wan2.7-reference-video
    """
    from wanprep.config import find_config
    from wanprep.rules.target import all_targets, choose_targets

    known = all_targets(find_config(Path.cwd()).target_folders)
    if target is None:
        width = max(map(len, known))
        for name in known:
            click.echo(f"{name:<{width}}  {known[name].title}")
        return
    columns = min(shutil.get_terminal_size().columns, 100)
    (chosen,) = choose_targets([target], known)
    for piece in (*limits_table(chosen, columns), *_service(chosen, columns)):
        sys.stdout.write(piece)


def _service(target: Target, width: int) -> Iterator[str]:
    """Say what a user should know of the service before sending it anything."""
    from wanprep.submit.services.service import PROVIDER_FILE, load_service
    from wanprep.submit.services.service_notes import service_notes
    from wanprep.text import wrapped

    if target.file.parent.with_name(PROVIDER_FILE).is_file():
        yield "\nSending\n"
        for note in service_notes(load_service(target.provider, [target.file.parent])):
            yield wrapped(note, width, first="  - ", rest="    ") + "\n"


# What parts of a resolved job are called by those who write one.
_CALLED: Final = {
    "prompt.length": "characters of the prompt",
    "negative_prompt.length": "characters of the negative prompt",
    "prompt.unused": "references that the prompt never names",
    "frames": "first_frame",
}


def limits_table(target: Target, width: int) -> Iterator[str]:
    """Write a target: what it is, what it allows in each role and of a job, what is unseen."""
    yield f"{target.id}\n{target.title}\n{wrapped(target.summary, width)}\n"
    sources: dict[str, int] = {}
    for name, schema in parts(target).items():
        listed = list(rows(schema))
        if listed:
            yield f"\n{name}\n"
            yield from (_row(row, sources, width) for row in listed)
    yield "\nSources\n"
    yield from (f"  [{number}] {doc}\n" for doc, number in sources.items())
    yield "\nCannot be seen from here\n"
    yield from (wrapped(note, width, first="  - ", rest="    ") + "\n" for note in target.unchecked)


def parts(target: Target) -> dict[str, Schema]:
    """Name what a target has limits for: each role, the job, and a native body."""
    return {**target.roles, "job": target.job, "native body": target.body}


def rows(schema: Schema) -> Iterator[list[Bound]]:
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
    first = telling(group)
    rules = ", ".join(dict.fromkeys(bound.rule for bound in group))
    number = sources.setdefault(first.source.get("doc", ""), len(sources) + 1)
    confidence = first.source.get("confidence", "")
    doubt = "" if confidence == "documented" else f", {confidence}"
    tail = f"{first.severity} {rules} [{number}]{doubt}: {first.source.get('says', '')}"
    return f"  {limit_of(first)}\n{wrapped(tail, width, first='      ', rest='      ')}\n"


def telling(group: list[Bound]) -> Bound:
    """Choose the bound that says most: a range tells more than that it is one of numbers."""
    return next((bound for bound in group if bound.keyword != "type"), group[0])


def limit_of(bound: Bound) -> str:
    """Say a bound: what it is about, and what is allowed."""
    limit = describe_limit(bound.schema, bound.keyword, bound.path)
    return f"{_called(bound.path)}: {limit}" if limit else _called(bound.path)


def _called(path: tuple[str, ...]) -> str:
    match path:
        case ():
            return "the whole"
        case ("parameters", name):
            return name
        case ("prompt", "tokens", *_):
            return "names of references in the prompt"
        case ("callback", *_):
            return "callback_url"
        case _:
            name = ".".join(path)
            return _CALLED.get(name, name.replace(".*", "[]"))


def rule_lines(rule: str, targets: Mapping[str, Target]) -> Iterator[str]:
    """Tell where a rule has a bound: the target, the role or part of a job, and the limit."""
    for schema in load_schema("asset")["$defs"].values():
        for bound in bounds(schema):
            if bound.rule == rule:
                yield f"every target: {bound.source['says']} ({bound.severity})"
    for target in targets.values():
        for part, schema in parts(target).items():
            for group in rows(schema):
                if rule in {bound.rule for bound in group}:
                    bound = telling(group)
                    yield f"{target.id}, {part}: {limit_of(bound)} ({bound.severity})"
        for note in _asked(target.data):
            if note["x-rule"] == rule:
                yield f"{target.id}: {note['x-source']['says']} ({note['x-severity']})"


def _asked(data: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """List what the core asks by itself, and a target only annotates."""
    yield from (data[name] for name in ("style", "unknown_key") if name in data)
    for name in ("doubtful_styles", "urls"):
        yield from data.get(name, {}).values()
