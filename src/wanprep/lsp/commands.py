"""The commands above a job: what each prints, as text."""

from __future__ import annotations

import os
from dataclasses import replace
from typing import TYPE_CHECKING

from wanprep.check.result import Totals, drop_findings
from wanprep.compare.compare_jobs import Fits, Fixable, compare_inputs, sendable_targets
from wanprep.submit.request.price import price_text
from wanprep.text import plural

if TYPE_CHECKING:
    from collections.abc import Iterator

    from wanprep.compare.compare_jobs import Comparison
    from wanprep.lsp.checker import Analysis


def summarize(analysis: Analysis) -> str:
    """State the result of a check in one line."""
    name = os.path.basename(analysis.document.path)
    totals = Totals()
    if analysis.report:
        totals.add(analysis.report)
    counts = [
        plural(totals.severities[severity], severity)
        for severity in ("error", "warning", "note")
        if totals.severities[severity]
    ]
    unknown = " What could not be read is unknown, which is not a pass." if totals.is_open else ""
    return f"{name}: {', '.join(counts) or 'no findings'}.{unknown}"


def compare_job(analysis: Analysis, number: int) -> str:
    """Compare a job with all targets."""
    every = analysis.targets.every
    of_job = tuple(case for case in analysis.cases if case.job.number == number)
    inputs = replace(analysis.inputs, cases=(of_job,))
    rows = compare_inputs(inputs, sendable_targets(every), every)
    lines = [line for row in rows for line in _row(row)]
    return "\n".join([f"{os.path.basename(analysis.document.path)}: all targets", "", *lines, ""])


def _row(row: Comparison) -> Iterator[str]:
    price = f", {price_text(row.price)}" if row.price else ""
    yield f"{row.target}: {row.verdict}{price}"
    match row.outcome:
        case Fits(warnings=reasons):
            pass
        case Fixable(costs=costs, warnings=warnings):
            reasons = (*(f"{each.what}: {each.words} ({each.safety})" for each in costs), *warnings)
        case other:
            reasons = other.why
    yield from (f"    {reason}" for reason in reasons)


def dry_run(analysis: Analysis, number: int) -> str:
    """Show the requests that would be sent for a job; nothing is sent."""
    from wanprep.submit.request.submission import find_submissions
    from wanprep.submit.services.service import Services
    from wanprep.submit.session.dry_run import as_text, describe_requests

    report = analysis.report and drop_findings(
        analysis.report, lambda each: each.severity != "error"
    )
    if report and report.findings:
        count = plural(len(report.findings), "error")
        return f"Nothing would be sent: the job has {count}. Fix them first."
    of_job = tuple(case for case in analysis.cases if case.job.number == number)
    inputs = replace(analysis.inputs, cases=(of_job,))
    services = Services(analysis.config)
    described = [
        describe_requests(each, services, os.environ, drop=False)
        for each in find_submissions(inputs, services)
    ]
    return "".join(as_text(described))
