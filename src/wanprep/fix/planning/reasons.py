"""Say why nothing leads to a file that is accepted, and what a person can do instead."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from wanprep.fix.planning.box import LARGEST_PICTURE, box_of
from wanprep.fix.planning.size_steps import px
from wanprep.judge.message import ratio

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from wanprep.fix.limits import Limit, Limits, Range
    from wanprep.fix.planning.complaints import Complaint
    from wanprep.probe.facts import Facts

Reason = tuple[frozenset[str], str]  # the rules that it explains, and the words

_OF: Final = {
    "aspect": "as the shape",
    "bytes": "as the size of the file",
    "height": "in height",
    "width": "in width",
}
_ENDS: Final = ("width", "height", "aspect", "bytes", "duration", "video_duration", "fps")
_WHOLE: Final = frozenset({"bytes", "height", "width"})
_CHOSEN: Final = ("format", "video_codec", "audio_codec")


def reasons(
    facts: Facts,
    predicted: Facts,
    before: Sequence[Complaint],
    remaining: Sequence[Complaint],
    limits: Limits,
) -> tuple[str, ...]:
    """Explain what would remain: by bounds that exclude each other, or one by one."""
    known = {each.key: each for each in before}
    wanted = {each.rule for each in remaining}
    found = [(rules, words) for rules, words in _contradictions(limits.firm) if rules & wanted]
    explained = frozenset[str]().union(*(rules for rules, _ in found))
    told = [words for _, words in found]
    for each in remaining:
        if each.rule not in explained and each.key in known:
            told.append(known[each.key].words(facts))
        elif each.rule not in explained:
            told.append(
                f"As far as it can be mended: {each.words(replace(predicted, path=facts.path))}"
            )
    return tuple(dict.fromkeys(told))


def _contradictions(limits: Limits) -> Iterator[Reason]:
    for fact in _ENDS:
        span = limits.range(fact)
        if span.low and span.high and (span.void or (fact in _WHOLE and _no_whole(span))):
            yield _both(span.low, span.high)
    for fact in _CHOSEN:
        if limits.choices(fact) == ():
            yield _neither(limits.of(fact))
    if size := _no_size(limits):
        yield size


def _no_whole(span: Range) -> bool:
    return (span.least or 0) > (span.most or 0)


def _both(low: Limit, high: Limit) -> Reason:
    rules = frozenset({low.rule, high.rule})
    noun = _OF.get(low.fact, "")
    words = f"{low.words} {noun}".rstrip()
    if low.who == high.who:
        return rules, f"{_capital(words)} and {high.bound} at once, which nothing is."
    return rules, f"{_capital(words)}, {high.words}: {_APART}"


_APART: Final = "no file suits both. Give each a file of its own."


def _neither(choices: Sequence[Limit]) -> Reason:
    told = ", ".join(dict.fromkeys(each.words for each in choices))
    return frozenset(each.rule for each in choices), f"{_capital(told)}: {_APART}"


def _no_size(limits: Limits) -> Reason | None:
    """Sides and shape may exclude each other though each of them alone leaves room."""
    box = box_of(limits, step=1, largest=LARGEST_PICTURE)
    shape = limits.range("aspect")
    if box.smallest or not (shape.low or shape.high) or shape.void:
        return None
    asked = [limit for name in ("width", "height", "aspect") for limit in limits.of(name)]
    who = " and ".join(dict.fromkeys(limit.who for limit in asked))
    shapes = [ratio(end.value) for end in (shape.low, shape.high) if end]
    words = (
        f"no picture of {px(box.least)} to {px(box.most)} px has a shape of {' to '.join(shapes)}"
    )
    return (
        frozenset(limit.rule for limit in asked),
        f"{_capital(words)}, which is what {who} wants. Make one file for each target.",
    )


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
