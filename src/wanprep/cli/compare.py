"""`wanprep compare`: one job, all targets, side by side."""

from __future__ import annotations

import shutil
import sys
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from wanprep.cli import completion as completing
from wanprep.cli.output import in_colour, is_quiet, speaking

if TYPE_CHECKING:
    from collections.abc import Iterator

    from wanprep.compare import Outcome, Row

_ORDER: Final = ("fits", "fixable", "unknown", "impossible")
_COLOURS: Final = {"fits": "green", "fixable": "yellow", "unknown": "cyan", "impossible": "red"}
_QUALITY: Final = {
    "safe": "and nothing is lost",
    "lossy": "at a small loss of quality",
    "asks": "if what is seen or heard may change",
}


@click.command(short_help="Hold a job against all targets: who takes it, and for how much.")
@click.argument("jobs", nargs=-1, required=True, metavar="JOB...",
                shell_complete=completing.files)  # fmt: skip
@click.option(
    "-t",
    "--target",
    "targets",
    multiple=True,
    metavar="TARGET",
    shell_complete=completing.targets,
    help="Compare only these; may be given several times.",
)
@click.option("--offline", is_flag=True, help="Leave addresses unlooked-at, and excuse them.")
@click.option(
    "--format",
    "style",
    type=click.Choice(["text", "json"]),
    default="text",
    show_default=True,
    help="A table, or a JSON list.",
)
@speaking
def compare(jobs: tuple[str, ...], targets: tuple[str, ...], offline: bool, style: str) -> int:
    """Hold each JOB against all targets: who takes it, what must be fixed, and the price.

    The job's own target does not matter here. A target fits, or is fixable (with what
    `wanprep fix -t TARGET` would do, and what that costs in quality), or impossible, and why; or it
    is unknown, since something could not be looked at. Nothing is changed and nothing is sent.
    Prices are estimates from the providers' own pages.

    Exit status: 0 some target takes each job as it is, 1 none does, 2 wrong use, 3 a fault of ours.

    \b
    Examples:
      wanprep compare job.yaml
      wanprep compare job.yaml --quiet             the table alone
      wanprep compare job.yaml --format json
      wanprep compare jobs/*.yaml -t evolink/wan2.7-reference-video
    """
    from wanprep.cli.progress import show_probe_progress
    from wanprep.compare import compare as compare_jobs
    from wanprep.config import find_config

    with show_probe_progress():
        rows = list(compare_jobs(jobs, find_config(Path.cwd()), targets=targets, offline=offline))
    by_job = {job: list(of_job) for job, of_job in groupby(rows, key=lambda row: row.subject)}
    if style == "json":
        _write_json(by_job)
    else:
        for piece in _table(by_job):
            click.echo(piece, color=in_colour(sys.stdout))
    taken = (any(_word(row.outcome) == "fits" for row in of_job) for of_job in by_job.values())
    return 0 if all(taken) else 1


def _word(outcome: Outcome) -> str:
    return type(outcome).__name__.lower()


def _table(by_job: dict[str, list[Row]]) -> Iterator[str]:
    from wanprep.text import visible

    for job, rows in by_job.items():
        yield visible(job)
        width = max(len(row.target) for row in rows)
        for row in sorted(rows, key=_best_first):
            word = _word(row.outcome)
            painted = click.style(f"{word:<10}", fg=_COLOURS[word])
            yield f"  {row.target:<{width}}  {painted}  {_price(row)}".rstrip()
            if not is_quiet():
                yield from _details(row)


def _best_first(row: Row) -> tuple[int, float]:
    from wanprep.submit.request.price import Estimate

    price = row.price.low if isinstance(row.price, Estimate) else float("inf")
    return _ORDER.index(_word(row.outcome)), price


def _price(row: Row) -> str:
    from wanprep.submit.request.price import price_text

    return price_text(row.price) if row.price else ""


def _details(row: Row) -> Iterator[str]:
    from wanprep.text import visible, wrapped

    width = min(shutil.get_terminal_size().columns, 100)
    for words in _reasons(row):
        yield wrapped(visible(words), width, first="      ", rest="        ")


def _reasons(row: Row) -> Iterator[str]:
    from wanprep.compare import Fits, Fixable
    from wanprep.submit.request.price import Unpriced

    match row.outcome:
        case Fits(warnings=warnings):
            yield from warnings
        case Fixable(costs=costs) as fixable:
            yield f"`wanprep fix -t {row.target}` can fix it, {_QUALITY[fixable.safety]}:"
            yield from (f"- {cost.what}: {cost.words} ({cost.safety})" for cost in costs)
        case other:
            yield from other.why
    if isinstance(row.price, Unpriced):
        yield f"Price: {row.price.why}"


def _write_json(by_job: dict[str, list[Row]]) -> None:
    import json

    told = [
        {"job": job, "targets": [_as_json(row) for row in sorted(rows, key=_best_first)]}
        for job, rows in by_job.items()
    ]
    click.echo(json.dumps(told, indent=2, ensure_ascii=False))


def _as_json(row: Row) -> dict[str, Any]:
    from dataclasses import asdict

    from wanprep.compare import Fixable
    from wanprep.submit.request.price import Estimate, Unpriced

    told = {"target": row.target, "verdict": _word(row.outcome), **asdict(row.outcome)}
    if isinstance(row.outcome, Fixable):
        told["safety"] = row.outcome.safety
    price = asdict(row.price) if isinstance(row.price, Estimate) else None
    note = row.price.why if isinstance(row.price, Unpriced) else None
    return {**told, "price": price, "price_note": note}
