"""The report as JSON: a contract for other programs."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from wanprep.check.result import Totals, finding_json, verdict_json
from wanprep.files.spool import Spool
from wanprep.text import json_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from wanprep.check.result import Report
    from wanprep.report import Style


def render_json(parts: Iterable[Report], style: Style) -> Iterator[str]:  # noqa: ARG001 - the same for all
    """Write one object, as schemas/report.schema.json describes it; the totals come first."""
    totals = Totals()
    with Spool() as findings, Spool() as verdicts:
        for part in totals.count(parts):
            _add(findings, map(finding_json, part.findings))
            _add(verdicts, map(verdict_json, part.verdicts))
        targets, unchecked = (json_text([*each]) for each in (totals.targets, totals.unchecked))
        yield f'{{\n  "version": 1,\n  "targets": {targets},\n'
        yield f'  "summary": {json.dumps(totals.summary)},\n  "findings": ['
        yield from _items(findings)
        yield '],\n  "verdicts": ['
        yield from _items(verdicts)
        yield f'],\n  "unchecked": {unchecked}\n}}\n'


def _add(spool: Spool, items: Iterable[object]) -> None:
    """Write an item of a list in a line of its own."""
    for item in items:
        spool.write_text(f"    {json_text(item)}\n")


def _items(spool: Spool) -> Iterator[str]:
    """Put the commas between the items of a list."""
    separator = "\n"
    for line in spool.texts():
        yield separator + line.removesuffix("\n")
        separator = ",\n"
    if separator != "\n":
        yield "\n  "


def render_jsonl(parts: Iterable[Report], style: Style) -> Iterator[str]:  # noqa: ARG001 - the same for all
    """Write one line per finding, for grep, jq and log collectors."""
    for part in parts:
        for finding in part.findings:
            yield f"{json_text(finding_json(finding))}\n"
