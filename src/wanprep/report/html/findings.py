"""Findings grouped for the page: one item per rule and place, for all its targets and jobs."""

from __future__ import annotations

import re
from dataclasses import field
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from wanprep.dataclass import dataclass
from wanprep.net.secrets import redact_line
from wanprep.rules.finding import rules

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from wanprep.rules.finding import Finding

RANKS: Final = ("error", "unknown", "warning", "note", "fine")  # the worst first
_MOST_PLACES: Final = 6
_AROUND: Final = 70  # characters of a line that are shown on each side of the marked value
_CODE: Final = re.compile(r"`([^`\n]{1,36})`")
_CONFIDENCE: Final = {
    "upstream": "documented for the model, not by this provider",
    "inferred": "inferred, not documented",
}


@dataclass(slots=True)
class Variant:
    """One message of a group, and the targets that share it."""

    finding: Finding
    targets: dict[str, None] = field(default_factory=dict)  # an ordered set

    @property
    def message(self) -> Iterator[tuple[str, str]]:
        """Split the message into text and the `code` after it."""
        pieces = [*_CODE.split(self.finding.message), ""]
        return zip(pieces[::2], pieces[1::2], strict=True)

    @property
    def source(self) -> tuple[str, str, str] | None:
        """Name the source of the limit: its URL, its host, and the quotation from it."""
        finding = self.finding
        url = finding.source.get("doc", "")
        if not url:
            return None
        quote = finding.source.get("says", "")
        doubt = _CONFIDENCE.get(finding.source.get("confidence", ""), "")
        about = f", \u201c{quote}\u201d" if quote and quote not in finding.message else ""
        return url, _host(url), f"{about} ({doubt})" if doubt else about


@dataclass(slots=True)
class FindingGroup:
    """One rule broken at one place, for every target and every job that shares it."""

    rule: str
    severity: str
    by_message: dict[str, Variant] = field(default_factory=dict)
    places: dict[tuple[str, int | None], None] = field(default_factory=dict)  # files and lines

    @property
    def variants(self) -> list[Variant]:
        """List the messages, the first one first."""
        return list(self.by_message.values())

    @property
    def marks(self) -> frozenset[Mark]:
        """Mark it for the script of the page."""
        return marks_of([self], (), "")

    @property
    def targets(self) -> list[str]:
        """List the targets; none if it holds for all of them."""
        return list(dict.fromkeys(each for variant in self.variants for each in variant.targets))

    @property
    def title(self) -> str:
        """Return the title of the rule."""
        return title_of(self.rule)

    def where(self, *, files: bool) -> str:
        """List the lines it stands on, and with `files` those places that have no line, too."""
        found = [
            name if line is None else f"{name}, line {line}"
            for name, line in self.places
            if files or line is not None
        ]
        rest = len(found) - _MOST_PLACES
        return "; ".join(found[:_MOST_PLACES]) + (f"; and {rest} more" if rest > 0 else "")


Groups = dict[tuple[object, ...], FindingGroup]


def add_finding(groups: Groups, finding: Finding, *, merge_places: bool = False) -> None:
    """Add a finding to the group of its rule and place, or start a new one."""
    position = (finding.file, finding.line, finding.column, finding.pointer)
    key = (finding.rule, finding.severity, *(() if merge_places else position))
    group = groups.setdefault(key, FindingGroup(finding.rule, finding.severity))
    group.places[finding.file, finding.line] = None
    variant = group.by_message.setdefault(finding.message, Variant(finding))
    if finding.target:
        variant.targets[finding.target] = None


def sorted_groups(groups: Groups) -> list[FindingGroup]:
    """List groups, the worst first."""
    return sorted(groups.values(), key=lambda group: RANKS.index(group.severity))


def excerpt(finding: Finding, lines: Mapping[tuple[str, int], str]) -> tuple[str, str, str] | None:
    """Cut a line to what fits on the page: before, in and after the part that is marked."""
    line = lines.get((finding.file, finding.line or 0), "")
    if finding.column is None or not line.strip():
        return None
    begin = min(finding.column - 1, len(line))
    end = max(begin, min(finding.end_column or finding.column, len(line) + 1) - 1)
    line, begin, end = redact_line(line, begin, end)
    before = line[:begin].lstrip() if begin <= _AROUND else f"\u2026{line[begin - _AROUND : begin]}"
    return before, shorten(line[begin:end], 2 * _AROUND), shorten(line[end:], _AROUND)


def shorten(text: str, length: int) -> str:
    """Cut a text to a length, with an ellipsis for the rest."""
    return text if len(text) <= length else f"{text[:length]}\u2026"


# What holds for a card: a state, the target that it holds for ("": all) and the rule ("": none).
Mark = tuple[str, str, str]


def marks_of(
    groups: Iterable[FindingGroup], targets: Sequence[str], default: str
) -> frozenset[Mark]:
    """Mark each target with the findings for it, or else with the default."""
    everywhere = targets or ("",)
    found = {
        (group.severity, target, group.rule)
        for group in groups
        for target in group.targets or everywhere
    }
    named = {target for _, target, _ in found}
    if default:
        found |= {(default, target, "") for target in everywhere if target not in named}
    return frozenset(found)


def worst(marks: Iterable[Mark]) -> str:
    """Return the worst state of some marks."""
    return min((state for state, _, _ in marks), key=RANKS.index, default="fine")


def title_of(rule: str) -> str:
    """Return the title of a rule; a plugin may add rules that have none."""
    found = rules().get(rule)
    return found.title if found else rule


def _host(url: str) -> str:
    try:
        return urlsplit(url).hostname or url
    except ValueError:
        return url
