"""`wanprep targets`: what can be checked for, and what each target allows."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from wanprep.cli import completing

if TYPE_CHECKING:
    from collections.abc import Iterator

    from wanprep.judge.target import Target


@click.command(short_help="List the targets, or one target's limits with their sources.")
@click.argument("target", required=False, metavar="[ID]", shell_complete=completing.targets)
def targets(target: str | None) -> None:
    """List the targets, or show the limits of the target ID and who says so.

    \b
    Examples:
      wanprep targets
      wanprep targets evolink/wan2.7-reference-video
    """
    from wanprep.cli.limits_table import limits_table
    from wanprep.config import find_config
    from wanprep.judge.target import all_targets, choose

    known = all_targets(find_config(Path.cwd()).target_folders)
    if target is None:
        width = max(map(len, known))
        for name in known:
            click.echo(f"{name:<{width}}  {known[name].title}")
        return
    columns = min(shutil.get_terminal_size().columns, 100)
    (chosen,) = choose([target], known)
    for piece in (*limits_table(chosen, columns), *_service(chosen, columns)):
        sys.stdout.write(piece)


def _service(target: Target, width: int) -> Iterator[str]:
    """Say what a user should know of the service before sending it anything."""
    from wanprep.report.columns import wrapped
    from wanprep.submit.services.service import PROVIDER_FILE, load_service
    from wanprep.submit.services.service_notes import service_notes

    if target.file.parent.with_name(PROVIDER_FILE).is_file():
        yield "\nSending\n"
        for note in service_notes(load_service(target.provider, [target.file.parent])):
            yield wrapped(note, width, first="  - ", rest="    ") + "\n"
