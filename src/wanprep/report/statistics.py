"""A table of rules in place of the findings: how often each was broken, and what can be fixed."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from wanprep.check.result import Totals
from wanprep.report.text import COLORS, describe_fixes, paint, summarize

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from wanprep.check.result import Report
    from wanprep.report import Style


def render(parts: Iterable[Report], style: Style) -> Iterator[str]:
    """Write a line for each rule, the most frequent first, then the summary."""
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
        line = f"{count:>9,}  {name}  {rule:<{width}}  {describe_fixes(fixable[key], asking[key])}"
        yield line.rstrip() + "\n"
    if counts:
        yield "\n"
    if not style.quiet or totals.is_open:
        yield from summarize(totals, style)
