"""`wanprep targets`: what can be checked for, and what each target allows."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

import click


@click.command(short_help="List the targets, or one target's limits with their sources.")
@click.argument("target", required=False, metavar="[ID]")
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
    for piece in limits_table(choose([target], known)[0], columns):
        sys.stdout.write(piece)
