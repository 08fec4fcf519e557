"""`wanprep targets import` and `targets diff`: what a provider publishes, and a target."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from wanprep.cli.completion import complete_files, complete_folders, complete_targets
from wanprep.cli.options import format_option
from wanprep.text import plural, visible

if TYPE_CHECKING:
    from wanprep.published.propose import Proposal


@click.command("import", short_help="Propose a target from a published schema.")
@click.argument("file", type=click.Path(path_type=Path), shell_complete=complete_files)
@click.option("--id", "name", required=True, metavar="PROVIDER[/MODEL]",
              help="The id of the new target; the model's name comes from the file.")  # fmt: skip
@click.option("-o", "--output", "folder", type=click.Path(path_type=Path), metavar="DIR",
              shell_complete=complete_folders,
              help="Write the target and its request schema to DIR.")  # fmt: skip
def import_target(file: Path, name: str, folder: Path | None) -> int:
    """Propose a target from a published schema in FILE.

    FILE is an OpenAPI document, a JSON Schema, or a model object or page form that contains one, as
    JSON or YAML. Keywords of the schema become limits. Numbers in prose become warnings with the
    confidence `proposed` and the sentence that they are from. What a person must still read is
    listed on standard error. Without -o the target is printed.

    \b
    Examples:
      wanprep targets import openapi.json --id acme
      wanprep targets import model.json --id acme/short-videos -o targets
    """
    from wanprep.published.propose import propose
    from wanprep.published.read import read_published

    proposal = propose(read_published(file), name)
    if folder is None:
        click.echo(json.dumps(proposal.target, indent=2, ensure_ascii=False))
    else:
        for path in _write(proposal, folder):
            click.echo(f"wrote {visible(str(path))}", err=True)
    click.echo(f"To read before it is used, {plural(len(proposal.to_read), 'point')}:", err=True)
    for each in proposal.to_read:
        click.echo(f"  - {visible(each)}", err=True)
    return 0


def _write(proposal: Proposal, folder: Path) -> list[Path]:
    """Write both files, or none if one of them exists."""
    from wanprep.files.new_files import write_new_files

    def text(data: object) -> str:
        return json.dumps(data, indent=2, ensure_ascii=False) + "\n"

    return write_new_files({
        folder / f"{proposal.model}.json": text(proposal.target),
        folder / f"{proposal.model}-request.schema.json": text(proposal.request),
    })  # fmt: skip


@click.command("diff", short_help="Compare a target with a published schema.")
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
