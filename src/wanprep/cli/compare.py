"""`wanprep compare`: one job, all targets, side by side."""

from __future__ import annotations

import shutil
import sys
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from wanprep.cli.completion import complete_files
from wanprep.cli.options import (
    format_option,
    is_quiet,
    target_option,
    use_color,
    verbosity_options,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from wanprep.compare.compare_jobs import Comparison

_COLORS: Final = {"fits": "green", "fixable": "yellow", "unknown": "cyan", "impossible": "red"}
_QUALITY: Final = {
    "safe": "without loss",
    "lossy": "with a small loss of quality",
    "asks": "with changes to the content, which need your decision",
}


@click.command(short_help="Compare the targets for a job: verdicts and prices.")
@click.argument("jobs", nargs=-1, required=True, metavar="JOB...", shell_complete=complete_files)
@target_option("Compare only these; may be given several times.")
@click.option("--offline", is_flag=True, help="Do not check asset URLs, or count them as failures.")
@format_option(["text", "json"], "A table, or a JSON list.")
@verbosity_options
def compare(jobs: tuple[str, ...], targets: tuple[str, ...], offline: bool, style: str) -> int:
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
      wanprep compare jobs/*.yaml -t evolink/wan2.7-reference-video
    """
    from wanprep.cli.progress import show_probe_progress
    from wanprep.compare.compare_jobs import compare_jobs
    from wanprep.config import find_config
    from wanprep.text import json_text

    with show_probe_progress():
        config = find_config(Path.cwd())
        rows = list(compare_jobs(jobs, config, targets=targets, offline=offline))
    by_job = {job: list(of_job) for job, of_job in groupby(rows, key=lambda row: row.subject)}
    if style == "json":
        table = [
            {"job": job, "targets": [row.as_json() for row in of_job]}
            for job, of_job in by_job.items()
        ]
        click.echo(json_text(table, indent=2, ascii_only=False))
    else:
        for line in _table(by_job):
            click.echo(line, color=use_color(sys.stdout))
    fits = (any(row.verdict == "fits" for row in of_job) for of_job in by_job.values())
    return 0 if all(fits) else 1


def _table(by_job: dict[str, list[Comparison]]) -> Iterator[str]:
    from wanprep.submit.request.price import price_text
    from wanprep.text import visible, wrap

    columns = min(shutil.get_terminal_size().columns, 100)
    for job, rows in by_job.items():
        yield visible(job)
        width = max(len(row.target) for row in rows)
        for row in rows:
            colored = click.style(f"{row.verdict:<10}", fg=_COLORS[row.verdict])
            price = price_text(row.price) if row.price else ""
            yield f"  {row.target:<{width}}  {colored}  {price}".rstrip()
            for reason in () if is_quiet() else _reasons(row):
                yield wrap(visible(reason), columns, first="      ", rest="        ")


def _reasons(row: Comparison) -> Iterator[str]:
    from wanprep.compare.compare_jobs import Fits, Fixable
    from wanprep.submit.request.price import Unpriced

    match row.outcome:
        case Fits(warnings=warnings):
            yield from warnings
        case Fixable(costs=costs) as fixable:
            yield f"`wanprep fix -t {row.target}` can fix it {_QUALITY[fixable.safety]}:"
            yield from (f"- {cost.what}: {cost.words} ({cost.safety})" for cost in costs)
            yield from fixable.warnings
        case other:
            yield from other.why
    if isinstance(row.price, Unpriced):
        yield f"Price: {row.price.why}"
