"""`wanprep targets`: the targets, and the limits of each with their sources."""

from __future__ import annotations

import shutil
import sys
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from wanprep.cli.completion import complete_targets
from wanprep.cli.published import diff_target, import_target
from wanprep.rules.bounds import bounds
from wanprep.rules.message import describe_limit
from wanprep.schemas import load_schema
from wanprep.text import two_columns, wrap

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from click.shell_completion import CompletionItem

    from wanprep.rules.bounds import Bound, Schema
    from wanprep.rules.target import Target


class _TargetsCommand(click.Group):
    """A group in which everything but the name of a command is the id of a target."""

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Take an id as the argument of the command that shows a target."""
        if args[0] in self.commands or args[0].startswith("-"):
            return super().resolve_command(ctx, args)
        return "show", show, args

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        """Offer the targets, too."""
        offered = complete_targets(ctx, click.Option(["-t"]), incomplete)
        return [*super().shell_complete(ctx, incomplete), *offered]


@click.group(
    cls=_TargetsCommand,
    invoke_without_command=True,
    subcommand_metavar="[ID] | import FILE | diff ID FILE",
    short_help="List the targets, or show a target's limits and sources.",
)
@click.pass_context
def targets(context: click.Context) -> None:
    """List the targets, or show the limits of the target ID with their sources.

    \b
    Examples:
      wanprep targets
      wanprep targets evolink/wan2.7-reference-video
      wanprep targets import openapi.json --id acme
      wanprep targets diff evolink/wan2.7-reference-video openapi.json
    """
    if context.invoked_subcommand is None:
        _show(None)


targets.add_command(import_target)
targets.add_command(diff_target)


@click.command()
@click.argument("target", metavar="ID")
def show(target: str) -> None:
    """Show the limits of the target ID with their sources.

    \b
    Examples:
      wanprep targets evolink/wan2.7-reference-video
    """
    _show(target)


def _show(target: str | None) -> None:
    from wanprep.config import find_config
    from wanprep.rules.target import all_targets, choose_targets

    available = all_targets(find_config(Path.cwd()).target_folders)
    if target is None:
        click.echo(two_columns({each.id: each.title for each in available.usable()}))
        return
    columns = min(shutil.get_terminal_size().columns, 100)
    (chosen,) = choose_targets([target], available)
    for piece in (*limits_table(chosen, columns), *_service(chosen, columns)):
        sys.stdout.write(piece)


def _service(target: Target, width: int) -> Iterator[str]:
    """List what a user should know of the provider before submitting anything."""
    from wanprep.submit.services.service import PROVIDER_FILE, load_service
    from wanprep.submit.services.service_notes import service_notes

    if target.file.parent.with_name(PROVIDER_FILE).is_file():
        yield "\nSubmitting\n"
        for note in service_notes(load_service(target.provider, [target.file.parent])):
            yield wrap(note, width, first="  - ", rest="    ") + "\n"


# Names for parts of a resolved job, as the author of a job knows them.
_NAMES: Final = {
    "prompt.length": "characters of the prompt",
    "prompt.utf8_bytes": "bytes of the prompt in UTF-8",
    "prompt.utf16_units": "UTF-16 units of the prompt",
    "negative_prompt.length": "characters of the negative prompt",
    "prompt.unused": "references that the prompt does not use",
    "frames": "first_frame",
}


def limits_table(target: Target, width: int) -> Iterator[str]:
    """Show a target: its title, its limits for each role and for a job, and what is not checked."""
    yield f"{target.id}\n{target.title}\n{wrap(target.summary, width)}\n"
    sources: dict[str, int] = {}
    for name, schema in parts(target).items():
        groups = list(rows(schema))
        if groups:
            yield f"\n{name}\n"
            yield from (_row(group, sources, width) for group in groups)
    yield "\nSources\n"
    yield from (f"  [{number}] {doc}\n" for doc, number in sources.items())
    yield "\nNot checked\n"
    yield from (wrap(note, width, first="  - ", rest="    ") + "\n" for note in target.unchecked)


def parts(target: Target) -> dict[str, Schema]:
    """Return the schemas that hold a target's limits: each role, the job, and a native body."""
    return {**target.roles, "job": target.job, "native body": target.body}


def rows(schema: Schema) -> Iterator[list[Bound]]:
    """Group the bounds of one place, which together are one range."""
    return (list(group) for _, group in groupby(bounds(schema), lambda bound: id(bound.schema)))


def _row(group: list[Bound], sources: dict[str, int], width: int) -> str:
    first = main_bound(group)
    rules = ", ".join(dict.fromkeys(bound.rule for bound in group))
    number = sources.setdefault(first.source.get("doc", ""), len(sources) + 1)
    confidence = first.source.get("confidence", "")
    doubt = "" if confidence == "documented" else f", {confidence}"
    tail = f"{first.severity} {rules} [{number}]{doubt}: {first.source.get('says', '')}"
    return f"  {limit_of(first)}\n{wrap(tail, width, first='      ', rest='      ')}\n"


def main_bound(group: list[Bound]) -> Bound:
    """Choose the bound to show: a range says more than a type."""
    return next((bound for bound in group if bound.keyword != "type"), group[0])


def limit_of(bound: Bound) -> str:
    """Describe a bound: what it is about, and what is allowed."""
    is_required = bound.keyword == "required" and not bound.path
    name = "required fields" if is_required else _name(bound.path)
    limit = describe_limit(bound.schema, bound.keyword, bound.path)
    return f"{name}: {limit}" if limit else name


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
