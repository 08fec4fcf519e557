"""The values of a file and their limits, drawn as rulers."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from wanprep.dataclass import dataclass
from wanprep.fix.plan.limits import Limits, Range, limits_in
from wanprep.rules.judge_asset import facts_for_rules
from wanprep.rules.message import ratio
from wanprep.text import file_size, plain_number, seconds

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from wanprep.report.html.cards import FileCard
    from wanprep.rules.finding import Finding

_LABELS: Final = {
    "width": "Width",
    "height": "Height",
    "aspect": "Aspect ratio",
    "duration": "Duration",
    "video_duration": "Video track",
    "audio_duration": "Audio track",
    "bytes": "File size",
}
_TRACKS: Final = frozenset({"video_duration", "audio_duration"})
_DURATIONS: Final = _TRACKS | {"duration"}
_SAME: Final = 0.06  # seconds: a track that differs by less gets no ruler of its own


@dataclass(frozen=True, slots=True)
class Span:
    """A range; None is an open end."""

    low: float | None
    high: float | None


UNBOUNDED: Final = Span(None, None)
_STATES: Final = ("error", "warning", "note", "fine")


@dataclass(frozen=True, slots=True)
class Measure:
    """One value beside its limits."""

    fact: str
    label: str
    value: float
    firm: Span  # outside of it is an error
    safe: Span  # outside of it is a warning
    states: Mapping[str, tuple[str, ...]]  # targets by error, warning, note or fine

    @property
    def targets(self) -> tuple[str, ...]:
        """List the targets that set these limits."""
        return tuple(target for targets in self.states.values() for target in targets)

    @property
    def state(self) -> str:
        """Return the worst state."""
        return min(self.states, key=_STATES.index)

    @property
    def outline(self) -> Span:
        """Return the range that is labelled."""
        return self.safe if self.firm == UNBOUNDED else self.firm


def measures(card: FileCard) -> Iterator[Measure]:
    """Measure a file against all its targets; equal limits give one measure."""
    facts = card.facts
    if facts is None or not facts.readable:
        return
    limits = {
        (use.role, target.id): Limits(
            tuple(limits_in(target.roles[use.role], facts_for_rules(facts), ""))
        )
        for use in card.uses
        for target in use.targets
        if target.has_role(use.role)
    }
    for fact, label in _LABELS.items():
        value = getattr(facts, fact)
        if value is None or (fact in _TRACKS and abs(value - (facts.duration or 0)) <= _SAME):
            continue
        found: dict[tuple[str, str], Measure] = {}
        for (_, target), of_target in limits.items():
            if measure := _measure(fact, label, value, of_target, target):
                ends = _end_labels(measure)
                found[ends] = _merged(found[ends], measure) if ends in found else measure
        yield from found.values()


def _measure(fact: str, label: str, value: float, limits: Limits, target: str) -> Measure | None:
    firm, safe = limits.errors.range(fact), limits.range(fact)
    if safe == Range():
        return None
    state = (
        "error" if not firm.contains(value) else "warning" if not safe.contains(value) else "fine"
    )
    return Measure(fact, label, value, _span(firm), _span(safe), {state: (target,)})


def _span(allowed: Range) -> Span:
    low, high = allowed.low, allowed.high
    return Span(None if low is None else low.value, None if high is None else high.value)


def _merged(one: Measure, other: Measure) -> Measure:
    states = {
        state: tuple(dict.fromkeys((*one.states.get(state, ()), *other.states.get(state, ()))))
        for state in _STATES
        if state in one.states or state in other.states
    }
    firm = one.firm if one.firm != UNBOUNDED else other.firm
    return replace(one, firm=firm, states=states)


_MOST_COUNTED: Final = 100_000  # larger limits, as of seeds, are no counts


def measure_of(finding: Finding) -> Measure | None:
    """Measure what a finding in a job found, if it is a number beside a range."""
    found, allowed = finding.found, finding.allowed
    if isinstance(found, bool) or not isinstance(found, int | float):
        return None
    if not isinstance(allowed, dict):
        return None
    low = allowed.get("minimum", allowed.get("exclusiveMinimum"))
    high = allowed.get("maximum", allowed.get("exclusiveMaximum"))
    if high is None or not 0 < high <= _MOST_COUNTED or not 0 <= found <= 10 * _MOST_COUNTED:
        return None
    fact = "seconds" if finding.pointer.endswith("/duration") else "count"
    span = Span(low, high)
    return Measure(fact, _counted(finding.rule), found, span, span, {finding.severity: ()})


def _counted(rule: str) -> str:
    words = {"prompt-too-long": "Characters", "negative-prompt-too-long": "Characters",
             "too-many-images": "Images", "too-many-videos": "Videos"}  # fmt: skip
    return words.get(rule, "Found")


def value_label(fact: str, value: float) -> str:
    """Write a value with its unit."""
    match fact:
        case "width" | "height":
            return f"{plain_number(value)} px"
        case "aspect":
            return ratio(value)
        case "bytes":
            return file_size(int(value))
        case "seconds":
            return f"{plain_number(value)} s"
        case _ if fact in _DURATIONS:
            return seconds(value)
        case _:
            return f"{value:,}"


def _limit_label(fact: str, value: float | None) -> str:
    """Write a limit as providers do: round numbers stay round."""
    match fact:
        case _ if value is None:
            return ""
        case "bytes":
            size = value / 2**20 if value % 2**20 == 0 else value / 10**6
            return f"{plain_number(size)} MB"
        case _ if fact in _DURATIONS:
            return f"{plain_number(value)} s"
        case _:
            return value_label(fact, value)


def _end_labels(measure: Measure) -> tuple[str, str]:
    """Write both ends of what is allowed; an open end is empty."""
    span = measure.outline
    return _limit_label(measure.fact, span.low), _limit_label(measure.fact, span.high)


# Half of a size is as far from it as its double.
_LOGARITHMIC: Final = frozenset({"width", "height", "aspect"})
_FAR: Final = 4  # times the upper end: beyond it a linear ruler shows only the distance
_ROOM: Final = 1.7  # of a logarithmic ruler beyond both of its outermost values
_NARROW: Final = 34.0  # percent: a band with no room for a label at each of its ends


@dataclass(frozen=True, slots=True)
class Scale:
    """Turns values into percent of the ruler's length."""

    least: float
    most: float
    function: Callable[[float], float]

    def at(self, value: float) -> float:
        """Return the position of a value."""
        low, high = self.function(self.least), self.function(self.most)
        share = (self.function(max(value, self.least)) - low) / (high - low)
        return round(min(100.0, max(0.0, 100 * share)), 2)

    def ends(self, span: Span) -> tuple[float, float]:
        """Return the positions of both ends; an open end is the end of the ruler."""
        return (
            0.0 if span.low is None else self.at(span.low),
            100.0 if span.high is None else self.at(span.high),
        )


def scale_for(measure: Measure) -> Scale:
    """Choose a scale on which the value and both ends have room."""
    spans = (measure.firm, measure.safe)
    ends = [end for span in spans for end in (span.low, span.high) if end]
    values = [*ends, measure.value]
    most, highest = max(values), max(ends)
    if measure.fact in _LOGARITHMIC or measure.value > _FAR * highest:
        least = min(value for value in values if value > 0) / _ROOM
        if len(ends) == 1 and measure.fact not in _LOGARITHMIC:
            least = highest / 100
        return Scale(least, most * _ROOM, math.log)
    return Scale(0.0, most * 1.15, float)


@dataclass(frozen=True, slots=True)
class Ruler:
    """A measure as it is drawn: all places in percent."""

    value: str
    allowed: str
    bands: tuple[tuple[str, float, str], ...]  # name, begin, width
    marker: float
    labels: tuple[tuple[float, str, str], ...]  # place, anchor, text


def make_ruler(measure: Measure) -> Ruler:
    """Lay out a measure as a ruler."""
    scale = scale_for(measure)
    low, high = _end_labels(measure)
    return Ruler(
        value_label(measure.fact, measure.value),
        f"{f'from {low} ' if low else ''}{f'up to {high}' if high else ''}".strip(),
        tuple(_bands(measure, scale)),
        min(99.0, max(1.0, scale.at(measure.value))),
        tuple(_labels(low, high, *scale.ends(measure.outline))),
    )


def _bands(measure: Measure, scale: Scale) -> Iterator[tuple[str, float, str]]:
    for name, span in (("firm", measure.firm), ("safe", measure.safe)):
        if span != UNBOUNDED:
            begin, end = scale.ends(span)
            yield name, begin, f"{max(0.6, end - begin):.2f}"


def _labels(low: str, high: str, begin: float, end: float) -> Iterator[tuple[float, str, str]]:
    if low and high and end - begin < _NARROW:
        both = f"{low} \u2013 {high}"
        yield (begin, "start", both) if begin < 50 else (end, "end", both)
        return
    if low:
        yield begin, "start", low
    if high:  # a label that ends at its mark must not begin before the ruler does
        yield end, "end" if end > 18 else "start", high
