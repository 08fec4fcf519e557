"""`wanprep doctor`: what is there, what is missing, and what to do about it."""

from __future__ import annotations

import os
import sys
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from wanprep.cli.output import in_colour
from wanprep.text import plural

if TYPE_CHECKING:
    from collections.abc import Sequence

    from wanprep.doctor import Line

_MARKS: Final = {"fine": ("ok", "green"), "note": ("note", "cyan"), "trouble": ("WRONG", "red")}


@click.command(short_help="Say what wanprep finds on this machine, and what is missing.")
@click.option(
    "--format",
    "style",
    type=click.Choice(["text", "json"]),
    default="text",
    show_default=True,
    help="For people, or a JSON object.",
)
def doctor(style: str) -> int:
    """Say what wanprep finds on this machine: programs, keys, addresses, folders, configuration.

    Nothing is changed and no network is asked. Of a key it is only said whether there is one. The
    output is fit to be shown to whoever helps you.

    Exit status: 0 all is well, 1 something is wrong (it says what to do).

    \b
    Examples:
      wanprep doctor
      wanprep doctor --format json
    """
    from wanprep.doctor import examine

    lines = list(examine(Path.cwd(), os.environ))
    wrong = sum(line.state == "trouble" for line in lines)
    if style == "json":
        _write_json(lines)
    else:
        _write_text(lines, wrong)
    return int(wrong > 0)


def _write_json(lines: Sequence[Line]) -> None:
    import json
    from dataclasses import asdict

    ok = all(line.state != "trouble" for line in lines)
    told = {"version": 1, "ok": ok, "checks": [asdict(line) for line in lines]}
    click.echo(json.dumps(told, indent=2, ensure_ascii=False))


def _write_text(lines: Sequence[Line], wrong: int) -> None:
    colour = in_colour(sys.stdout)
    width = max(len(line.name) for line in lines)
    for section, members in groupby(lines, key=lambda line: line.section):
        click.echo(click.style(section, bold=True), color=colour)
        for line in members:
            mark, shade = _MARKS[line.state]
            painted = click.style(f"{mark:<5}", fg=shade)
            click.echo(f"  {painted}  {line.name:<{width}}  {line.says}", color=colour)
    click.echo(f"\n{plural(wrong, 'thing')} wrong" if wrong else "\nall is well")
