"""One finding, as an item of a list: what is wrong, for whom, where, and who says so."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from wanprep.judge.rules import rules
from wanprep.report.html.markup import Html, element, icon, joined, link
from wanprep.report.html.measures import measure_of
from wanprep.report.html.ruler import ruler

if TYPE_CHECKING:
    from collections.abc import Mapping

    from wanprep.judge.finding import Finding
    from wanprep.report.html.measures import Measure
    from wanprep.report.html.told import Told, Variant

SEVERITIES: Final = {"error": "Error", "warning": "Warning", "note": "Note"}
_VERDICTS: Final = {"fine": "within range", "warning": "risky", "note": "noted",
                    "error": "out of range"}  # fmt: skip
_MANY: Final = 6
_AROUND: Final = 70  # characters of a line that are shown on each side of what is meant
_CODE: Final = re.compile(r"`([^`\n]{1,36})`")
_CONFIDENCE: Final = {
    "upstream": "said of the model, not by this provider",
    "inferred": "concluded, not documented",
}


class FindingItems:
    """Writes findings; knows the targets' names and the lines of jobs."""

    def __init__(self, targets: Mapping[str, str], lines: Mapping[tuple[str, int], str]) -> None:
        self._targets = targets
        self._numbers = {name: number for number, name in enumerate(targets, start=1)}
        self._lines = lines

    def names(self, targets: list[str] | tuple[str, ...]) -> str:
        """Name targets, where there are several to be told apart."""
        if len(self._targets) < 2:
            return ""
        return ", ".join(self._targets.get(each, each) for each in targets)

    def classes(self, targets: list[str] | tuple[str, ...]) -> str:
        """Say in classes for whom something holds; what is nobody's is everybody's."""
        known = [self._numbers[each] for each in targets if each in self._numbers]
        return " ".join(f"t{number}" for number in known or self._numbers.values())

    def pairs(self, states: frozenset[tuple[str, str]]) -> str:
        """Say in classes how something stands with each target, for the filters."""
        said = {f"any-{state}" for state, _ in states}
        for state, target in states:
            numbers = (
                [self._numbers[target]] if target in self._numbers else [*self._numbers.values()]
            )
            said |= {f"{state}-t{number}" for number in numbers}
            said |= {f"t{number}" for number in numbers}
        return " ".join(sorted(said))

    def called(self, target: str) -> str:
        """Name one target."""
        return self._targets.get(target, target)

    def verdict(self, measure: Measure) -> str:
        """Say how a value stands to what is allowed, and with whom, where they differ."""
        if len(measure.states) == 1:
            return _VERDICTS[measure.state]
        return "; ".join(
            f"{_VERDICTS[state]} for {self.names(targets)}"
            for state, targets in measure.states.items()
        )

    def item(self, told: Told, *, quote: bool = False, file: bool = False) -> Html:
        """Write one; `quote` shows where it stands in its job, `file` names what it is about."""
        return element(
            "li",
            self._head(told),
            self._quoted(told.variants[0].finding) if quote else Html(),
            *(self._variant(each, drawn=quote) for each in told.variants),
            _foot(told, lines=not quote, file=file),
            class_=f"finding {told.severity} {self.classes(told.targets)}",
        )

    def _head(self, told: Told) -> Html:
        rule = rules().get(told.rule)
        whom = self.names(told.targets)
        return element(
            "p",
            icon(told.severity),
            element("span", SEVERITIES[told.severity], class_="severity"),
            element("b", rule.title if rule else told.rule),
            element("span", whom, class_="whom") if whom else Html(),
            class_="head",
        )

    def _variant(self, variant: Variant, *, drawn: bool) -> Html:
        finding = variant.finding
        measure = measure_of(finding) if drawn else None
        ruled = Html()
        if measure:
            drawing = ruler(measure, self.verdict(measure))
            ruled = element("div", drawing, class_=f"ruler {measure.state}")
        return element(
            "div",
            element("p", _message(finding.message), class_="message"),
            ruled,
            _source(finding),
            class_=f"variant {self.classes(variant.targets)}",
        )

    def _quoted(self, finding: Finding) -> Html:
        """Show the line of the job, with what is meant marked in it."""
        line = self._lines.get((finding.file, finding.line or 0))
        if line is None or finding.column is None or not line.strip():
            return Html()
        begin = min(finding.column - 1, len(line))
        end = max(begin, min(finding.end_column or finding.column, len(line) + 1) - 1)
        marked = element("mark", _begin(line[begin:end], 2 * _AROUND))
        return element(
            "pre",
            element("span", str(finding.line), class_="number"),
            element("code", _end(line[:begin]), marked, _begin(line[end:], _AROUND)),
        )


def _end(text: str) -> str:
    return text.lstrip() if len(text) <= _AROUND else f"\u2026{text[-_AROUND:]}"


def _begin(text: str, most: int) -> str:
    return text if len(text) <= most else f"{text[:most]}\u2026"


def _message(message: str) -> Html:
    """Set commands and keys apart from the words."""
    pieces = _CODE.split(message)
    return joined(
        element("code", piece) if number % 2 else piece for number, piece in enumerate(pieces)
    )


def _foot(told: Told, *, lines: bool, file: bool) -> Html:
    places = _places(told, lines=lines, file=file)
    said = element("span", element("bdi", places)) if places else Html()
    return element("p", element("code", told.rule), said, class_="foot")


def _places(told: Told, *, lines: bool, file: bool) -> str:
    said = [f"{name}, line {line}" for name, line in told.places if line is not None and lines]
    if file:
        said = [name if line is None else f"{name}, line {line}" for name, line in told.places]
    if len(said) <= _MANY:
        return "; ".join(said)
    return "; ".join(said[:_MANY]) + f"; and {len(said) - _MANY} more"


def _source(finding: Finding) -> Html:
    address = finding.source.get("doc", "")
    if not address:
        return Html()
    said = finding.source.get("says", "")
    doubt = _CONFIDENCE.get(finding.source.get("confidence", ""), "")
    quoted = f", \u201c{said}\u201d" if said and said not in finding.message else ""
    about = f"{quoted} ({doubt})" if doubt else quoted
    return element("p", "Source: ", link(address, _host(address)), about, class_="source")


def _host(address: str) -> str:
    try:
        return urlsplit(address).hostname or address
    except ValueError:
        return address
