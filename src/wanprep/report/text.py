"""The report for people: grouped by file, the line shown, what to do said."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING, Final

import click

from wanprep.report.columns import wrapped
from wanprep.report.quoted import quoted
from wanprep.text import plural, visible

if TYPE_CHECKING:
    from collections.abc import Iterator

    from wanprep.judge.finding import Finding
    from wanprep.report.model import Report, Style

_UNKNOWN: Final = (
    "Unknown is what could not be read, and addresses, which are not looked at: that is no pass."
    " --offline excuses addresses."
)
_COLORS: Final = {"error": "red", "warning": "yellow", "note": "cyan"}


def render(report: Report, style: Style) -> Iterator[str]:
    """Write each file's findings, then what it comes to."""
    for file, findings in groupby(report.findings, key=lambda finding: finding.file):
        yield _paint(visible(file), style, bold=True) + "\n"
        for finding in findings:
            yield from _finding(finding, report, style)
        yield "\n"
    if not style.quiet or report.summary["unknown"]:  # or nobody would know why it is no pass
        yield from _end(report, style)


def _finding(finding: Finding, report: Report, style: Style) -> Iterator[str]:
    yield from _quoted(finding, report, style)
    head = f"{finding.severity}[{finding.rule}]"
    target = f" ({finding.target})" if finding.target and len(report.targets) > 1 else ""
    message = visible(finding.message) + target
    lines = wrapped(message, style.width, first=f"  {head} ", rest="    ")
    painted = _paint(head, style, fg=_COLORS[finding.severity], bold=True)
    yield lines.replace(head, painted, 1) + "\n"


def _quoted(finding: Finding, report: Report, style: Style) -> Iterator[str]:
    """Show the line of a job with a caret under what is meant, as good compilers do."""
    if finding.line is None or finding.column is None:
        return
    line = report.lines.get((finding.file, finding.line))
    if line is None:
        return
    end = finding.end_column or finding.column + 1
    shown, marks = quoted(line, finding.column - 1, end - 1, style.width - 9)
    yield f"{finding.line:>6} | {shown}\n"
    space = marks[: marks.index("^")]
    painted = _paint(marks.lstrip(), style, fg=_COLORS[finding.severity])
    yield f"       | {space}{painted}\n"


def _end(report: Report, style: Style) -> Iterator[str]:
    count = report.summary
    things = [plural(count["assets"], "file")] if count["assets"] or not count["jobs"] else []
    if count["jobs"]:
        things.insert(0, plural(count["jobs"], "job"))
    found = [
        plural(count[f"{name}s"], name)
        for name in ("error", "warning", "note")
        if count[f"{name}s"]
    ]
    if count["unknown"]:
        found.append(f"{count['unknown']} unknown")
    result = ", ".join(found) or "nothing found"
    color = "green" if report.clean else "red"
    whom = f" for {', '.join(report.targets)}" if report.targets else ""
    judged = f"{' and '.join(things)} checked{whom}:"
    fits = len(judged) + 1 + len(result) <= style.width
    yield wrapped(judged, style.width)
    yield (" " if fits else "\n  ") + _paint(result, style, fg=color, bold=True) + "\n"
    if report.known:
        yield f"{plural(report.known, 'known finding')} in the baseline (--no-baseline shows all)\n"
    if count["unknown"]:
        yield wrapped(_UNKNOWN, style.width) + "\n"
    if report.clean and report.unchecked:
        yield "What nobody can see from here:\n"
        for note in report.unchecked:
            yield wrapped(note, style.width, first="- ", rest="  ") + "\n"


def _paint(text: str, style: Style, *, fg: str | None = None, bold: bool = False) -> str:
    return click.style(text, fg=fg, bold=bold) if style.color else text
