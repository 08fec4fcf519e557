"""The report in a terminal: grouped by file for people, a line per finding, or a table of rules."""

from __future__ import annotations

from collections import Counter
from itertools import accumulate, chain, groupby
from typing import TYPE_CHECKING, Final

import click

from wanprep.check.result import Totals
from wanprep.net.secrets import redact_line
from wanprep.text import columns, plural, visible, wrap

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from wanprep.check.result import Report
    from wanprep.report import Style
    from wanprep.rules.finding import Finding

    Lines = Mapping[tuple[str, int], str]

_UNKNOWN: Final = (
    "Unknown: a file could not be read or a URL was not checked, which is not a pass."
    " --offline accepts URLs that were not checked."
)
_EXCUSED: Final = "Unknown: URLs were not checked (--offline)."
COLORS: Final = {"error": "red", "warning": "yellow", "note": "cyan"}


def render(parts: Iterable[Report], style: Style) -> Iterator[str]:
    """Write the findings of each file as they come, then the summary."""
    totals = Totals()
    for part in totals.count(parts):
        several = len(totals.targets) > 1
        yield from render_findings(part.findings, part.lines, style, several=several)
    if not style.quiet or totals.is_open:  # the reason for the exit status
        yield from summarize(totals, style)


def render_findings(
    findings: Iterable[Finding], lines: Lines, style: Style, *, several: bool
) -> Iterator[str]:
    """Write findings under the names of their files; of several targets, with their targets."""
    for file, of_file in groupby(findings, key=lambda finding: finding.file):
        yield paint(visible(file), style, bold=True) + "\n"
        for finding in of_file:
            yield from render_finding(finding, lines, style, several=several)
        yield "\n"


def render_concise(parts: Iterable[Report], style: Style) -> Iterator[str]:  # noqa: ARG001 - the same for all
    """Write path:line:col: severity[rule] message, as editors and grep understand it."""
    for finding in chain.from_iterable(part.findings for part in parts):
        place, text = visible(finding.file), _without_name(finding)
        if finding.line is not None:  # of a job
            place, text = f"{place}:{finding.line}:{finding.column or 1}", finding.message
        yield f"{place}: {finding.severity}[{finding.rule}] {visible(text)}\n"


def render_statistics(parts: Iterable[Report], style: Style) -> Iterator[str]:
    """Write a line for each rule, the most frequent first, instead of the findings."""
    totals = Totals()
    counts: Counter[tuple[str, str]] = Counter()
    fixable: Counter[tuple[str, str]] = Counter()
    asking: Counter[tuple[str, str]] = Counter()
    for part in totals.count(parts):
        for finding in part.findings:
            rule_and_severity = (finding.rule, finding.severity)
            counts[rule_and_severity] += 1
            fixable[rule_and_severity] += finding.fixable
            asking[rule_and_severity] += bool(finding.fix) and not finding.fixable
    width = max((len(rule) for rule, _ in counts), default=0)
    for key, count in sorted(counts.items(), key=lambda each: (-each[1], each[0])):
        rule, severity = key
        name = paint(f"{severity:<7}", style, fg=COLORS[severity], bold=True)
        line = f"{count:>9,}  {name}  {rule:<{width}}  {_describe_fixes(fixable[key], asking[key])}"
        yield line.rstrip() + "\n"
    if counts:
        yield "\n"
    if not style.quiet or totals.is_open:
        yield from summarize(totals, style)


def render_finding(finding: Finding, lines: Lines, style: Style, *, several: bool) -> Iterator[str]:
    """Write a finding, in a job below its line."""
    source = [*_source_line(finding, lines, style)]
    yield from source
    head = f"{finding.severity}[{finding.rule}]"
    target = f" ({finding.target})" if finding.target and several else ""
    text = _without_name(finding) if source or finding.line is None else finding.message
    message = visible(text) + target
    wrapped = wrap(message, style.width, first=f"  {head} ", rest="    ")
    painted = paint(head, style, fg=COLORS[finding.severity], bold=True)
    yield wrapped.replace(head, painted, 1) + "\n"


def _without_name(finding: Finding) -> str:
    """Leave out the file's name, which the line above shows."""
    name, _, rest = finding.message.partition(": ")
    if finding.asset and rest and finding.asset.partition("?")[0].rstrip("/").endswith(name):
        return rest[:1].upper() + rest[1:]
    return finding.message


def _source_line(finding: Finding, lines: Lines, style: Style) -> Iterator[str]:
    """Show the line of a job with carets under the value, as compilers do."""
    if finding.line is None or finding.column is None:
        return
    line = lines.get((finding.file, finding.line))
    if line is None:
        return
    end = finding.end_column or finding.column + 1
    line, start, stop = redact_line(line, finding.column - 1, end - 1)
    shown, marks = _excerpt(line, start, stop, style.width - 9)
    yield f"{finding.line:>6} | {shown}\n"
    space = marks[: marks.index("^")]
    painted = paint(marks.lstrip(), style, fg=COLORS[finding.severity])
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


def summarize(totals: Totals, style: Style) -> Iterator[str]:
    """Say what was left out and what was checked; the last line has the result."""
    count = totals.summary
    yield from _remarks(totals, style)
    things = [plural(count["assets"], "file")] if count["assets"] or not count["jobs"] else []
    if count["jobs"]:
        things.insert(0, plural(count["jobs"], "job"))
    scope = f" for {', '.join(totals.targets)}" if totals.targets else ""
    checked = f"{' and '.join(things)} checked{scope}:"
    yield wrap(checked, style.width)
    result, rest = _result(totals)
    fits = not rest and len(checked) + 1 + len(result) <= style.width
    color = "green" if totals.clean else "red"
    yield (" " if fits else "\n") + paint(result, style, fg=color, bold=True) + rest + "\n"


def _remarks(totals: Totals, style: Style) -> Iterator[str]:
    if totals.in_baseline:
        excluded = plural(totals.in_baseline, "finding")
        yield f"{excluded} in the baseline (--no-baseline shows all)\n"
    if totals.unknown:
        yield wrap(_UNKNOWN if totals.is_open else _EXCUSED, style.width) + "\n"
    notes = totals.unchecked if style.verbose else totals.left_out
    yield from not_checked(tuple(notes), style.width)


def not_checked(notes: Sequence[str], width: int) -> Iterator[str]:
    """List what this check left out, and what none on this machine can find."""
    if notes:
        yield "Not checked:\n"
    for note in notes:
        yield wrap(note, width, first="- ", rest="  ") + "\n"


def _result(totals: Totals) -> tuple[str, str]:
    """Count what was found; then in how many files, and what of it can be fixed."""
    count = totals.summary
    found = [
        plural(count[f"{name}s"], name)
        for name in ("error", "warning", "note")
        if count[f"{name}s"]
    ]
    if count["unknown"]:
        found.append(f"{count['unknown']:,} unknown")
    if not found:
        return "nothing found", ""
    rest = f" in {totals.affected:,} of {plural(totals.files, 'file')}"
    fixes = _describe_fixes(totals.fixable, totals.needs_consent)
    return ", ".join(found), f"{rest}; {fixes}" if fixes else rest


def _describe_fixes(alone: int, asking: int) -> str:
    """Count what a fix clears: "8 can be fixed with wanprep fix, 2 more need your decision"."""
    more, command = ("more ", "--yes") if alone else ("", "wanprep fix --yes")
    verb = "needs" if asking == 1 else "need"
    parts = [
        *([f"{alone:,} can be fixed with wanprep fix"] if alone else []),
        *([f"{asking:,} {more}{verb} your decision ({command})"] if asking else []),
    ]
    return ", ".join(parts)


def paint(text: str, style: Style, *, fg: str | None = None, bold: bool = False) -> str:
    """Colour a text where colours are wanted."""
    return click.style(text, fg=fg, bold=bold) if style.color else text
