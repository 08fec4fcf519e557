"""`wanprep report`: any format of a report, from the results of a check."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from wanprep.cli.options import complete_folders, verbosity_options
from wanprep.cli.output import choose_style, report_options, write_report

if TYPE_CHECKING:
    from collections.abc import Iterator

    from wanprep.check.result import Report


@click.command(short_help="Write a report from the results of a check.")
@click.argument("results", nargs=-1, required=True, shell_complete=complete_folders)
@report_options
@verbosity_options
def report(
    results: tuple[str, ...], style: str, output: str | None, select: tuple[str, ...],
    ignore: tuple[str, ...], severity: str, statistics: bool,
) -> int:  # fmt: skip
    """Write a report in any format from the results of `wanprep check --results`.

    RESULTS are one or more folders, or URLs of buckets: the results of several machines, each of
    which checked a --shard, become one report. No media file is opened.

    Exit status: that of the check; also 1 if results are incomplete.

    \b
    Examples:
      wanprep check assets/ --results checked
      wanprep report checked --format html -o report.html
      wanprep report checked --statistics
      wanprep report part-1 part-2 part-3 --format sarif -o wanprep.sarif
    """
    from wanprep.check.result import select_findings
    from wanprep.config import find_config
    from wanprep.results.read import open_results
    from wanprep.results.store import open_store
    from wanprep.rules.finding import parse_rule_names

    selected, ignored = parse_rule_names(select), parse_rule_names(ignore)
    style = choose_style(style, output, statistics=statistics)
    stores = find_config(Path.cwd()).stores
    found = open_results([open_store(place, stores) for place in results])

    def parts() -> Iterator[Report]:
        for part in found.parts():
            yield select_findings(part, selected, ignored, severity)

    is_clean = write_report(parts(), style, output).clean
    return 0 if is_clean and not found.missing else 1
