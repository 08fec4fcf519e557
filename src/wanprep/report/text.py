"""The report in a terminal: grouped by file for people, or one line per finding."""

from __future__ import annotations

import re
from itertools import accumulate, groupby
from typing import TYPE_CHECKING, Final

import click

from wanprep.net.secrets import redact_line
from wanprep.text import columns, plural, visible, wrap

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from wanprep.check.result import Report
    from wanprep.report import Style
    from wanprep.rules.finding import Finding

_UNKNOWN: Final = (
    "Unknown: a file could not be read or a URL was not checked, which is not a pass."
    " --offline accepts URLs that were not checked."
)
_EXCUSED: Final = "Unknown: URLs were not checked (--offline)."
_COLORS: Final = {"error": "red", "warning": "yellow", "note": "cyan"}


def render(report: Report, style: Style) -> Iterator[str]:
    """Write the findings of each file, then the summary."""
    for file, findings in groupby(report.findings, key=lambda finding: finding.file):
        yield _paint(visible(file), style, bold=True) + "\n"
        for finding in findings:
            yield from _finding(finding, report, style)
        yield "\n"
    is_open = any(each.verdict == "unknown" and not each.excused for each in report.verdicts)
    if not style.quiet or is_open:  # the reason for the exit status
        yield from _summary(report, style)


def render_concise(report: Report, style: Style) -> Iterator[str]:  # noqa: ARG001 - the same for all
    """Write path:line:col: severity[rule] message, as editors and grep understand it."""
    for finding in report.findings:
        place, text = visible(finding.file), _without_name(finding)
        if finding.line is not None:  # of a job
            place, text = f"{place}:{finding.line}:{finding.column or 1}", finding.message
        yield f"{place}: {finding.severity}[{finding.rule}] {visible(text)}\n"


def _finding(finding: Finding, report: Report, style: Style) -> Iterator[str]:
    source = [*_source_line(finding, report, style)]
    yield from source
    head = f"{finding.severity}[{finding.rule}]"
    target = f" ({finding.target})" if finding.target and len(report.targets) > 1 else ""
    text = _without_name(finding) if source or finding.line is None else finding.message
    message = visible(text) + target
    lines = wrap(message, style.width, first=f"  {head} ", rest="    ")
    painted = _paint(head, style, fg=_COLORS[finding.severity], bold=True)
    yield lines.replace(head, painted, 1) + "\n"


def _without_name(finding: Finding) -> str:
    """Leave out the file's name, which the line above shows."""
    name, _, rest = finding.message.partition(": ")
    if finding.asset and rest and finding.asset.partition("?")[0].rstrip("/").endswith(name):
        return rest[:1].upper() + rest[1:]
    return finding.message


def _source_line(finding: Finding, report: Report, style: Style) -> Iterator[str]:
    """Show the line of a job with carets under the value, as compilers do."""
    if finding.line is None or finding.column is None:
        return
    line = report.lines.get((finding.file, finding.line))
    if line is None:
        return
    end = finding.end_column or finding.column + 1
    line, start, stop = redact_line(line, finding.column - 1, end - 1)
    shown, marks = _excerpt(line, start, stop, style.width - 9)
    yield f"{finding.line:>6} | {shown}\n"
    space = marks[: marks.index("^")]
    painted = _paint(marks.lstrip(), style, fg=_COLORS[finding.severity])
    yield f"       | {space}{painted}\n"


def _excerpt(line: str, start: int, stop: int, width: int) -> tuple[str, str]:
    """Cut a line to a width, and mark the part from start to stop in the line below."""
    begin = max(0, start - width)
    near = line[begin : start + width]  # the rest cannot fit, however narrow its letters are
    pieces = [visible(letter) for letter in near]
    widths = [columns(piece) for piece in pieces]
    start, stop = start - begin, min(max(stop, start + 1) - begin, len(near))
    first, last = 0, len(near)
    if begin or len(line) > begin + len(near) or sum(widths) > width:
        first, last = _window(widths, start, width - 2)
    before = "…" if begin or first else ""
    after = "…" if begin + last < len(line) else ""
    space = len(before) + sum(widths[first:start])
    marks = max(1, sum(widths[start : min(stop, last)]))
    return before + "".join(pieces[first:last]) + after, " " * space + "^" * marks


def _window(widths: list[int], start: int, width: int) -> tuple[int, int]:
    """Choose what is shown: a quarter before the marked part, more if the line ends sooner."""
    first = _last_fitting(widths[:start][::-1], width // 4)
    last = _last_fitting(widths[start - first :], width)
    if start - first + last < len(widths):
        return start - first, start - first + last
    return len(widths) - _last_fitting(widths[::-1], width), len(widths)


def _last_fitting(widths: list[int], width: int) -> int:
    return sum(end <= width for end in accumulate(widths))


def _summary(report: Report, style: Style) -> Iterator[str]:
    """Say what was left out and what was checked; the last line has the result."""
    count = report.summary
    yield from _remarks(report, style)
    things = [plural(count["assets"], "file")] if count["assets"] or not count["jobs"] else []
    if count["jobs"]:
        things.insert(0, plural(count["jobs"], "job"))
    scope = f" for {', '.join(report.targets)}" if report.targets else ""
    checked = f"{' and '.join(things)} checked{scope}:"
    yield wrap(checked, style.width)
    result, rest = _result(report)
    fits = not rest and len(checked) + 1 + len(result) <= style.width
    color = "green" if report.clean else "red"
    yield (" " if fits else "\n") + _paint(result, style, fg=color, bold=True) + rest + "\n"


def _remarks(report: Report, style: Style) -> Iterator[str]:
    if report.in_baseline:
        excluded = plural(report.in_baseline, "finding")
        yield f"{excluded} in the baseline (--no-baseline shows all)\n"
    if unknown := [each for each in report.verdicts if each.verdict == "unknown"]:
        is_excused = all(each.excused for each in unknown)
        yield wrap(_EXCUSED if is_excused else _UNKNOWN, style.width) + "\n"
    left_out = report.inputs.notes if report.inputs else ()
    yield from not_checked(report.unchecked if style.verbose else left_out, style.width)


def not_checked(notes: Sequence[str], width: int) -> Iterator[str]:
    """List what this check left out, and what none on this machine can find."""
    if notes:
        yield "Not checked:\n"
    for note in notes:
        yield wrap(note, width, first="- ", rest="  ") + "\n"


def _result(report: Report) -> tuple[str, str]:
    """Count what was found; then in how many files, and what of it can be fixed."""
    count = report.summary
    found = [
        plural(count[f"{name}s"], name)
        for name in ("error", "warning", "note")
        if count[f"{name}s"]
    ]
    if count["unknown"]:
        found.append(f"{count['unknown']:,} unknown")
    if not found:
        return "nothing found", ""
    files = {each.file for each in report.findings} | {
        re.sub(r"#\d+$", "", each.subject)  # a document of a job file
        for each in report.verdicts
        if each.verdict == "unknown"
    }
    rest = f" in {len(files):,} of {plural(report.files, 'file')}"
    fixes = _fixes(report)
    return ", ".join(found), f"{rest}; {fixes}" if fixes else rest


def _fixes(report: Report) -> str:
    """Count what a fix clears: "8 can be fixed with wanprep fix, 2 more need your decision"."""
    alone = sum(each.fixable for each in report.findings)
    asking = sum(bool(each.fix) for each in report.findings) - alone
    more, command = ("more ", "--yes") if alone else ("", "wanprep fix --yes")
    verb = "needs" if asking == 1 else "need"
    parts = [
        *([f"{alone:,} can be fixed with wanprep fix"] if alone else []),
        *([f"{asking:,} {more}{verb} your decision ({command})"] if asking else []),
    ]
    return ", ".join(parts)


def _paint(text: str, style: Style, *, fg: str | None = None, bold: bool = False) -> str:
    return click.style(text, fg=fg, bold=bold) if style.color else text
