"""What a file measures, beside what is allowed of it: the stuff that rulers are drawn from."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from wanprep.fix.limits import Limits, Range
from wanprep.fix.read_limits import limits_in
from wanprep.judge.judge_asset import judged, lacks
from wanprep.judge.message import ratio
from wanprep.text import file_size, plain_number, seconds

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from wanprep.judge.finding import Finding
    from wanprep.report.html.cards import FileCard

_LABELS: Final = {
    "width": "Width",
    "height": "Height",
    "aspect": "Width to height",
    "duration": "Length",
    "video_duration": "Length of the picture",
    "audio_duration": "Length of the sound",
    "bytes": "File size",
}
_TRACKS: Final = frozenset({"video_duration", "audio_duration"})
_SAME: Final = 0.06  # seconds by which tracks may differ without anybody's noticing


@dataclass(frozen=True, slots=True)
class Span:
    """From where to where; None is no end at all."""

    low: float | None
    high: float | None


NO_END: Final = Span(None, None)
STATES: Final = ("error", "warning", "note", "fine")


@dataclass(frozen=True, slots=True)
class Measure:
    """One number, what is allowed of it, and by whom."""

    fact: str
    label: str
    value: float
    firm: Span  # outside of it, it is refused
    safe: Span  # outside of it, it is risky
    states: Mapping[str, tuple[str, ...]]  # error, warning, fine: for which targets

    @property
    def targets(self) -> tuple[str, ...]:
        """Name all that set these limits."""
        return tuple(target for targets in self.states.values() for target in targets)

    @property
    def state(self) -> str:
        """Tell the worst state."""
        return min(self.states, key=STATES.index)

    @property
    def outline(self) -> Span:
        """The stretch that is told in words."""
        return self.safe if self.firm == NO_END else self.firm


def measures(card: FileCard) -> Iterator[Measure]:
    """Measure a file against all that it is used for; limits that read alike are said once."""
    facts = card.facts
    if facts is None or not facts.readable:
        return
    limits = {
        (use.role, target.id): Limits(tuple(limits_in(target.roles[use.role], judged(facts), "")))
        for use in card.uses
        for target in use.targets
        if not lacks(target, use.role)
    }
    for fact, label in _LABELS.items():
        value = getattr(facts, fact)
        if value is None or (fact in _TRACKS and abs(value - (facts.duration or 0)) <= _SAME):
            continue
        found: dict[tuple[str, str], Measure] = {}
        for (_, target), of_target in limits.items():
            if drawn := _drawn(fact, label, value, of_target, target):
                words = ends_in_words(drawn)
                found[words] = _merged(found[words], drawn) if words in found else drawn
        yield from found.values()


def _drawn(fact: str, label: str, value: float, limits: Limits, target: str) -> Measure | None:
    firm, safe = limits.firm.range(fact), limits.range(fact)
    if safe == Range():
        return None
    state = "error" if not firm.holds(value) else "warning" if not safe.holds(value) else "fine"
    return Measure(fact, label, value, _span(firm), _span(safe), {state: (target,)})


def _merged(one: Measure, other: Measure) -> Measure:
    states = {
        state: tuple(dict.fromkeys((*one.states.get(state, ()), *other.states.get(state, ()))))
        for state in STATES
        if state in one.states or state in other.states
    }
    firm = one.firm if one.firm != NO_END else other.firm
    return replace(one, firm=firm, states=states)


def ends_in_words(measure: Measure) -> tuple[str, str]:
    """Say both ends of what is allowed; what is no end is empty."""
    low, high = measure.outline.low, measure.outline.high
    fact = measure.fact
    return (
        "" if low is None else said_of_limit(fact, low),
        "" if high is None else said_of_limit(fact, high),
    )


def _span(allowed: Range) -> Span:
    low, high = allowed.low, allowed.high
    return Span(None if low is None else low.value, None if high is None else high.value)


_MOST_COUNTED: Final = 100_000  # beyond it nobody counts, as with seeds


def measure_of(finding: Finding) -> Measure | None:
    """Measure what a job's finding found, where that is a number beside a range."""
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
             "too-many-images": "Pictures", "too-many-videos": "Clips"}  # fmt: skip
    return words.get(rule, "Found")


def said(fact: str, value: float) -> str:
    """Say a value in its unit."""
    match fact:
        case "width" | "height":
            return f"{plain_number(value)} px"
        case "aspect":
            return ratio(value)
        case "bytes":
            return file_size(int(value))
        case "duration" | "video_duration" | "audio_duration":
            return seconds(value)
        case "seconds":
            return f"{plain_number(value)} s"
        case _:
            return f"{value:,}"


def said_of_limit(fact: str, value: float) -> str:
    """Say a limit as the one who sets it does: round numbers stay round."""
    match fact:
        case "bytes":
            size = value / 2**20 if value % 2**20 == 0 else value / 10**6
            return f"{plain_number(size)} MB"
        case "duration" | "video_duration" | "audio_duration":
            return f"{plain_number(value)} s"
        case _:
            return said(fact, value)
