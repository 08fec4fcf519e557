"""`wanprep compare`: one job, all targets, side by side."""

from __future__ import annotations

import shutil
import sys
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from wanprep.cli.options import (
    complete_files,
    format_option,
    is_quiet,
    target_option,
    use_color,
    verbosity_options,
)
from wanprep.cli.output import choose_style, show_probe_progress
from wanprep.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from wanprep.compare.compare_jobs import Comparison

_COLORS: Final = {"fits": "green", "fixable": "yellow", "unknown": "cyan", "impossible": "red"}
_HEADINGS: Final = ("target", "runs", "must change", "costs")


@click.command(short_help="Compare the targets for a job: verdicts and prices.")
@click.argument("jobs", nargs=-1, required=True, metavar="JOB...", shell_complete=complete_files)
@target_option("Compare only these; may be given several times.")
@click.option("--offline", is_flag=True, help="Skip asset URLs, and do not count them as failures.")
@format_option(["text", "json", "html"], "A table, a JSON list, or a page.")
@click.option(
    "-o",
    "--output",
    metavar="FILE",
    shell_complete=complete_files,
    help="Write the page to this file.",
)
@verbosity_options
def compare(
    jobs: tuple[str, ...], targets: tuple[str, ...], offline: bool, style: str, output: str | None
) -> int:
    """Compare all targets for each JOB: its verdict, what must be fixed, and the price.

    The job's own target is ignored. The verdict is: fits; fixable, with what
    `wanprep fix -t TARGET` would do and what that costs in quality; impossible, with the reason;
    or unknown, if something was not checked. Nothing is changed or sent. Prices are estimates
    from the providers' own pages.

    Exit status: 0 each job fits some target as it is, 1 one does not, 2 usage error, 3 internal
    error.

    \b
    Examples:
      wanprep compare job.yaml
      wanprep compare job.yaml --quiet             the table alone
      wanprep compare job.yaml --format json
      wanprep compare job.yaml --format html -o compare.html
      wanprep compare jobs/*.yaml -t evolink/wan2.7-reference-video
    """
    from wanprep.compare.compare_jobs import compare_jobs
    from wanprep.config import find_config
    from wanprep.text import json_text

    if output is not None and style != "html":
        raise UsageError("-o is for the page: add --format html")
    if style == "html":
        style = choose_style(style, output, statistics=False)
    with show_probe_progress():
        config = find_config(Path.cwd())
        rows = list(compare_jobs(jobs, config, targets=targets, offline=offline))
    by_job = {job: list(of_job) for job, of_job in groupby(rows, key=lambda row: row.subject)}
    if style == "json":
        table = [
            {"job": job, "targets": [row.as_json() for row in of_job]}
            for job, of_job in by_job.items()
        ]
        click.echo(json_text(table, indent=2))
    elif style == "html":
        from wanprep.report.html import render_comparison

        _write_page(render_comparison(by_job), output)
    else:
        for line in _table(by_job):
            click.echo(line, color=use_color(sys.stdout))
    fits = (any(row.verdict == "fits" for row in of_job) for of_job in by_job.values())
    return 0 if all(fits) else 1


def _write_page(pieces: Iterable[str], output: str | None) -> None:
    if output is None:
        sys.stdout.writelines(pieces)
    else:
        from wanprep.files.atomic import write_pieces

        write_pieces((piece.encode("ascii") for piece in pieces), output)


def _table(by_job: dict[str, list[Comparison]]) -> Iterator[str]:
    from wanprep.submit.request.price import price_text
    from wanprep.text import visible, wrap

    columns = min(shutil.get_terminal_size().columns, 100)
    for job, rows in by_job.items():
        yield visible(job)
        cells = [
            (row.target, row.verdict, row.must_change, price_text(row.price) if row.price else "")
            for row in rows
        ]
        widths = [max(map(len, column)) for column in zip(_HEADINGS, *cells, strict=True)]
        yield _line(_HEADINGS, widths)
        for row, texts in zip(rows, cells, strict=True):
            yield _line(texts, widths, _COLORS[row.verdict])
            for reason in () if is_quiet() else _reasons(row):
                yield wrap(visible(reason), columns, first="      ", rest="        ")


def _line(texts: Sequence[str], widths: Sequence[int], color: str | None = None) -> str:
    target, verdict, *rest = (f"{text:<{width}}" for text, width in zip(texts, widths, strict=True))
    verdict = click.style(verdict, fg=color) if color else verdict
    return f"  {'  '.join([target, verdict, *rest])}".rstrip()


def _reasons(row: Comparison) -> Iterator[str]:
    from wanprep.compare.compare_jobs import QUALITY, Fixable

    if isinstance(row.outcome, Fixable):
        yield f"`wanprep fix -t {row.target}` can fix it {QUALITY[row.outcome.safety]}:"
        yield from (f"- {each.what}: {each.words} ({each.safety})" for each in row.outcome.costs)
    yield from row.remarks
