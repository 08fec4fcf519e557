"""Write a report to standard output or to a file, part by part."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, TextIO, cast

import click

from wanprep.cli.options import (
    complete_files,
    complete_rules,
    is_quiet,
    is_verbose,
    together,
    use_color,
)
from wanprep.errors import UsageError
from wanprep.files.outputs import refuse_foreign, refuse_inputs, require_folder
from wanprep.report import FORMATS, STATISTICS, Style, renderer

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from io import TextIOWrapper

    from wanprep.check.result import Report, Totals


class _Formats(click.Choice[str]):
    """The formats of reports; those of plugins are looked up when one is named."""

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> str:
        if value not in self.choices:
            from wanprep.plugins.loading import installed

            if value in installed().load_all().formats:
                return value
        return super().convert(value, param, ctx)


report_options = together(
    click.option("--format", "style", type=_Formats(sorted(FORMATS)), default="text",
                 show_default=True, help="Format of the report, or one of a plugin."),
    click.option("-o", "--output", metavar="FILE", shell_complete=complete_files,
                 help="Write the report to FILE."),
    click.option("--select", multiple=True, metavar="RULE", shell_complete=complete_rules,
                 help="Report only these rules."),
    click.option("--ignore", multiple=True, metavar="RULE", shell_complete=complete_rules,
                 help="Do not report these rules."),
    click.option("--severity", type=click.Choice(["note", "warning", "error"]), default="note",
                 show_default=True, help="Lowest severity to report."),
    click.option("--statistics", is_flag=True,
                 help="Print a table of rules in place of the findings."),
)  # fmt: skip


def choose_style(style: str, output: str | None, *, statistics: bool) -> str:
    """Return what is to be written; a report that cannot be is a usage error, before any work."""
    if statistics and style != "text":
        raise UsageError("--statistics is a text: leave out --format")
    if style == "html" and output is None and sys.stdout.isatty():
        raise UsageError("an HTML report needs a file on a terminal: add -o report.html")
    if output is not None:
        require_folder(output, "-o")
        refuse_foreign(output, "report", "-o")
    return STATISTICS if statistics else style


def write_report(parts: Iterable[Report], style: str, output: str | None) -> Totals:
    """Write each part when it is there, and return what all of them amount to."""
    from wanprep.check.result import Totals

    totals = Totals()
    render = renderer(style)
    if output is not None:
        from wanprep.files.atomic import write_pieces

        pieces = render(totals.count(_refuse_inputs(parts, output)), Style(verbose=is_verbose()))
        write_pieces((piece.encode("utf-8", "backslashreplace") for piece in pieces), output)
        return totals
    print_pieces(render(totals.count(_flush_each(parts)), style_for(sys.stdout)), sys.stdout)
    return totals


def print_pieces(pieces: Iterable[str], stream: TextIO) -> None:
    """Write pieces of text; a terminal that lacks a letter shows its number instead."""
    cast("TextIOWrapper", stream).reconfigure(errors="backslashreplace")
    stream.writelines(pieces)


def style_for(stream: TextIO) -> Style:
    """Return how text is written to a terminal, or to a pipe."""
    return Style(use_color(stream), _width(stream), quiet=is_quiet(), verbose=is_verbose())


def _width(stream: TextIO) -> int:
    if not stream.isatty():
        return 80
    import shutil

    return min(shutil.get_terminal_size().columns, 100)


def _refuse_inputs(parts: Iterable[Report], output: str) -> Iterator[Report]:
    for part in parts:
        refuse_inputs(output, part.inputs.paths() if part.inputs else (), "-o")
        yield part


def _flush_each(parts: Iterable[Report]) -> Iterator[Report]:
    """Show what was written of a part before the next one is waited for."""
    for part in parts:
        yield part
        sys.stdout.flush()
