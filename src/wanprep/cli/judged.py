"""What the check has against jobs that are about to be sent."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from wanprep.check.pipeline import report_on
from wanprep.check.selection import select_findings
from wanprep.cli.colour import in_colour
from wanprep.report import renderer
from wanprep.report.model import Style

if TYPE_CHECKING:
    from collections.abc import Sequence

    from wanprep.check.seen import Seen
    from wanprep.submit.order.errands import Errand


def judged(seen: Seen, attached: Sequence[Errand] = ()) -> bool:
    """Say what the check has against jobs; tell whether all may be sent.

    What is `attached` was sent before, and needs no judge any more.
    """
    report = select_findings(report_on(seen), (), (), "warning")
    known = {(each.subject, each.target.id) for each in attached}
    fit = all(
        each.verdict == "pass" or (each.subject, each.target) in known for each in report.verdicts
    )
    # A document that cannot be read may have no verdict of its own.
    fit &= all(each.severity != "error" or each.target for each in report.findings)
    if not fit or report.findings:
        style = Style(color=in_colour(sys.stderr))
        text = "".join(renderer("text")(report, style))
        click.echo(text, nl=False, err=True, color=style.color)
    if not fit:
        click.echo("Nothing was sent.", err=True)
    return fit
