"""`wanprep targets`: the targets, their limits with sources, and what providers publish."""

from __future__ import annotations

import json
import shutil
import sys
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from wanprep.cli.options import (
    complete_files,
    complete_folders,
    complete_targets,
    format_option,
    is_verbose,
    use_color,
    verbosity_options,
)
from wanprep.text import plural, visible

if TYPE_CHECKING:
    from collections.abc import Iterator

    from click.shell_completion import CompletionItem

    from wanprep.rules.target import Target, Targets


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


_format = format_option(["text", "json"], "A table, or JSON with every limit and its source.")


@click.group(
    cls=_TargetsCommand,
    invoke_without_command=True,
    subcommand_metavar="[ID] | import FILE | diff ID FILE",
    short_help="List the targets, or show a target's limits and sources.",
)
@_format
@click.pass_context
def targets(context: click.Context, style: str) -> None:
    """List the targets by provider, or show the limits of the target ID with their sources.

    \b
    Examples:
      wanprep targets
      wanprep targets evolink/wan2.7-reference-video
      wanprep targets evolink -v                      every limit, with its rule
      wanprep targets evolink --format json
      wanprep targets import openapi.json --id acme
      wanprep targets diff evolink/wan2.7-reference-video openapi.json
    """
    if context.invoked_subcommand is None:
        _list(style)


@click.command()
@click.argument("target", metavar="ID")
@_format
@verbosity_options
def show(target: str, style: str) -> None:
    """Show the limits of the target ID on one screen, with their sources.

    -v lists every limit with its rule, what is not checked, and how jobs are submitted.

    \b
    Examples:
      wanprep targets evolink/wan2.7-reference-video
      wanprep targets evolink -v
      wanprep targets evolink --format json
    """
    from datetime import date

    from wanprep.cli.target_table import TargetTable, all_limits
    from wanprep.rules.limits import describe_target
    from wanprep.rules.target import choose_targets

    (chosen,) = choose_targets([target], _available())
    columns = min(shutil.get_terminal_size().columns, 100)
    if style == "json":
        _print_json(describe_target(chosen) | {"submitting": [*_service_notes(chosen)]})
    elif is_verbose():
        sys.stdout.writelines((*all_limits(chosen, columns), *_submitting(chosen, columns)))
    else:
        today = date.today()  # noqa: DTZ011 - of the user
        for line in TargetTable(chosen, columns).lines(today):
            click.echo(line, color=use_color(sys.stdout))
        command = f"wanprep targets {chosen.id} -v"
        click.echo(f"\nEvery limit with its rule, and what is not checked: {command}")


def _available() -> Targets:
    from wanprep.config import find_config
    from wanprep.rules.target import all_targets

    return all_targets(find_config(Path.cwd()).target_folders)


def _list(style: str) -> None:
    from datetime import date

    from wanprep.cli.target_table import list_lines
    from wanprep.rules.limits import summarize_target

    usable = [*_available().usable_listed()]
    if style == "json":
        _print_json([summarize_target(target) for target in usable])
        return
    for line in list_lines(usable, date.today()):  # noqa: DTZ011 - of the user
        click.echo(line, color=use_color(sys.stdout))


def _print_json(value: object) -> None:
    from wanprep.text import json_text

    click.echo(json_text(value, indent=2))


def _submitting(target: Target, width: int) -> Iterator[str]:
    """List what a user should know of the provider before submitting anything."""
    from wanprep.text import wrap

    notes = [*_service_notes(target)]
    yield "\nSubmitting\n" if notes else ""
    yield from (wrap(note, width, first="  - ", rest="    ") + "\n" for note in notes)


def _service_notes(target: Target) -> Iterator[str]:
    from wanprep.submit.services.service import PROVIDER_FILE, load_service
    from wanprep.submit.services.service_notes import service_notes

    if target.file.parent.with_name(PROVIDER_FILE).is_file():
        yield from service_notes(load_service(target.provider, [target.file.parent]))


@targets.command("import", short_help="Propose a target from a published schema.")
@click.argument("file", type=click.Path(path_type=Path), shell_complete=complete_files)
@click.option("--id", "name", required=True, metavar="PROVIDER[/MODEL]",
              help="The id of the new target; the model's name comes from the file.")  # fmt: skip
@click.option("-o", "--output", "folder", type=click.Path(path_type=Path), metavar="DIR",
              shell_complete=complete_folders,
              help="Write the target and its request schema to DIR.")  # fmt: skip
def import_target(file: Path, name: str, folder: Path | None) -> int:
    """Propose a target from a published schema in FILE.

    FILE is an OpenAPI document, a JSON Schema, or a model object or page form that contains
    one, as JSON or YAML. Keywords of the schema become limits. Numbers in prose become warnings
    with the confidence `proposed` and the sentence they come from. What you must check by hand
    is listed on standard error. Without -o the target is printed.

    \b
    Examples:
      wanprep targets import openapi.json --id acme
      wanprep targets import model.json --id acme/short-videos -o targets
    """
    from wanprep.files.atomic import write_new_files
    from wanprep.published.propose import propose
    from wanprep.published.read import read_published

    proposal = propose(read_published(file), name)
    if folder is None:
        click.echo(json.dumps(proposal.target, indent=2, ensure_ascii=False))
    else:
        contents = {folder / file: text for file, text in proposal.files().items()}
        for path in write_new_files(contents):
            click.echo(f"wrote {visible(str(path))}", err=True)
    click.echo(f"To read before it is used, {plural(len(proposal.to_read), 'point')}:", err=True)
    for each in proposal.to_read:
        click.echo(f"  - {visible(each)}", err=True)
    return 0


@targets.command("diff", short_help="Compare a target with a published schema.")
@click.argument("target", metavar="ID", shell_complete=complete_targets)
@click.argument("file", type=click.Path(path_type=Path), shell_complete=complete_files)
@format_option(["text", "json"], "Text, or a JSON object.")
def diff_target(target: str, file: Path, style: str) -> int:
    """Compare the target ID with a published schema in FILE: what is new, gone, narrower or wider.

    Fields, values and bounds of the request are compared with the target's request schema, limits
    of media with its roles. What FILE does not mention about media is not a difference. Nothing is
    changed.

    Exit status: 0 no differences, 1 differences, 2 usage error.

    \b
    Examples:
      wanprep targets diff evolink/wan2.7-reference-video openapi.json
      wanprep targets diff acme/short-videos model.json --format json
    """
    from wanprep.config import find_config
    from wanprep.published.diff import compare_published
    from wanprep.published.read import read_published
    from wanprep.rules.target import all_targets, choose_targets

    available = all_targets(find_config(Path.cwd()).target_folders)
    (chosen,) = choose_targets([target], available)
    found = compare_published(chosen, read_published(file))
    if style == "json":
        result = {
            "version": 1,
            "target": chosen.id,
            "differences": [asdict(each) for each in found],
        }
        click.echo(json.dumps(result, indent=2, ensure_ascii=False))
    else:
        for each in found:
            click.echo(visible(str(each)))
        total = plural(len(found), "difference") if found else "no differences"
        click.echo(f"{chosen.id}: {total}", err=True)
    return int(bool(found))
