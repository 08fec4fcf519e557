"""`wanprep check`: the main job, in any format, with an exit status that CI understands."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, cast

import click

from wanprep.cli.options import judging, reading
from wanprep.errors import WrongUse
from wanprep.report import FORMATS

if TYPE_CHECKING:
    from io import TextIOWrapper

    from wanprep.report.model import Report

_SEVERITIES = ("note", "warning", "error")


@click.command(short_help="Find what a target would refuse, cut off or bill for nothing.")
@click.argument("paths", nargs=-1)
@judging
@click.option(
    "--format",
    "style",
    type=click.Choice(sorted(FORMATS)),
    default="text",
    show_default=True,
    help="How the report is written.",
)
@click.option("-o", "--output", metavar="FILE", help="Write the report to FILE instead.")
@click.option("--select", multiple=True, metavar="RULE", help="Report only these rules.")
@click.option("--ignore", multiple=True, metavar="RULE", help="Do not report these rules.")
@click.option(
    "--severity",
    type=click.Choice(_SEVERITIES),
    default="note",
    show_default=True,
    help="Report nothing below this.",
)
@click.option("--offline", is_flag=True, help="Leave addresses unlooked-at, and excuse them.")
@reading
def check(
    paths: tuple[str, ...], targets: tuple[str, ...], style: str, output: str | None,
    roles: dict[str, str], select: tuple[str, ...], ignore: tuple[str, ...], severity: str,
    deep: bool, offline: bool, nul: bool, no_cache: bool, jobs: int | None,
) -> int:  # fmt: skip
    """Find what a target would refuse, cut off, ignore or bill for nothing.

    PATHS are job files (YAML or JSON), media files, folders or globs; none means the current
    folder, and - reads names from standard input. In folders, media are known by their names
    and jobs by their content. A job is judged for its own target, bare media for wan/2.7 (what
    all Wan 2.7 endpoints share), unless -t names others.

    Exit status: 0 nothing at error level, 1 errors found or something could not be looked at,
    2 wrong use or nothing to check, 3 a fault of ours.

    \b
    Examples:
      wanprep check                               everything in this folder
      wanprep check job.yaml
      wanprep check hero.jpg -t evolink/wan2.7-reference-video
      wanprep check assets/ --role 'voices/*=voice' --format concise
      git diff --cached --name-only -z | wanprep check -z -
    """
    from wanprep.check.pipeline import Question, answer
    from wanprep.check.selection import rule_names, select_findings
    from wanprep.config import find_config

    question = Question(
        paths=paths or (".",), targets=targets, roles=roles, deep=deep, offline=offline,
        cache=not no_cache, nul=nul, workers=jobs, config=find_config(Path.cwd()),
    )  # fmt: skip
    chosen, dropped = rule_names(select), rule_names(ignore)  # a slip there is told at once
    report = select_findings(answer(question), chosen, dropped, severity)
    _write(report, style, output)
    return 0 if report.clean else 1


def _write(report: Report, style: str, output: str | None) -> None:
    import shutil

    from wanprep.report import renderer
    from wanprep.report.model import Style

    if output is not None:
        try:
            with open(output, "w", encoding="utf-8") as file:
                file.writelines(renderer(style)(report, Style()))
        except OSError as error:
            raise WrongUse(f"{output} cannot be written: {error.strerror}") from error
        return
    # A terminal that lacks a letter shows its number instead.
    cast("TextIOWrapper", sys.stdout).reconfigure(errors="backslashreplace")
    terminal = sys.stdout.isatty()
    width = min(shutil.get_terminal_size().columns, 100) if terminal else 80
    for piece in renderer(style)(report, Style(color=terminal, width=width)):
        sys.stdout.write(piece)
