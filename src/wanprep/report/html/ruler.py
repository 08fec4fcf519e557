"""A ruler: the stretch that is allowed, and where the found value lies beside it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from wanprep.report.html.markup import Html, element, joined
from wanprep.report.html.measures import NO_END, Measure, Span, ends_in_words, said

if TYPE_CHECKING:
    from collections.abc import Callable

# What is twice as large is as far from its half as from its double.
_LOGARITHMIC: Final = frozenset({"width", "height", "aspect"})
_FAR: Final = 4  # times the upper end: beyond it a straight ruler shows nothing but the distance
_ROOM: Final = 1.7  # of a logarithmic ruler beyond both of its outermost values
_NARROW: Final = 34.0  # percent: a stretch with no room for a label at each of its ends


@dataclass(frozen=True, slots=True)
class Scale:
    """Turns values into percent of the ruler's length."""

    least: float
    most: float
    turn: Callable[[float], float]

    def at(self, value: float) -> float:
        """Tell where a value lies."""
        low, high = self.turn(self.least), self.turn(self.most)
        share = (self.turn(max(value, self.least)) - low) / (high - low)
        return round(min(100.0, max(0.0, 100 * share)), 2)


def scale(measure: Measure) -> Scale:
    """Choose a ruler on which the value and both ends have room."""
    spans = (measure.firm, measure.safe)
    ends = [end for span in spans for end in (span.low, span.high) if end]
    known = [*ends, measure.value]
    most, highest = max(known), max(ends)
    if measure.fact in _LOGARITHMIC or measure.value > _FAR * highest:
        positive = [value for value in known if value > 0]
        least = min(positive) / _ROOM
        if len(ends) == 1 and measure.fact not in _LOGARITHMIC:
            least = highest / 100
        return Scale(least, most * _ROOM, math.log)
    return Scale(0.0, most * 1.15, float)


def ruler(measure: Measure, verdict: str) -> Html:
    """Draw a ruler with its value and the verdict on it in words."""
    along = scale(measure)
    value = said(measure.fact, measure.value)
    low, high = ends_in_words(measure)
    allowed = f"{f'from {low} ' if low else ''}{f'up to {high}' if high else ''}".strip()
    drawing = element(
        "svg",
        element("rect", class_="track", x="0", y="14", width="100%", height="6", rx="3"),
        _band(measure.firm, along, "firm"),
        _band(measure.safe, along, "safe"),
        _marker(along.at(measure.value)),
        *_ends(measure, along),
        role="img",
        aria_label=f"{measure.label}: {value}; allowed: {allowed}",
        width="100%",
        height="40",
    )
    words = element(
        "span",
        element("span", measure.label, class_="what"),
        element("b", value, class_="value"),
        element("span", verdict, class_="say"),
        class_="words",
    )
    return joined([words, drawing])


def _band(span: Span, along: Scale, name: str) -> Html:
    if span == NO_END:
        return Html()
    begin = 0.0 if span.low is None else along.at(span.low)
    end = 100.0 if span.high is None else along.at(span.high)
    width = f"{max(0.6, end - begin):.2f}%"
    return element("rect", class_=name, x=f"{begin}%", y="14", width=width, height="6", rx="3")


def _marker(at: float) -> Html:
    place = f"{min(99.0, max(1.0, at))}%"
    return joined([
        element("line", class_="needle", x1=place, x2=place, y1="6", y2="28"),
        element("circle", class_="knob", cx=place, cy="17", r="5.5"),
    ])  # fmt: skip


def _ends(measure: Measure, along: Scale) -> list[Html]:
    low, high = ends_in_words(measure)
    span = measure.outline
    begin = 0.0 if span.low is None else along.at(span.low)
    end = 100.0 if span.high is None else along.at(span.high)
    if low and high and end - begin < _NARROW:
        words = f"{low} \u2013 {high}"
        return [_label(begin, "start", words) if begin < 50 else _label(end, "end", words)]
    labels = [_label(begin, "start", low)] if low else []
    if high:
        # A label that ends at its mark must not begin before the ruler does.
        labels.append(_label(end, "end" if end > 18 else "start", high))
    return labels


def _label(at: float, anchor: str, words: str) -> Html:
    return element("text", words, class_="end", x=f"{at}%", y="38", text_anchor=anchor)
