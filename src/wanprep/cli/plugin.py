"""`wanprep plugin`: for those who write plugins: one to begin with, and what is wrong with one."""

from __future__ import annotations

import json
import os
import sys
from contextlib import redirect_stdout
from pathlib import Path
from typing import TYPE_CHECKING

import click

from wanprep.cli import completion as completing

if TYPE_CHECKING:
    from wanprep.testing.lint.check_plugin import Checked


@click.group(short_help="Write a plugin for one more provider, or look one over.")
def plugin() -> None:
    """Write a plugin for one more provider, or look one over.

    \b
    Examples:
      wanprep plugin new acme
      wanprep plugin check wanprep_acme
    """


@plugin.command()
@click.argument("name")
@click.option("--folder", metavar="DIR", shell_complete=completing.folders,
              help="Write it into DIR.  [default: wanprep_NAME]")  # fmt: skip
def new(name: str, folder: str | None) -> int:
    """Write a whole plugin for the provider NAME, to begin with.

    It is a package that can be installed as it is: an example of a target, what is known of the
    service, the code that talks to it, and tests. No file is ever written over.

    \b
    Examples:
      wanprep plugin new acme
      wanprep plugin new acme-video --folder plugins/acme
    """
    from wanprep.plugins.new_plugin import package_of, write_plugin
    from wanprep.text import visible

    place = Path(folder or package_of(name))
    for file in write_plugin(name, place):
        click.echo(f"wrote {visible(str(file))}")
    where = visible(str(place))
    click.echo(
        f"Next: read {visible(str(place / 'README.md'))}; `wanprep plugin check {where}` says"
        f" what is wrong, `pip install -e {where}` makes its targets known.",
        err=True,
    )
    return 0


@plugin.command()
@click.argument("place", metavar="[FOLDER|NAME]", default=".", shell_complete=completing.folders)
@click.option("--format", "layout", type=click.Choice(["text", "json"]), default="text",
              show_default=True, help="How to write it.")  # fmt: skip
def check(place: str, layout: str) -> int:
    """Say what is wrong with the plugin in FOLDER, or with the installed one called NAME.

    Looks at its targets and their sources, at provider.json, at whether every field that is
    promised can be built, and at its code: each flow is given nonsense and refusals. The code is
    run, and asks nobody: there is no network in it.

    Exit status: 0 nothing is wrong, 1 something is, 2 there is no such plugin.

    \b
    Examples:
      wanprep plugin check
      wanprep plugin check evolink
      wanprep plugin check wanprep_acme --format json
    """
    from wanprep.testing.lint.check_plugin import check_plugin

    with redirect_stdout(sys.stderr):  # where a plugin's own code may print, apart from our data
        checked = check_plugin(place)
    click.echo(_as_json(checked) if layout == "json" else _as_text(checked))
    return int(bool(checked.problems))


def _as_text(checked: Checked) -> str:
    from wanprep.text import plural, visible

    name = checked.found.package
    if not checked.problems:
        return f"{name}: {plural(len(checked.targets), 'target')}, nothing is wrong"
    lines = [visible(str(problem)) for problem in checked.problems]
    return "\n".join([*lines, f"{name}: {plural(len(lines), 'problem')}"])


def _as_json(checked: Checked) -> str:
    told = {
        "version": 1,
        "plugin": checked.found.package,
        "folder": os.fspath(checked.found.folder),
        "targets": list(checked.targets),
        "faults": [
            {"file": each.file, "place": each.place, "message": each.message}
            for each in checked.problems
        ],
    }
    return json.dumps(told, indent=2, ensure_ascii=False)
