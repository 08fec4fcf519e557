"""The baseline on the command line: which one counts, and how a new one is told of."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from wanprep.errors import UsageError
from wanprep.text import plural, visible

if TYPE_CHECKING:
    from collections.abc import Callable

    from wanprep.check.baseline import Entry
    from wanprep.check.inputs import Inputs
    from wanprep.check.result import Report
    from wanprep.config import Config


def knowing(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command the options of the baseline."""
    for option in (
        click.option(
            "--write-baseline",
            "new_baseline",
            is_flag=False,
            flag_value="",
            metavar="[FILE]",
            help="Write down what is found today, in place of a report.",
        ),
        click.option("--no-baseline", is_flag=True, help="Report what is known, too."),
        click.option("--baseline", metavar="FILE", help="Do not report what is known in FILE."),
    ):
        command = option(command)
    return command


def known_findings(
    config: Config, named: str | None = None, *, none: bool = False
) -> tuple[Entry, ...] | None:
    """Read the baseline: the one that is named, else the configuration's."""
    if named and none:
        raise UsageError("--baseline FILE and --no-baseline say two things: give one of them")
    file = Path(named) if named else config.baseline
    if none or file is None:
        return None
    from wanprep.check.baseline import read_baseline

    return read_baseline(file)


def without_known(report: Report, seen: Inputs, known: tuple[Entry, ...] | None) -> Report:
    """Leave out what is known, where there is a baseline."""
    if known is None:
        return report
    from wanprep.check import baseline

    return baseline.without_baseline(report, seen, known)


def accept(report: Report, seen: Inputs, named: str) -> int:
    """Write the baseline, and say what that means."""
    from wanprep.check.baseline import FILE, write_baseline

    config = seen.request.config
    file = Path(named) if named else config.baseline or config.folder / FILE
    written = write_baseline(file, report, seen)
    known = plural(written.total, "known finding")
    name = visible(os.path.relpath(file))
    click.echo(f"{name}: {known} ({written.new} new, {written.removed} gone)", err=True)
    if written.unreadable:
        count = plural(written.unreadable, "finding")
        click.echo(f"{count} in files that cannot be read will still be reported.", err=True)
    if config.baseline is None or config.baseline.absolute() != file.absolute():
        where = visible(config.file.name) if config.file else "wanprep.toml"
        told = visible(os.path.relpath(file, config.folder).replace(os.sep, "/"))
        table = "[tool.wanprep] of " if where == "pyproject.toml" else ""
        click.echo(f'So that it counts, write into {table}{where}: baseline = "{told}"', err=True)
    return 0
